"""The loudness of a video's sound over time, for drawing: one byte for each short span."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S
from touchline.media.sound.reading import SoundReader
from touchline.media.video import Progress

STEP_US = 20_000
"""Span of one value, microseconds."""

_RATE_HZ = 8_000
_EACH = _RATE_HZ * STEP_US // US_PER_S
_CHUNK_S = 10.0
_FULL = 255


def waveform(path: Path, *, duration_us: int = 0, progress: Progress | None = None) -> npt.NDArray[np.uint8]:
    """Return the largest amplitude of every span of ``STEP_US``, in memory that does not grow with the sound.

    Args:
        path: a local media file.
        duration_us: of the video, for ``progress``; 0 if unknown.
        progress: called with (microseconds done, total) for every ten seconds of sound.

    Returns:
        uint8 (spans,): 0 to 255 for an amplitude of 0 to 1; span ``i`` begins ``i * STEP_US`` after the first shown
        frame.

    Raises:
        NoAudioError: the file has no sound; an InputError.

    """
    parts: list[npt.NDArray[np.uint8]] = []
    for number, chunk in enumerate(SoundReader(path, rate_hz=_RATE_HZ, chunk_s=_CHUNK_S).chunks(), start=1):
        padded = np.pad(chunk, (0, -len(chunk) % _EACH))
        peaks = np.abs(padded).reshape(-1, _EACH).max(axis=1)
        parts.append(np.rint(np.minimum(peaks, 1.0) * _FULL).astype(np.uint8))
        if progress is not None:
            progress(round(number * _CHUNK_S * US_PER_S), duration_us)
    return np.concatenate(parts) if parts else np.zeros(0, np.uint8)
