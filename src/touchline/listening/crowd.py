"""Crowd noise: its level, where it is unusually loud for the match, and where it rises, at ten values per second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.clock import US_PER_S
from touchline.core.sound import CURVE_RATE_HZ, CrowdSwell
from touchline.listening.frames import FLOOR, FRAME_RATE_HZ, SoundFrames
from touchline.listening.model import SoundModel
from touchline.listening.peaks import find_peaks

STEP_FRAMES = round(FRAME_RATE_HZ / CURVE_RATE_HZ)
ONSET_WITHIN_S = 0.4
"""Distance from an onset within which its curve should be high, seconds."""
SWELL_THRESHOLD = 0.4
"""Confidence threshold of a reported swell."""
LOUD_CUES = ("above_usual_db", "above_lately_db", "spread")
ONSET_CUES = ("step_db", "held_db", "slope_db", "spread")

SILENT_DB = -100.0
"""Below this level there is no sound at all, dB."""
_WINDOW_FRAMES = 30
_SMEARED = _WINDOW_FRAMES // STEP_FRAMES // 2 + 1
_QUIET_SHARE = 0.3
_USUAL_S = 60
_LEAST_PEAK, _APART_S, _GATHER_S = 0.1, 4.0, 1.0


def crowd_level(frames: SoundFrames) -> Floats32:
    """Return the crowd level in dB of full scale (n,), ten per second: the quieter part of 0.6 s, between words."""
    count = -(-len(frames) // STEP_FRAMES)
    if not count:
        return np.zeros(0, np.float32)
    half = _WINDOW_FRAMES // 2
    padded = np.pad(frames.crowd_db, (half, half + STEP_FRAMES), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_FRAMES)[::STEP_FRAMES][:count]
    rank = round(_QUIET_SHARE * _WINDOW_FRAMES)
    return np.partition(windows, rank, axis=1)[:, rank]


def usual_level(level: Floats32) -> Floats32:
    """Return the median (n,) of a level over a minute before and after, ignoring digital silence."""
    if not len(level):
        return level
    step = round(CURVE_RATE_HZ)
    seconds = -(-len(level) // step)
    padded = np.pad(level, (0, seconds * step - len(level)), mode="edge").reshape(seconds, step)
    means = padded.mean(axis=1)
    means = np.where(means <= 10 * np.log10(FLOOR) + 1, np.nan, means)
    around = np.pad(means, _USUAL_S, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(around, 2 * _USUAL_S + 1)
    known = np.isfinite(windows).any(axis=1)
    medians = np.full(seconds, level.min(), np.float32)
    medians[known] = np.nanmedian(windows[known], axis=1)
    middles = (np.arange(seconds) + 0.5) * step
    return np.interp(np.arange(len(level)), middles, medians).astype(np.float32)


def loud_cues(level: Floats32) -> Floats32:
    """Return the ``LOUD_CUES`` (n, 3) of a level (n,)."""
    smooth = _rolling(level, before_s=0.5, after_s=0.5, how=np.mean)
    lately = _rolling(level, before_s=12.0, after_s=0.0, how=np.min)
    return np.stack([smooth - usual_level(level), smooth - lately, _spread(level)], axis=1)


def onset_cues(level: Floats32) -> Floats32:
    """Return the ``ONSET_CUES`` (n, 4) of a level (n,)."""
    before = _rolling(level, before_s=4.0, after_s=-0.6, how=np.median)
    after = _rolling(level, before_s=0.0, after_s=2.0, how=np.max)
    held = _rolling(level, before_s=-0.5, after_s=3.0, how=np.median)
    slope = _rolling(level, before_s=0.0, after_s=0.6, how=np.mean) - _rolling(
        level, before_s=0.6, after_s=0.0, how=np.mean
    )
    return np.stack([after - before, held - before, slope, _spread(level)], axis=1)


def find_swells(level: Floats32, onset: Floats32) -> tuple[CrowdSwell, ...]:
    """Return the rises in crowd noise: peaks of the onset curve (n,), at least four seconds apart.

    The curve gives for every moment the probability of an onset within 0.4 s; the confidence is the sum over two
    seconds, divided by the number of moments that cover the same onset.
    """
    padded = np.concatenate([[0.0], onset, [0.0]])
    peaks = find_peaks(padded, height=_LEAST_PEAK, distance=round(_APART_S * CURVE_RATE_HZ)) - 1
    if not len(peaks):
        return ()
    seen_by = 2 * round(ONSET_WITHIN_S * CURVE_RATE_HZ) + 1
    reach = round(_GATHER_S * CURVE_RATE_HZ)
    sums = np.convolve(onset, np.ones(2 * reach + 1), mode="full")[reach : reach + len(onset)]
    sure = np.clip(sums / seen_by, 0, 1)
    rise = onset_cues(bridged(level)[0])[:, 0]
    return tuple(
        CrowdSwell(round(int(peak) * US_PER_S / CURVE_RATE_HZ), float(sure[peak]), float(rise[peak]))
        for peak in peaks
        if sure[peak] >= SWELL_THRESHOLD
    )


def crowd_curves(level: Floats32, *, model: SoundModel) -> tuple[Floats32, Floats32]:
    """Return the probabilities (n,) that the crowd is louder than usual, and that it is getting louder."""
    if not len(level):
        return level, level
    whole, silent = bridged(level)
    loud, onset = model.loud.probability(loud_cues(whole)), model.onset.probability(onset_cues(whole))
    return np.where(silent, np.float32(0), loud), np.where(silent, np.float32(0), onset)


def bridged(level: Floats32) -> tuple[Floats32, npt.NDArray[np.bool_]]:
    """Interpolate digital silence in a level (n,) from both sides; return it and a mask of the silence, bool (n,).

    Missing sound is not a quiet crowd: its end must not look like a rise in noise.
    """
    silent = level < SILENT_DB
    if silent.any():  # and the neighbouring samples, whose windows overlap it
        silent = np.convolve(silent, np.ones(2 * _SMEARED + 1), mode="full")[_SMEARED:][: len(level)] > 0
    known = np.flatnonzero(~silent)
    if len(known) in (0, len(level)):
        return level, silent
    return np.interp(np.arange(len(level)), known, level[known]).astype(np.float32), silent


def _spread(level: Floats32) -> Floats32:
    """Return the usual variation (n,) of the level in this match: the median change within two seconds, dB."""
    ahead = round(2 * CURVE_RATE_HZ)
    moved = float(np.median(np.abs(level[ahead:] - level[:-ahead]))) if len(level) > ahead else 1.0
    return np.full(len(level), min(moved, 10.0), np.float32)


def _rolling(level: Floats32, *, before_s: float, after_s: float, how: Callable[..., Any]) -> Floats32:
    """Return a rolling statistic (n,) from ``before_s`` before to ``after_s`` after; a negative value leaves a gap."""
    before, after = round(before_s * CURVE_RATE_HZ), round(after_s * CURVE_RATE_HZ)
    padded = np.pad(level, (max(before, 0), max(after, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, before + after + 1)
    first = max(0, -before)
    values = how(windows, axis=1).astype(np.float32)[first:]
    return np.pad(values, (0, max(0, len(level) - len(values))), mode="edge")[: len(level)]
