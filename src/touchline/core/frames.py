"""Frames of a video: which frame is shown at a time, and at what rate a format should count them.

Formats that count frames mean one of two things. Annotation tools (Label Studio, CVAT, MOT) number the decoded frames:
:meth:`FrameClock.index`. Editing programs count on a regular grid of the project's rate: :meth:`FrameClock.position`.
For a video with a constant frame rate both numbers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.columns import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class FrameClock:
    """The times of a video's frames.

    Attributes:
        rate: frames per second, exact: 25, 30000/1001.
        times_us: int64 (n,), strictly increasing presentation times, if they are known; otherwise frames are taken to
            follow each other at ``rate`` from time 0.

    """

    rate: Fraction
    times_us: IntArray | None = None

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"rate={self.rate} must be positive")
        if self.times_us is not None and not bool(np.all(np.diff(self.times_us) > 0)):
            raise ValueError("times_us must increase strictly")

    def index(self, time_us: int) -> int:
        """Return the number of the decoded frame nearest to a time, from 0; the earlier one of two equally near."""
        times = self.times_us
        if times is None or not len(times):
            return self._regular_index(time_us)
        if time_us >= times[-1]:
            return len(times) - 1 + self._regular_index(time_us - int(times[-1]))
        after = int(np.searchsorted(times, time_us, side="left"))
        if after == 0:
            return 0
        return after - int(time_us - int(times[after - 1]) <= int(times[after]) - time_us)

    def time_us(self, index: int) -> int:
        """Return the presentation time of a decoded frame; frames beyond the last known one follow at ``rate``."""
        times = self.times_us
        if times is None or not len(times):
            return self._regular_time(index)
        last = len(times) - 1
        return int(times[index]) if index <= last else int(times[last]) + self._regular_time(index - last)

    def position(self, time_us: int) -> int:
        """Return the place on a regular grid of ``rate``, from 0, of the frame that is nearest to a time."""
        return self._regular_index(time_us if self.times_us is None else self.time_us(self.index(time_us)))

    def position_time_us(self, position: int) -> int:
        """Return the time of a place on the regular grid; the inverse of :meth:`position` for a constant rate."""
        return self._regular_time(position)

    @property
    def regular(self) -> bool:
        """Whether every known frame lies within half a frame of the regular grid."""
        if self.times_us is None:
            return True
        expected = np.arange(len(self.times_us)) * float(US_PER_S / self.rate)
        return bool(np.all(np.abs(self.times_us - expected) <= float(US_PER_S / self.rate) / 2))

    def _regular_index(self, time_us: int) -> int:
        return _divided(time_us * self.rate.numerator, US_PER_S * self.rate.denominator)

    def _regular_time(self, index: int) -> int:
        return _divided(index * US_PER_S * self.rate.denominator, self.rate.numerator)


def _divided(number: int, by: int) -> int:
    """Return a quotient to the nearest whole number, ties to even: ``round`` of a fraction, without building one."""
    whole, rest = divmod(number, by)
    return whole + (2 * rest + (whole & 1) > by)


def rate_text(rate: Fraction) -> str:
    """Return a rate for people: ``"25"``, ``"29.97"``, ``"12.5"``."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
