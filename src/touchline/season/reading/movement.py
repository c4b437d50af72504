"""Movement of every track, half by half, in one pass over all boxes of a match.

The numbers are those of :func:`touchline.core.kinematics.movement`, which works on one track at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Bools, Floats32, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.core.kinematics import BANDS_MPS, HELD_S
from touchline.season.reading.boxes import Boxes

_SPRINTING_MPS = BANDS_MPS["sprinting"]
_HELD_US = round(HELD_S * US_PER_S)
_LATEST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """Sums over the boxes of each group, such as a track in a half.

    Attributes:
        seen_s, known_s, distance_m, sprint_s: float64 (groups,).
        top_speed_mps: float64 (groups,), 0 if no speed was held.
        placed: int64 (groups,), number of boxes with a place.
        x_m, y_m: float64 (groups,), sums of the places.
        forward_x_m, forward_y_m: float64 (groups,), sums of the places turned to attack to the right, NaN if unknown.
        start_us, end_us: int64 (groups,), first and last box.

    """

    seen_s: Floats64
    known_s: Floats64
    distance_m: Floats64
    sprint_s: Floats64
    top_speed_mps: Floats64
    placed: Indices
    x_m: Floats64
    y_m: Floats64
    forward_x_m: Floats64
    forward_y_m: Floats64
    start_us: Indices
    end_us: Indices

    def joined(self, group: Indices, *, count: int) -> Moved:
        """Return the sums of groups of groups.

        Args:
            group: (groups,), the larger group of each group, 0 to ``count`` - 1.
            count: number of larger groups.

        """
        sums: dict[str, Floats64] = {
            name: np.asarray(np.bincount(group, weights=getattr(self, name), minlength=count), np.float64)
            for name in ("seen_s", "known_s", "distance_m", "sprint_s", "x_m", "y_m", "forward_x_m", "forward_y_m")
        }
        first, last = np.full(count, _LATEST), np.full(count, -1, np.int64)
        np.minimum.at(first, group, self.start_us)
        np.maximum.at(last, group, self.end_us)
        return Moved(
            **sums,
            top_speed_mps=_most(self.top_speed_mps, group, count=count),
            placed=np.bincount(group, weights=self.placed, minlength=count).astype(np.int64),
            start_us=first,
            end_us=last,
        )


def moved(boxes: Boxes, group: Indices, *, count: int, attack: Floats32) -> Moved:
    """Sum the movement of groups of boxes; a step belongs to the group of its first box.

    Args:
        boxes: the boxes of a match.
        group: (n,), the group of each box, 0 to ``count`` - 1; boxes of one track in time order.
        count: number of groups.
        attack: (n,), 1 or -1 as the team of the box attacks to the right or left; NaN if unknown.

    """
    step_s, speed = boxes.step_s, boxes.speed_mps
    between = np.full(len(boxes), np.nan)
    between[:-1] = (speed[1:].astype(np.float64) + speed[:-1]) / 2
    known: Bools = np.isfinite(between) & (step_s > 0)
    seconds = np.where(known, step_s, 0.0)
    metres = np.where(known, between * step_s, 0.0)
    sprinting = np.where(known & (between >= _SPRINTING_MPS), step_s, 0.0)
    placed = boxes.placed
    x_m, y_m = (np.where(placed, place, 0.0) for place in (boxes.x_m, boxes.y_m))

    def total(values: Floats64 | Floats32) -> Floats64:
        return np.asarray(np.bincount(group, weights=values, minlength=count), np.float64)

    first, last = _ends(boxes.time_us, group, count=count)
    return Moved(
        seen_s=total(step_s),
        known_s=total(seconds),
        distance_m=total(metres),
        sprint_s=total(sprinting),
        top_speed_mps=_most(held_speeds(boxes), group, count=count),
        placed=np.bincount(group[placed], minlength=count),
        x_m=total(x_m),
        y_m=total(y_m),
        forward_x_m=total(x_m * np.where(placed, attack, 0.0)),
        forward_y_m=total(y_m * np.where(placed, attack, 0.0)),
        start_us=first,
        end_us=last,
    )


def held_speeds(boxes: Boxes) -> Floats32:
    """Return the speed held for ``HELD_S`` from each box on: the least in that time (n,); 0 where it is not known."""
    count, speed = len(boxes), boxes.speed_mps
    held = np.zeros(count, np.float32)
    if count < 2:
        return held
    finite = np.isfinite(speed)
    linked = (boxes.step_s[:-1] > 0) & finite[1:] & finite[:-1]
    run = np.concatenate([[0], np.cumsum(~linked)])
    least, waiting = speed.copy(), finite.copy()
    for ahead in range(1, count):
        here, there = slice(0, count - ahead), slice(ahead, count)
        waiting[count - ahead :] = False
        waiting[here] &= run[here] == run[there]
        if not waiting.any():
            break
        np.minimum(least[here], speed[there], out=least[here], where=waiting[here])
        reached = waiting[here] & (boxes.time_us[there] - boxes.time_us[here] >= _HELD_US)
        held[here][reached] = least[here][reached]
        waiting[here] &= ~reached
    return held


def _most(values: Floats64 | Floats32, group: Indices, *, count: int) -> Floats64:
    """Return the greatest value of each group, at least 0."""
    most = np.zeros(count)
    np.maximum.at(most, group, values.astype(np.float64))
    return most


def _ends(times_us: Indices, group: Indices, *, count: int) -> tuple[Indices, Indices]:
    """Return the first and the last time of each group."""
    first, last = np.full(count, _LATEST), np.full(count, -1, np.int64)
    np.minimum.at(first, group, times_us)
    np.maximum.at(last, group, times_us)
    return first, last
