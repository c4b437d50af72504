"""Converting sound whose rate, channels or sample format may change midway, as broadcasts' do."""

from __future__ import annotations

from fractions import Fraction

from av import AudioFrame, AudioResampler

_OVERLAP_S = Fraction(1, 5)
"""Encoders begin and end with a little more sound than they were given; a longer overlap is a clock that was reset."""


class SteadyResampler:
    """Gives sound of one format, layout and rate, whatever comes in; a change of what comes in loses no sample.

    Args:
        format: FFmpeg's name of the sample format that is wanted.
        layout: FFmpeg's name of the channels that are wanted.
        rate_hz: samples a second that are wanted.

    """

    def __init__(self, *, format: str, layout: str, rate_hz: int) -> None:
        self._format, self._layout, self._rate_hz = format, layout, rate_hz
        self._source: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def changes(self, frame: AudioFrame) -> bool:
        """Whether a frame is of another kind than those before it."""
        return self._source is not None and _kind(frame) != self._source

    def resample(self, frame: AudioFrame) -> list[AudioFrame]:
        """What is ready after one more frame; before a change, what was held back of the old kind comes first."""
        tail = self.flush() if self.changes(frame) else []
        if self._resampler is None:  # FFmpeg's converter takes one kind of sound only
            self._source = _kind(frame)
            self._resampler = AudioResampler(format=self._format, layout=self._layout, rate=self._rate_hz)
        return [*tail, *self._resampler.resample(frame)]

    def flush(self) -> list[AudioFrame]:
        """What was held back; the next frame starts anew."""
        held = [] if self._resampler is None else self._resampler.resample(None)
        self._source = self._resampler = None
        return held


def overlap(ahead: int, *, rate_hz: int) -> int:
    """How many samples to drop at a change, where the old sound ended ``ahead`` samples after the new one begins."""
    return ahead if 0 < ahead <= rate_hz * _OVERLAP_S else 0


def _kind(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate
