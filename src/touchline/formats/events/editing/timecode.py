"""Timecode, ``HH:MM:SS:FF``: frames of a video as editing programs write them.

Timecode counts whole frames in a second, 30 at 29.97. Drop frame leaves out two frame *numbers* (four at 59.94) at the
start of every minute that is not a tenth one, so that it keeps pace with the clock; it is written with ``;``.
Timecode ends after 24 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_TEXT = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")
_DROPPING = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
_HOURS = 24
_LARGEST_BASE = 100


@dataclass(frozen=True, slots=True)
class Timecode:
    """A way to count the frames of a video.

    Attributes:
        rate: frames per second, exact; up to 100, since frames have two digits.
        drop: whether to count in drop frame; only at 29.97 and 59.94.

    """

    rate: Fraction
    drop: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.base <= _LARGEST_BASE:
            raise ValueError(f"rate={self.rate} must be 1 to {_LARGEST_BASE} frames per second")
        if self.drop and self.rate not in _DROPPING:
            raise ValueError(f"rate={self.rate} has no drop-frame timecode; only 29.97 and 59.94 have")

    @classmethod
    def usual(cls, rate: Fraction) -> Timecode:
        """Return the usual timecode of a rate: drop frame at 29.97 and 59.94, so that it agrees with the clock."""
        return cls(rate, drop=rate in _DROPPING)

    @property
    def base(self) -> int:
        """Frame numbers in a second."""
        return round(self.rate)

    @property
    def frames_a_day(self) -> int:
        """Number of frames after which timecode begins again."""
        minutes = _HOURS * 60
        return minutes * 60 * self.base - self._dropped(minutes)

    def text(self, frame: int) -> str:
        """Return the timecode of a frame counted from 0.

        Raises:
            ValueError: the frame is negative or after 24 hours.

        """
        if not 0 <= frame < self.frames_a_day:
            raise ValueError(f"frame={frame} must be 0 to {self.frames_a_day - 1}; timecode ends after 24 hours")
        seconds, frames = divmod(self._number(frame), self.base)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if self.drop else ':'}{frames:02d}"

    def frame(self, text: str) -> int:
        """Return the frame of a timecode, from 0; either separator is accepted.

        Raises:
            ValueError: it is not timecode at this rate.

        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not timecode HH:MM:SS:FF")
        hours, minutes, seconds, frames = int(match[1]), int(match[2]), int(match[3]), int(match[5])
        if hours >= _HOURS or minutes >= 60 or seconds >= 60 or frames >= self.base:
            raise ValueError(f"{text!r} is not timecode at {self.base} frames a second")
        minutes += hours * 60
        if self.drop and minutes % 10 and seconds == 0 and frames < _DROPPING[self.rate]:
            raise ValueError(f"{text!r} does not exist in drop-frame timecode")
        return (minutes * 60 + seconds) * self.base + frames - self._dropped(minutes)

    def _dropped(self, minutes: int) -> int:
        """Return the frame numbers left out in the first minutes."""
        return _DROPPING[self.rate] * (minutes - minutes // 10) if self.drop else 0

    def _number(self, frame: int) -> int:
        """Return the number that a frame carries."""
        if not self.drop:
            return frame
        step = _DROPPING[self.rate]
        minute = 60 * self.base - step
        tens, rest = divmod(frame, 10 * minute + step)
        left_out = 9 * tens + (0 if rest < minute + step else 1 + (rest - minute - step) // minute)
        return frame + step * left_out


def writes_drop_frame(text: str) -> bool:
    """Return whether timecode is written with the separator of drop frame."""
    match = _TEXT.fullmatch(text)
    return match is not None and match[4] == ";"
