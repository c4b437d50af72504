"""Features of every 20 ms of sound: power by band, and whistle cues; in bounded memory, whole or in chunks.

Sound at 16 kHz goes through one 64 ms FFT every 20 ms. A whistle is a narrow band between 2 and 5 kHz that rises above
the level of these bands in the seconds around it, while the other bands do not: a crowd swell, a kick or an ``s`` lifts
them all. Its overtone, its steadiness and the quiet below it distinguish it from squeaks, horns and music.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.clock import US_PER_S
from touchline.core.sound import BANDS_HZ

RATE_HZ = 16_000
FRAME_RATE_HZ = 50.0
HOP_SAMPLES = 320
WINDOW_SAMPLES = 1_024
BIN_HZ = RATE_HZ / WINDOW_SAMPLES

CROWD_HZ = (300, 3_000)
"""Band in which a crowd is best heard: above rumble and hum, below hiss; Hz."""
WHISTLE_HZ = (2_000, 5_000)
LOW_HZ = (400, 1_800)
"""Band of horns, music and voices, but not of whistles; Hz."""

CUES = (
    "contrast_db",
    "prominence_db",
    "overtone_db",
    "rival_db",
    "wobble_hz",
    "share_db",
    "low_db",
    "rise_db",
    "near_rival_db",
)
"""Cues of a whistle; see :func:`_whistle_cues`."""

FLOOR = 1e-12
"""Power of silence, -120 dB."""

_BLOCK_FRAMES = 3_000
_CONTEXT_FRAMES = 250
_HALF = WINDOW_SAMPLES // 2
_CELL_FRAMES = 10
_BACKGROUND_CELLS = 41
_SMOOTH_FRAMES = 5
_RIVAL_BANDS, _NEAR_BANDS = 6, 3
"""Distances in bands beyond which others compete; the two or three tones of one whistle lie closer together."""
_NARROW_BINS = 8
_NOISE_BINS, _NOISE_RANK = 19, 4
_FIRST_NARROW_HZ = 1_500


@dataclass(frozen=True, slots=True, eq=False)
class SoundFrames:
    """Features of a sound, one frame every 20 ms from time 0; frames are the first axis of each array.

    Attributes:
        band_db: power in each of ``BANDS_HZ``, dB of full scale (a full-scale sine has -3).
        crowd_db: power of the noise-like part between 300 and 3,000 Hz; voices, horns and music hardly affect it.
        cues: whistle cues, see ``CUES``.
        pitch_hz: frequency of the whistle, if there is one.

    """

    band_db: Floats32
    crowd_db: Floats32
    cues: Floats32
    pitch_hz: Floats32

    def __len__(self) -> int:
        return len(self.pitch_hz)

    @classmethod
    def join(cls, parts: Iterable[SoundFrames]) -> SoundFrames:
        """Concatenate parts in time."""
        kept = [empty_frames(), *parts]
        return cls(*(np.concatenate([getattr(part, name) for part in kept]) for name in cls.__slots__))


def empty_frames() -> SoundFrames:
    """Return the frames of no sound."""
    none = np.zeros(0, np.float32)
    return SoundFrames(np.zeros((0, len(BANDS_HZ)), np.float32), none, np.zeros((0, len(CUES)), np.float32), none)


def sound_frames(chunks: Iterable[Floats32]) -> SoundFrames:
    """Return the frames of sound in chunks (samples,) of any length; the result does not depend on the chunks."""
    return SoundFrames.join(stream_frames(chunks))


def stream_frames(chunks: Iterable[Floats32]) -> Iterator[SoundFrames]:
    """Yield the frames of a minute at a time; little more than that minute is held in memory."""
    waiting: list[Floats32] = []
    samples, skip, total, emitted = 0, 0, 0, 0
    needed = (_BLOCK_FRAMES + _CONTEXT_FRAMES - 1) * HOP_SAMPLES + WINDOW_SAMPLES
    for chunk in chunks:
        waiting.append(chunk)
        samples, total = samples + len(chunk), total + len(chunk)
        if total == samples and samples >= needed:  # the first block begins with its own mirror image
            waiting = [_mirrored(np.concatenate(waiting), before=_HALF)]
            samples += _HALF
        while samples >= needed + skip * HOP_SAMPLES:
            joined = np.concatenate(waiting)
            yield _block(joined[: needed + skip * HOP_SAMPLES], skip=skip, count=_BLOCK_FRAMES, begins=not emitted)
            emitted += _BLOCK_FRAMES
            start = (skip + _BLOCK_FRAMES - _CONTEXT_FRAMES) * HOP_SAMPLES
            waiting, samples, skip = [joined[start:]], len(joined) - start, _CONTEXT_FRAMES
    count = -(-total // HOP_SAMPLES) - emitted
    if count > 0:
        rest = np.concatenate(waiting)
        before = 0 if emitted else _HALF
        whole = 1 + (before + len(rest) - WINDOW_SAMPLES) // HOP_SAMPLES
        padded = _mirrored(rest, before=before, after=WINDOW_SAMPLES)
        yield _block(padded, skip=skip, count=count, begins=not emitted, whole=whole)


def _mirrored(sound: Floats32, *, before: int, after: int = 0) -> Floats32:
    """Return the sound extended by its mirror image at its ends, so that windows there are full."""
    return np.pad(sound, (before, after), mode="symmetric")


def _block(sound: Floats32, *, skip: int, count: int, begins: bool = False, whole: int | None = None) -> SoundFrames:
    """Return ``count`` frames after the first ``skip``; the surrounding frames serve as context only.

    Windows that extend beyond the beginning (of a block that ``begins`` the sound) or the end (from number ``whole``
    on) are replaced by the nearest complete ones.
    """
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW_SAMPLES)[::HOP_SAMPLES]
    taper = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft(windows * taper, axis=1).astype(np.complex64, copy=False)
    power = spectra.real**2 + spectra.imag**2
    power *= np.float32(2.0 / (WINDOW_SAMPLES * float((taper.astype(np.float64) ** 2).sum())))
    whole = len(power) if whole is None else whole
    lead = -(-_HALF // HOP_SAMPLES) if begins else 0
    if whole > lead:
        power[:lead], power[whole:] = power[lead], power[whole - 1]
    cues, pitch_hz = _whistle_cues(power)
    kept = slice(skip, skip + count)
    return SoundFrames(
        band_db=np.stack([_band_db(power[kept], band) for band in BANDS_HZ], axis=1),
        crowd_db=_noise_db(power[kept], CROWD_HZ),
        cues=cues[kept],
        pitch_hz=pitch_hz[kept],
    )


def _band_db(power: Floats32, band_hz: tuple[int, int]) -> Floats32:
    """Return the power between two frequencies in dB of full scale."""
    return decibel(power[:, round(band_hz[0] / BIN_HZ) : round(band_hz[1] / BIN_HZ)].sum(axis=1))


def _noise_db(power: Floats32, band_hz: tuple[int, int]) -> Floats32:
    """Return the power of a band if all of it were noise like that between its tones, dB of full scale.

    The fifth lowest of nineteen neighbouring bins is hardly affected by tones; for noise it is a known share of it.
    """
    first, last = round(band_hz[0] / BIN_HZ), round(band_hz[1] / BIN_HZ)
    first += (last - first) % _NOISE_BINS
    groups = power[:, first:last].reshape(len(power), -1, _NOISE_BINS)
    low = np.partition(groups, _NOISE_RANK, axis=2)[:, :, _NOISE_RANK].sum(axis=1)
    share = sum(1 / (_NOISE_BINS - rank) for rank in range(_NOISE_RANK + 1))
    return decibel(low * np.float32(_NOISE_BINS / share))


def decibel(power: Floats32) -> Floats32:
    """Convert power to decibels; silence is -120."""
    return (10 * np.log10(np.maximum(power, FLOOR))).astype(np.float32)


def _whistle_cues(power: Floats32) -> tuple[Floats32, Floats32]:
    """Return the whistle cues (frames, 9) and pitch (frames,), from power (frames, bins).

    Bands are 250 Hz wide, 125 Hz apart. The cues: how far the most prominent band between 2 and 5 kHz is above its
    own last and next four seconds, less the rise of the others; how far its peak is above the neighbouring bins; the
    same for its overtone; the lead over any band 750 Hz away or more; the movement of the pitch; the share of the power
    between 2 and 5 kHz; the prominence of any band below 1.8 kHz; the rise of the band, whatever the others do; the
    lead over any band 375 Hz away or more.
    """
    from scipy.ndimage import uniform_filter1d  # importing takes as long as the rest of a start

    narrow = power[:, : WINDOW_SAMPLES // 2].reshape(len(power), -1, _NARROW_BINS).sum(axis=2)
    level = decibel(uniform_filter1d(narrow[:, :-1] + narrow[:, 1:], _SMOOTH_FRAMES, axis=0, mode="nearest"))
    excess = level - _background(level)
    hz = (1 + np.arange(level.shape[1])) * _NARROW_BINS * BIN_HZ
    common = np.median(excess[:, hz >= _FIRST_NARROW_HZ], axis=1)
    inside = np.flatnonzero((hz >= WHISTLE_HZ[0]) & (hz <= WHISTLE_HZ[1]))
    lifted = excess[:, inside] - common[:, None]
    best = lifted.argmax(axis=1)
    rows = np.arange(len(power))
    band = inside[best]
    peak = _peak_bin(power, band)
    lifted_low = excess[:, (hz >= LOW_HZ[0]) & (hz < LOW_HZ[1])].max(axis=1) - common
    away = np.abs(np.arange(len(inside)) - best[:, None])
    lead, near_lead = (
        lifted[rows, best] - np.where(away > least, lifted, -np.inf).max(axis=1)
        for least in (_RIVAL_BANDS, _NEAR_BANDS)
    )
    whole = uniform_filter1d(power[:, round(WHISTLE_HZ[0] / BIN_HZ) : round(WHISTLE_HZ[1] / BIN_HZ)].sum(axis=1), 5)
    pitch_hz = (peak * BIN_HZ).astype(np.float32)
    moved = np.abs(np.diff(pitch_hz, prepend=pitch_hz[:1]))
    cues = [
        lifted[rows, best],
        _prominence(power, peak),
        _prominence(power, 2 * peak),
        lead,
        uniform_filter1d(np.minimum(moved, 400.0), 7, mode="nearest"),
        level[rows, band] - decibel(whole),
        lifted_low,
        excess[rows, band],
        near_lead,
    ]
    return uniform_filter1d(np.stack(cues, axis=1).astype(np.float32), _SMOOTH_FRAMES, axis=0, mode="nearest"), pitch_hz


def _background(level: Floats32) -> Floats32:
    """Return the median of each band over four seconds before and after, (frames, bands) like ``level``."""
    cells = -(-len(level) // _CELL_FRAMES)
    padded = np.pad(level, ((0, cells * _CELL_FRAMES - len(level)), (0, 0)), mode="edge")
    means = padded.reshape(cells, _CELL_FRAMES, -1).mean(axis=1)
    half = _BACKGROUND_CELLS // 2
    around = np.pad(means, ((half, half), (0, 0)), mode="symmetric")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(around, _BACKGROUND_CELLS, axis=0), axis=-1)
    return np.repeat(medians, _CELL_FRAMES, axis=0)[: len(level)].astype(np.float32)


def _peak_bin(power: Floats32, band: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the strongest FFT bin (frames,) in a band of each frame."""
    bins = band[:, None] * _NARROW_BINS + np.arange(2 * _NARROW_BINS)
    return bins[np.arange(len(band)), np.take_along_axis(power, bins, axis=1).argmax(axis=1)]


def _prominence(power: Floats32, peak: npt.NDArray[np.intp]) -> Floats32:
    """Return the lead (frames,) in dB of the bins at a peak over those 150 to 500 Hz away; 0 if out of range."""
    last = power.shape[1] - 1
    near = np.clip(peak[:, None] + np.arange(-6, 7), 0, last)
    far = np.clip(peak[:, None] + np.concatenate([np.arange(-32, -9), np.arange(10, 33)]), 0, last)
    above = decibel(np.take_along_axis(power, near, axis=1).max(axis=1)) - decibel(
        np.median(np.take_along_axis(power, far, axis=1), axis=1)
    )
    return np.where(peak <= last - 32, above, 0.0).astype(np.float32)


def frame_time_us(index: int) -> int:
    """Return the time of the middle of a frame, microseconds."""
    return round(index * HOP_SAMPLES * US_PER_S / RATE_HZ)
