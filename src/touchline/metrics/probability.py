"""Scores of probabilities of a binary outcome: log loss, Brier score, AUC."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.metrics.bootstrap import Interval, over_cases

_TINY = 1e-12
AUC_ROUNDS = 1000


def log_losses(truth: npt.ArrayLike, probability: npt.ArrayLike) -> Floats64:
    """Return the log loss of each case: truth (n,) is 0 or 1, probabilities are (n,) or (repeats, n)."""
    y, p = _pair(truth, probability)
    return -np.log(np.maximum(np.where(y > 0, p, 1 - p), _TINY))


def brier_losses(truth: npt.ArrayLike, probability: npt.ArrayLike) -> Floats64:
    """Return the squared error of each case, shaped as in :func:`log_losses`."""
    y, p = _pair(truth, probability)
    return (p - y) ** 2


def auc(truth: npt.ArrayLike, probability: npt.ArrayLike) -> float:
    """Return the area under the ROC curve, ties counting half; NaN unless both outcomes occur."""
    from scipy.stats import rankdata

    y, p = _pair(truth, probability)
    positive = int((y > 0).sum())
    negative = len(y) - positive
    if not positive or not negative:
        return float("nan")
    ranks = rankdata(p)
    return float((ranks[y > 0].sum() - positive * (positive + 1) / 2) / (positive * negative))


def auc_interval(truth: npt.ArrayLike, probability: npt.ArrayLike, *, rounds: int = AUC_ROUNDS) -> Interval:
    """Return the AUC with its bootstrap interval; the mean over repeats if ``probability`` is (repeats, n)."""
    y, p = np.asarray(truth, np.float64), np.atleast_2d(np.asarray(probability, np.float64))
    average = p.mean(axis=0)
    drawn = over_cases(lambda rows: auc(y[rows], average[rows]), len(y), rounds=rounds)
    return Interval(float(np.mean([auc(y, row) for row in p])), drawn.low, drawn.high)


def _pair(truth: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[Floats64, Floats64]:
    y, p = np.asarray(truth, np.float64), np.asarray(probability, np.float64)
    if y.ndim != 1 or not len(y) or p.shape[-1:] != y.shape:
        raise ValueError(f"probabilities of shape {p.shape} do not fit truths of shape {y.shape}")
    if not bool(np.all((y == 0) | (y == 1))):
        raise ValueError(f"truths {np.unique(y)[:5]} must be 0 or 1")
    if not bool(np.all((p >= 0) & (p <= 1))):
        raise ValueError(f"probabilities from {p.min()} to {p.max()} are outside 0 to 1")
    return y, p
