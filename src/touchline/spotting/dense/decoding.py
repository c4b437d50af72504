"""From a dense spotter's outputs to events: displacements, suppression of neighbours, teams."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Bools, Floats32, Indices
from touchline.core.events import Event, Scores, Timeline
from touchline.models.specs.dense_spec import SoftSuppressionSpec

TEAM_COLUMN = "(team right)"
"""The column of scores that holds the probability that an event at a moment is of the team that plays on the right."""
TEAM_EXTRA = "team_confidence"


def displaced(scores: Floats32, displacement: Floats32) -> tuple[Floats32, Bools]:
    """Move the scores of a clip (t, labels) to where their displacements (t,) point; where several meet, the highest.

    A frame at ``t`` with the displacement ``d`` speaks of ``t - round(d)``; beyond the clip's ends, of the end.

    Returns:
        The scores (t, labels), and which frames anything points to (t,); the scores of the others are zero.

    """
    frames = len(scores)
    target = np.clip(np.arange(frames) - np.rint(displacement).astype(np.int64), 0, frames - 1)
    moved = np.zeros_like(scores)
    np.maximum.at(moved, target, scores)
    return moved, np.bincount(target, minlength=frames) > 0


def suppressed(
    score: npt.NDArray[np.floating], *, suppression: SoftSuppressionSpec, floor: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Find the peaks of one label's scores (samples,) that are at least ``floor``.

    Returns:
        Samples of the peaks, in time, and their scores.

    """
    at = np.flatnonzero(score >= floor)
    left = score[at].astype(np.float64)
    if suppression.kind == "highest":
        kept = _highest(at, left, window=suppression.window)
        return at[kept], left[kept]
    found: list[tuple[int, float]] = []
    while len(left):
        best = int(left.argmax())
        if left[best] < max(floor, 0):
            break
        found.append((int(at[best]), float(left[best])))
        near = slice(*np.searchsorted(at, (at[best] - suppression.window, at[best] + suppression.window + 1)))
        distance = (at[near] - at[best]) / suppression.window
        left[near] *= 0.0 if suppression.kind == "hard" else distance**2
        left[best] = -1.0
    found.sort()
    return np.array([index for index, _ in found], np.int64), np.array([value for _, value in found], np.float64)


def _highest(at: Indices, score: npt.NDArray[np.float64], *, window: int) -> npt.NDArray[np.bool_]:
    """Return which scores have no higher one within ``window`` samples."""
    first, last = np.searchsorted(at, at - window), np.searchsorted(at, at + window + 1)
    return np.array([score[i] >= score[low:high].max() for i, (low, high) in enumerate(zip(first, last, strict=True))])


def events_of(
    scores: Scores,
    *,
    thresholds: Mapping[str, float],
    suppression: SoftSuppressionSpec,
    source: str | None = None,
    team_weighs: bool = False,
) -> Timeline:
    """Find the events in joined scores.

    Args:
        scores: scores of one video, with :data:`TEAM_COLUMN` as the last label if the network names teams.
        thresholds: least score of an event, by label.
        suppression: suppression of neighbours.
        source: name recorded with each event.
        team_weighs: multiply an event's confidence by that of its team.

    """
    labels = [label for label in scores.labels if label != TEAM_COLUMN]
    right = scores.values[:, -1] if len(labels) < len(scores.labels) else None
    events: list[Event] = []
    for column, label in enumerate(labels):
        at, heights = suppressed(scores.values[:, column], suppression=suppression, floor=thresholds[label])
        for index, height in zip(at, heights, strict=True):
            share = None if right is None else float(right[index])
            time_us = int(scores.times_us[index])
            events.append(event_at(label, time_us, float(height), right=share, team_weighs=team_weighs, source=source))
    return Timeline(tuple(events))


def event_at(
    label: str, time_us: int, height: float, *, right: float | None, team_weighs: bool, source: str | None
) -> Event:
    """Return an event; ``right`` is the probability that it is of the team on the right, None if unknown."""
    confidence = min(max(height, 0.0), 1.0)
    if right is None:
        return Event(label, time_us, confidence=confidence, source=source)
    team, sure = ("right", right) if right > 0.5 else ("left", 1 - right)
    confidence *= sure if team_weighs else 1
    return Event(
        label, time_us, confidence=confidence, team=team, source=source, extra={TEAM_EXTRA: round(float(sure), 4)}
    )
