"""Confidence curves in the form stored in the page: few samples, one byte each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.events import Scores

MAX_CURVE_SAMPLES = 20_000
"""Largest number of samples of a confidence curve in the page; longer curves are max-pooled."""

CURVE_LEVELS = 254
"""Byte value of confidence 1; bytes 0 to 254 stand for confidence 0 to 1, and 255 means that there is no score."""

_NO_SCORE = 255


@dataclass(frozen=True, slots=True)
class Curves:
    """Confidence curves in the form stored in the page.

    Attributes:
        start_us: time of the first sample in microseconds.
        step_us: microseconds between samples; not whole if the curve was pooled.
        levels: uint8 (classes, samples); see :data:`CURVE_LEVELS`.

    """

    start_us: int
    step_us: float
    levels: np.ndarray


def pool_curves(scores: Scores, *, max_samples: int = MAX_CURVE_SAMPLES) -> Curves:
    """Resample scores to a regular grid of at most ``max_samples`` times by maximum, as bytes.

    Grid times without a score (gaps, NaN) hold 255. Empty scores give levels of shape (classes, 0).
    """
    classes, count = len(scores.labels), len(scores)
    if count == 0:
        return Curves(0, float(US_PER_S), np.zeros((classes, 0), np.uint8))
    times = scores.times_us.astype(np.float64)
    span_us = float(times[-1] - times[0])
    step_us = float(np.median(np.diff(times))) if count > 1 else float(US_PER_S)
    samples = round(span_us / step_us) + 1
    if samples > max_samples:
        samples = max_samples
        step_us = span_us / (samples - 1) if samples > 1 else max(span_us, 1.0)
    index = np.minimum(np.rint((times - times[0]) / step_us).astype(np.int64), samples - 1)
    known = np.isfinite(scores.values)
    quantised = np.rint(np.clip(np.where(known, scores.values, 0.0), 0.0, 1.0) * CURVE_LEVELS).astype(np.int16)
    pooled = np.full((samples, classes), -1, np.int16)
    np.maximum.at(pooled, index, np.where(known, quantised, -1))
    levels = np.where(pooled < 0, _NO_SCORE, pooled).astype(np.uint8)
    return Curves(int(scores.times_us[0]), step_us, np.ascontiguousarray(levels.T))
