"""FOOTPASS, SoccerNet's player-centric ball actions of 2026: one JSON file for all halves of a set.

``{"keys": ["game_18_H1", ...], "events": {"game_18_H1": [[frame, team, shirt, class, ...], ...]}}``. Frames count from
0 at 25 per second; team 0 is the left one, 1 the right one; class 0 is none of the actions. Truth goes on with whether
the player has a box and whether a replay is shown, predictions with a score. Ochin et al., "FOOTPASS", 2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.core.clock import frame_from_us, us_from_frame
from touchline.core.events import Event, Timeline
from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.guard import read_regular, reading
from touchline.formats.files.json_files import parse_object

FPS = 25
ACTIONS = ("drive", "pass", "cross", "throw-in", "shot", "header", "tackle", "block")
"""The classes from 1 on."""

_TEAMS = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class PlayerEvents:
    """The actions of players in one half.

    Attributes:
        who: int64 (n, 4): frame, team, shirt number, class.
        score: float64 (n,), confidence; 1 where the file has none.

    """

    who: Indices
    score: Floats64

    def __len__(self) -> int:
        return len(self.score)


def read_footpass(path: Path | str, *, scores: bool) -> dict[str, PlayerEvents]:
    """Read the halves of a file by their key; rows of fewer than four values and of no action are left out.

    Args:
        path: the file.
        scores: whether the fifth value is a score, as in predictions; in truth it is not.

    Raises:
        InputError: the file is missing or has another layout.

    """
    path = Path(path)
    document = parse_object(read_regular(path), source=str(path))
    with reading(path, what="FOOTPASS play-by-play", remedy='it needs "keys" and "events" by key'):
        return {str(key): _events(document["events"].get(key, []), scores=scores) for key in document["keys"]}


def write_footpass(path: Path | str, halves: Mapping[str, PlayerEvents]) -> None:
    """Write predictions of halves by their key, in order of time."""
    events = {}
    for key, half in halves.items():
        order = np.argsort(half.who[:, 0], kind="stable")
        events[key] = [[*half.who[row].tolist(), float(half.score[row])] for row in order.tolist()]
    write_json_atomic(Path(path), {"keys": list(halves), "events": events})


def timeline_of(half: PlayerEvents, *, half_number: int = 1) -> Timeline:
    """Return the actions as events, with team ``"left"`` or ``"right"`` and the shirt number as player."""
    events = [
        Event(
            ACTIONS[action - 1],
            us_from_frame(frame, fps=FPS),
            confidence=min(max(score, 0.0), 1.0),
            team=_TEAMS[team] if team in (0, 1) else None,
            player=None if shirt < 0 else str(shirt),
            half=half_number,
        )
        for (frame, team, shirt, action), score in zip(half.who.tolist(), half.score.tolist(), strict=True)
    ]
    return Timeline(tuple(events))


def player_events_of(timeline: Timeline) -> tuple[PlayerEvents, int]:
    """Return the events of a timeline that FOOTPASS can hold, and how many it cannot.

    It needs one of the eight actions, team ``"left"`` or ``"right"``, and a shirt number as player.
    """
    rows, scores = [], []
    for event in timeline.events:
        label = event.label.lower().replace(" ", "-")
        if label in ACTIONS and event.team in _TEAMS and (event.player or "").isdecimal():
            frame = frame_from_us(event.start_us, fps=FPS)
            rows.append((frame, _TEAMS.index(event.team), int(event.player or 0), ACTIONS.index(label) + 1))
            scores.append(event.confidence)
    found = PlayerEvents(np.array(rows, np.int64).reshape(-1, 4), np.array(scores, np.float64))
    return found, len(timeline.events) - len(found)


def _events(rows: Any, *, scores: bool) -> PlayerEvents:
    kept = [row for row in rows if len(row) >= 4 and 0 < int(row[3]) <= len(ACTIONS)]
    who = np.array([[int(value) for value in row[:4]] for row in kept], np.int64).reshape(-1, 4)
    score = [float(row[4]) if scores and len(row) > 4 else 1.0 for row in kept]
    return PlayerEvents(who, np.array(score, np.float64))
