"""Halves of a match, and which way each team attacks in them.

The team that defends the left goal stands further left on average. The halves come from the match clock of the score
board; without one they follow from the change of ends: the moment that parts the video best into a part in which
team A stands left of team B and one in which it stands right of it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from touchline.core.arrays import Floats32, Floats64, Indices
from touchline.core.board.values import MatchClock
from touchline.season.reading.boxes import Boxes

CLOCK, ENDS, NONE = "clock", "ends", "none"

_WINDOW_US = 60_000_000
_LEAST_M = 2.0
"""Least distance between the teams' mean places from which ends count as known, metres."""
_LEAST_S = 600.0
"""Least time of each team with places in a half, seconds of all its players together: a minute of ten."""
_LEAST_WINDOWS = 10
"""Least minutes on each side of a change of ends."""
_GAIN = 1.5
"""How much better two halves must explain the places than one."""


@dataclass(frozen=True, slots=True)
class Halves:
    """The halves of a video, and the ends in them.

    Attributes:
        edges_us: where each half begins, the first at 0.
        numbers: number of each half, from 1.
        attack: 1 if team A attacks to the right in a half, -1 if to the left, 0 if unknown.
        source: what the halves were found from: ``clock``, ``ends`` or ``none``.

    """

    edges_us: tuple[int, ...] = (0,)
    numbers: tuple[int, ...] = (1,)
    attack: tuple[int, ...] = (0,)
    source: str = NONE

    def index_at(self, times_us: Indices) -> Indices:
        """Return the index of the half of each time."""
        return np.searchsorted(self.edges_us, times_us, side="right") - 1

    def number_at(self, time_us: int) -> int:
        """Return the number of the half at a time."""
        return self.numbers[bisect_right(self.edges_us, time_us) - 1]

    def attack_of(self, team: str | None, time_us: int) -> int | None:
        """Return 1 or -1 as a team attacks to the right or left at a time; None if unknown."""
        way = self.attack[bisect_right(self.edges_us, time_us) - 1]
        sign = {"A": 1, "B": -1}.get(team or "", 0)
        return way * sign or None


def find_halves(boxes: Boxes, clock: MatchClock | None, *, first: int = 1) -> Halves:
    """Return the halves of a match.

    Args:
        boxes: the boxes of its people.
        clock: the match clock; None if it was not read.
        first: number of the half if there is only one.

    """
    apart, seconds = _windows(boxes)
    found = _from_clock(clock)
    if found is not None:
        edges, numbers, source = *found, CLOCK
    else:
        change = _change(apart * seconds.min(axis=0))
        edges = (0,) if change is None else (0, change * _WINDOW_US)
        numbers, source = ((first,), NONE) if change is None else ((first, first + 1), ENDS)
    spans = pairwise([*(edge / _WINDOW_US for edge in edges), np.inf])
    attack = tuple(_attack(apart, seconds, start, end) for start, end in spans)
    return Halves(edges, numbers, attack, source)


def attack_of_boxes(boxes: Boxes, halves: Halves) -> Floats32:
    """Return 1 or -1 as the team of each box attacks to the right or left (n,); NaN if unknown."""
    ways = np.array(halves.attack, np.float32)[halves.index_at(boxes.time_us)]
    signs = boxes.of_teams("A").astype(np.float32) - boxes.of_teams("B")
    attack = ways * signs
    return np.where(attack == 0, np.nan, attack).astype(np.float32)


def _windows(boxes: Boxes) -> tuple[Floats64, Floats64]:
    """Return how far team A stands left of team B in each minute, metres, and both teams' seconds (2, minutes)."""
    count = int(boxes.time_us.max(initial=0)) // _WINDOW_US + 1
    means, seconds = [], []
    for team in "AB":
        rows = boxes.of_teams(team) & boxes.placed
        weights, minute = boxes.step_s[rows], boxes.time_us[rows] // _WINDOW_US
        total = np.bincount(minute, weights=weights, minlength=count)
        x_m = np.bincount(minute, weights=weights * boxes.x_m[rows], minlength=count)
        seconds.append(total)
        means.append(x_m / np.maximum(total, 1e-9))
    known = np.minimum(*seconds) > 0
    return np.where(known, means[1] - means[0], 0.0), np.stack(seconds)


def _from_clock(clock: MatchClock | None) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return where the periods of a clock begin, the first at 0, and their numbers; None without a clock."""
    if clock is None or not clock.found:
        return None
    kick_offs = {kick_off.period: kick_off.time_us for kick_off in clock.kick_offs}
    starts: dict[int, int] = {}
    for span in clock.spans:
        starts.setdefault(span.period, kick_offs.get(span.period, span.start_us))
    ordered = sorted(starts.items(), key=lambda item: item[1])
    return (0, *(start for _, start in ordered[1:])), tuple(period for period, _ in ordered)


def _change(weighed: Floats64) -> int | None:
    """Return the minute at which the teams change ends; None if they do not."""
    if len(weighed) < 2 * _LEAST_WINDOWS:
        return None
    before = np.cumsum(weighed)
    better = np.abs(2 * before - before[-1])[_LEAST_WINDOWS - 1 : -_LEAST_WINDOWS]
    best = int(np.argmax(better))
    opposite = before[best + _LEAST_WINDOWS - 1] * (before[-1] - before[best + _LEAST_WINDOWS - 1]) < 0
    if not opposite or better[best] <= _GAIN * abs(before[-1]):
        return None
    return best + _LEAST_WINDOWS


def _attack(apart: Floats64, seconds: Floats64, start: float, end: float) -> int:
    """Return 1 if team A attacks to the right between two minutes, -1 if to the left, 0 if unknown."""
    rows = slice(int(start), len(apart) if end == np.inf else max(int(end), int(start) + 1))
    weights = seconds[:, rows].min(axis=0)
    if weights.sum() < _LEAST_S:
        return 0
    mean = float(np.average(apart[rows], weights=weights))
    return 0 if abs(mean) < _LEAST_M else int(np.sign(mean))
