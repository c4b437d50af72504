"""What lies near a time, found by bisection, so that long videos take no longer per minute than short ones."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Bools
from touchline.core.tracks import Shot


class Timed(Protocol):
    """Something that happens at a time."""

    @property
    def time_us(self) -> int:
        """Microseconds."""


TimedT = TypeVar("TimedT", bound=Timed)


def between(items: Sequence[TimedT], since_us: float, until_us: float) -> Sequence[TimedT]:
    """Return the items, which are in order of time, from one time to another, both included."""
    first = bisect.bisect_left(items, since_us, key=lambda one: one.time_us)
    return items[first : bisect.bisect_right(items, until_us, lo=first, key=lambda one: one.time_us)]


def in_wide(times_us: npt.ArrayLike, shots: Sequence[Shot]) -> Bools:
    """Return whether times (n,) lie in wide shots, bool (n,); where no shot is known, nothing is claimed."""
    times = np.asarray(times_us, np.int64)
    spans = np.array(sorted((shot.start_us, shot.end_us) for shot in shots if shot.wide), np.int64).reshape(-1, 2)
    if not len(spans):
        return np.zeros(len(times), np.bool_)
    at = np.searchsorted(spans[:, 0], times, side="right") - 1
    return np.asarray((at >= 0) & (times < spans[at, 1]), np.bool_)


class Moments:
    """Moments with labels, of which the nearest one can be asked for.

    Args:
        moments: label and time in microseconds of each.

    """

    def __init__(self, moments: Iterable[tuple[str, int]]) -> None:
        self._times_us: dict[str, list[int]] = {}
        for label, time_us in sorted(moments):
            self._times_us.setdefault(label, []).append(time_us)

    def holds(self, label: str, time_us: int, *, within_us: float) -> bool:
        """Return whether there is a moment of a label less than ``within_us`` from a time."""
        known = self._times_us.get(label, [])
        after = bisect.bisect_left(known, time_us)
        return any(abs(other - time_us) < within_us for other in known[max(0, after - 1) : after + 1])
