"""Resampling of sound whose rate, channels or sample format may change midway, as in broadcasts."""

from __future__ import annotations

from fractions import Fraction

from av import AudioFrame, AudioResampler

_OVERLAP_S = Fraction(1, 5)
"""Longest overlap from encoder padding, seconds; a longer one means that the clock was reset."""


class SteadyResampler:
    """A resampler to one format, layout and rate that loses no sample when the input changes.

    Args:
        format: FFmpeg's name of the output sample format.
        layout: FFmpeg's name of the output channel layout.
        rate_hz: output samples per second.

    """

    def __init__(self, *, format: str, layout: str, rate_hz: int) -> None:
        self._format, self._layout, self._rate_hz = format, layout, rate_hz
        self._source: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def changes(self, frame: AudioFrame) -> bool:
        """Return whether a frame's format differs from those before it."""
        return self._source is not None and _kind(frame) != self._source

    def resample(self, frame: AudioFrame) -> list[AudioFrame]:
        """Return the frames that are ready after one more input; at a change, the remaining old samples come first."""
        tail = self.flush() if self.changes(frame) else []
        if self._resampler is None:  # FFmpeg's converter accepts a single input format
            self._source = _kind(frame)
            self._resampler = AudioResampler(format=self._format, layout=self._layout, rate=self._rate_hz)
        return [*tail, *self._resampler.resample(frame)]

    def flush(self) -> list[AudioFrame]:
        """Return the remaining frames; the next input starts a new converter."""
        held = [] if self._resampler is None else self._resampler.resample(None)
        self._source = self._resampler = None
        return held


def overlap(ahead: int, *, rate_hz: int) -> int:
    """Return the samples to drop at a change where the old sound ends ``ahead`` samples after the new one begins."""
    return ahead if 0 < ahead <= rate_hz * _OVERLAP_S else 0


def _kind(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate
