"""The times of decoded sound, without those that FFmpeg has only guessed."""

from __future__ import annotations

from fractions import Fraction

from av import AudioFrame

_ODD = Fraction(1, 25)
"""Share by which a frame's stated length must differ from that of its samples to be wrong, not just rounded."""


class SoundClock:
    """Reads the times of a stream's frames in decoding order.

    A transport stream gives one time for several frames; FFmpeg works out the others from the sample rate that it saw
    at the start of the file, which is wrong once the rate has changed.
    """

    def __init__(self, time_base: Fraction | None) -> None:
        self._time_base = time_base
        self._next: int | None = None

    def seconds(self, frame: AudioFrame) -> Fraction | None:
        """Return a frame's time on the file's own clock; None if it is unknown or was guessed."""
        pts, expected, base = frame.pts, self._next, frame.time_base or self._time_base
        stated = frame.duration or 0
        self._next = None if pts is None else pts + stated
        if pts is None or not base:
            return None
        real = Fraction(frame.samples, frame.sample_rate)
        guessed = pts == expected and stated and abs(stated * base - real) > _ODD * real
        return None if guessed else pts * base
