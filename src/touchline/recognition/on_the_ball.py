"""Possession of the ball by individual players, from the positions of ball and people in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.actions import BALL_SOURCE, ON_THE_BALL, Action
from touchline.core.tracks import Track

NEAR = 0.3
"""Distance from a person's feet at which the ball becomes theirs, as a share of the person's height."""

LEAVE = 0.7
"""Distance beyond which a person loses the ball, likewise; they also lose it to someone clearly nearer."""

MIN_S = 0.24
"""Shortest possession, seconds."""

GAP_S = 0.4
"""Longest gap, seconds, across which two possessions of one person are joined."""


@dataclass(frozen=True, slots=True)
class BallSettings:
    """Limits that decide possession of the ball; see the constants of this module."""

    near: float = NEAR
    leave: float = LEAVE
    min_s: float = MIN_S
    gap_s: float = GAP_S


def holders_of(tracks: Sequence[Track], *, settings: BallSettings | None = None) -> list[Action]:
    """Find the spans in which a person has the ball, at most one person at a time.

    Args:
        tracks: tracks of people and ball in one video; only tracks of the same camera shot are compared.
        settings: distances and times; the defaults where None.

    """
    settings = settings or BallSettings()
    actions: list[Action] = []
    for ball in (track for track in tracks if track.label == "ball"):
        people = [t for t in tracks if t.shot == ball.shot and t.label not in ("ball", "referee")]
        actions += _holders_of_ball(ball, people, settings)
    return actions


def _holders_of_ball(ball: Track, people: Sequence[Track], settings: BallSettings) -> list[Action]:
    """Find the possessions of one ball track."""
    if not people:
        return []
    away = np.stack([_distance(ball, person) for person in people])
    holder, now = np.full(len(ball), -1, np.int64), -1
    for i in range(len(ball)):
        nearest = int(np.argmin(away[:, i]))
        if now >= 0 and away[now, i] > settings.leave:
            now = -1
        if away[nearest, i] <= settings.near and (now < 0 or away[nearest, i] < 0.6 * away[now, i]):
            now = nearest
        holder[i] = now
    spans: list[tuple[int, int, int]] = []
    changes = (np.flatnonzero(np.diff(holder)) + 1).tolist()
    for first, last in zip([0, *changes], [*changes, len(holder)], strict=True):
        who = int(holder[first])
        if who < 0:
            continue
        close = spans and spans[-1][0] == who
        if close and ball.times_us[first] - ball.times_us[spans[-1][2] - 1] <= settings.gap_s * 1e6:
            spans[-1] = (who, spans[-1][1], last)
        else:
            spans.append((who, first, last))
    found = []
    for who, first, last in spans:
        start_us, end_us = int(ball.times_us[first]), int(ball.times_us[min(last, len(ball) - 1)])
        if end_us - start_us < settings.min_s * 1e6:
            continue
        nearness = np.clip(1 - away[who, first:last] / settings.leave, 0, 1)
        seen = np.where(ball.observed[first:last], 1.0, 0.5)
        sure = float(np.clip(nearness.mean() * 0.5 + seen.mean() * 0.5, 0, 1))
        found.append(Action(people[who].track_id, ON_THE_BALL, start_us, end_us, sure, BALL_SOURCE))
    return found


def _distance(ball: Track, person: Track) -> npt.NDArray[np.float64]:
    """Return the distance from the ball to a person's feet at each moment of the ball, in heights of the person.

    The feet are the lower edge of the box between a quarter and three quarters of its width. For a ball above them,
    0.15 of the person's height is subtracted, as it is often carried in front of the shins. The distance is infinite
    where the person is not tracked.
    """
    row = np.searchsorted(person.times_us, ball.times_us)
    row = np.minimum(row, len(person) - 1)
    there = person.times_us[row] == ball.times_us
    boxes = person.boxes_xyxy[row].astype(np.float64)
    centre = (ball.boxes_xyxy[:, :2] + ball.boxes_xyxy[:, 2:]).astype(np.float64) / 2
    height, width = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    left, right = boxes[:, 0] + width / 4, boxes[:, 2] - width / 4
    across = np.maximum(np.maximum(left - centre[:, 0], centre[:, 0] - right), 0.0)
    below = centre[:, 1] - boxes[:, 3]
    along = np.where(below > 0, below, np.maximum(-below - 0.15 * height, 0.0))
    away = np.hypot(across, along) / np.maximum(height, 1.0)
    return np.where(there, away, np.inf)
