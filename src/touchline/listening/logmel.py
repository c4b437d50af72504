"""Log-mel patches of sound exactly as VGGish takes them, from a whole file or in chunks, bit for bit the same.

Sound of 16 kHz; windows of 25 ms (periodic Hann) every 10 ms; magnitudes of a 512-point FFT; 64 HTK mel bands from 125
to 7,500 Hz without the constant part; ln(x + 0.01). A *patch* is a stack of these windows: 96 every 0.96 s as VGGish
was trained, or 46 every 0.5 s as in SoccerNet's audio features.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.clock import US_PER_S

RATE_HZ = 16_000
WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
FFT_SAMPLES = 512
BANDS = 64
LOWEST_HZ, HIGHEST_HZ = 125.0, 7_500.0
LOG_OFFSET = 0.01

_BLOCK_FRAMES = 1_000
"""Windows computed at a time; a fixed number, so that the result does not depend on how the sound is chunked."""


@dataclass(frozen=True, slots=True)
class PatchSpec:
    """The length and spacing of patches, in windows.

    Attributes:
        frames: windows per patch.
        hop_frames: windows from the start of one patch to the start of the next.

    """

    frames: int
    hop_frames: int

    def __post_init__(self) -> None:
        if self.frames < 1 or self.hop_frames < 1:
            raise ValueError(f"frames={self.frames} and hop_frames={self.hop_frames} must be positive")

    @property
    def rate_hz(self) -> float:
        """Patches per second."""
        return RATE_HZ / (HOP_SAMPLES * self.hop_frames)

    @property
    def centre_us(self) -> int:
        """Time of the middle of the first patch, microseconds."""
        samples = (self.frames - 1) * HOP_SAMPLES + WINDOW_SAMPLES
        return round(samples / 2 / RATE_HZ * US_PER_S)


PATCH_096 = PatchSpec(frames=96, hop_frames=96)
"""0.96 s every 0.96 s: the patches that VGGish was trained on."""
PATCH_050 = PatchSpec(frames=46, hop_frames=50)
"""The first 46 windows of every half second, each half second on its own."""
PATCHES = {"0.96": PATCH_096, "0.5": PATCH_050}
"""Patch specifications by the seconds between patches, as users name them."""


@cache
def mel_matrix() -> Floats32:
    """Return weights (257 FFT bins, 64 bands) from magnitudes to mel bands: HTK's triangles, without the DC bin."""
    bins_mel = _mel(np.linspace(0.0, RATE_HZ / 2, FFT_SAMPLES // 2 + 1))
    edges_mel = np.linspace(_mel(np.array(LOWEST_HZ)), _mel(np.array(HIGHEST_HZ)), BANDS + 2)
    lower, centre, upper = edges_mel[:-2], edges_mel[1:-1], edges_mel[2:]
    rising = (bins_mel[:, None] - lower) / (centre - lower)
    falling = (upper - bins_mel[:, None]) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    matrix = weights.astype(np.float32)
    matrix.flags.writeable = False
    return matrix


def log_mel(sound: Floats32) -> Floats32:
    """Return the log-mel windows (n, 64) of a whole sound (samples,) at 16 kHz; none for less than 25 ms."""
    stream = LogMelStream()
    return np.concatenate([stream.push(sound), stream.finish()])


def patches_of(windows: Floats32, *, spec: PatchSpec) -> Floats32:
    """Stack log-mel windows (m, 64) into whole patches (n, spec.frames, 64)."""
    if len(windows) < spec.frames:
        return np.zeros((0, spec.frames, BANDS), np.float32)
    every = np.lib.stride_tricks.sliding_window_view(windows, spec.frames, axis=0)
    return np.ascontiguousarray(every[:: spec.hop_frames].transpose(0, 2, 1))


def stream_patches(chunks: Iterable[Floats32], *, spec: PatchSpec) -> Iterator[Floats32]:
    """Yield patches (n, spec.frames, 64) of sound in chunks (samples,) of any length at 16 kHz."""
    stream = LogMelStream()
    rest, skip = np.zeros((0, BANDS), np.float32), 0
    for windows in _windows(stream, chunks):
        rest = np.concatenate([rest, windows[skip:]])
        skip = max(0, skip - len(windows))
        patches = patches_of(rest, spec=spec)
        if len(patches):
            yield patches
            done = len(patches) * spec.hop_frames
            rest, skip = rest[done:], skip + max(0, done - len(rest))


class LogMelStream:
    """A converter of sound in chunks to log-mel windows."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)

    def push(self, sound: Floats32) -> Floats32:
        """Return the windows (n, 64) completed by more sound (samples,), in blocks."""
        self._rest = np.concatenate([self._rest, _checked(sound)])
        step = _BLOCK_FRAMES * HOP_SAMPLES
        needed = step - HOP_SAMPLES + WINDOW_SAMPLES
        blocks = []
        while len(self._rest) >= needed:
            blocks.append(_block(self._rest[:needed]))
            self._rest = self._rest[step:]
        return np.concatenate(blocks) if blocks else np.zeros((0, BANDS), np.float32)

    def finish(self) -> Floats32:
        """Return the remaining windows (n, 64)."""
        count = max(0, 1 + (len(self._rest) - WINDOW_SAMPLES) // HOP_SAMPLES)
        needed = (_BLOCK_FRAMES - 1) * HOP_SAMPLES + WINDOW_SAMPLES
        padded = np.zeros(needed, np.float32)
        padded[: len(self._rest)] = self._rest[:needed]
        self._rest = np.zeros(0, np.float32)
        return _block(padded)[:count] if count else np.zeros((0, BANDS), np.float32)


def _windows(stream: LogMelStream, chunks: Iterable[Floats32]) -> Iterator[Floats32]:
    for chunk in chunks:
        yield stream.push(chunk)
    yield stream.finish()


def _block(sound: Floats32) -> Floats32:
    """Return the log-mel windows of a piece of sound that holds whole windows only."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW_SAMPLES)[::HOP_SAMPLES]
    magnitudes = np.abs(np.fft.rfft(frames * _hann(), FFT_SAMPLES, axis=1))
    return np.log(magnitudes.astype(np.float32) @ mel_matrix() + np.float32(LOG_OFFSET))


@cache
def _hann() -> Floats32:
    """Return a periodic Hann window."""
    turn = 2 * np.pi * np.arange(WINDOW_SAMPLES) / WINDOW_SAMPLES
    return (0.5 - 0.5 * np.cos(turn)).astype(np.float32)


def _mel(hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1127.0 * np.log1p(hz / 700.0)


def _checked(sound: Floats32) -> Floats32:
    if sound.ndim != 1:
        raise ValueError(f"sound has shape {sound.shape}; it must be one channel (samples,)")
    return sound.astype(np.float32, copy=False)
