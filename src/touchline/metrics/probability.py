"""How good probabilities of something that happens or not are: log loss, Brier, AUC, calibration, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TINY = 1e-12
ROUNDS = 4000


@dataclass(frozen=True, slots=True)
class Bounded:
    """A number with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """As plain numbers."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCurve:
    """What was said beside what happened, in bins of equally many cases from the least to the most likely.

    Attributes:
        said: float64 (bins,), mean probability.
        happened: float64 (bins,), share that happened.
        low, high: float64 (bins,), 95 % Wilson interval of ``happened``.
        count: int64 (bins,).

    """

    said: Floats
    happened: Floats
    low: Floats
    high: Floats
    count: npt.NDArray[np.int64]

    def to_json(self) -> dict[str, list[float]]:
        """As plain lists."""
        return {name: np.asarray(getattr(self, name)).tolist() for name in ("said", "happened", "low", "high", "count")}


def log_losses(truth: npt.ArrayLike, probability: npt.ArrayLike) -> Floats:
    """Log loss of each case: truth (n,) is 0 or 1, probabilities are (n,) or (repeats, n)."""
    y, p = _pair(truth, probability)
    return -np.log(np.maximum(np.where(y > 0, p, 1 - p), _TINY))


def brier_losses(truth: npt.ArrayLike, probability: npt.ArrayLike) -> Floats:
    """Squared error of each case, shaped as :func:`log_losses`."""
    y, p = _pair(truth, probability)
    return (p - y) ** 2


def auc(truth: npt.ArrayLike, probability: npt.ArrayLike) -> float:
    """Chance that a case that happened is ranked above one that did not, ties as half; NaN without both kinds."""
    y, p = _pair(truth, probability)
    positive = int((y > 0).sum())
    negative = len(y) - positive
    if not positive or not negative:
        return float("nan")
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[y > 0].sum() - positive * (positive + 1) / 2) / (positive * negative))


def mean_interval(values: npt.ArrayLike, *, rounds: int = ROUNDS, seed: int = 0) -> Bounded:
    """Mean of one number per case, cases drawn with replacement; a paired difference is one number per case."""
    v = np.asarray(values, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(v), (rounds, len(v)))
    low, high = np.percentile(v[drawn].mean(axis=1), [2.5, 97.5])
    return Bounded(float(v.mean()), float(low), float(high))


def auc_interval(
    truth: npt.ArrayLike, probability: npt.ArrayLike, *, rounds: int = ROUNDS // 4, seed: int = 0
) -> Bounded:
    """AUC, the mean over repeats where ``probability`` is (repeats, n), with cases drawn with replacement."""
    y, p = np.asarray(truth, np.float64), np.atleast_2d(np.asarray(probability, np.float64))
    average = p.mean(axis=0)
    drawn = np.random.default_rng(seed).integers(0, len(y), (rounds, len(y)))
    values = [auc(y[rows], average[rows]) for rows in drawn]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Bounded(float(np.mean([auc(y, row) for row in p])), float(low), float(high))


def calibration_curve(truth: npt.ArrayLike, probability: npt.ArrayLike, *, bins: int = 8) -> CalibrationCurve:
    """Said beside happened, in ``bins`` groups of nearly equal size."""
    y, p = _pair(truth, probability)
    groups = np.array_split(np.argsort(p, kind="stable"), min(bins, len(p)))
    count = np.array([len(group) for group in groups], np.int64)
    happened = np.array([y[group].mean() for group in groups])
    low, high = wilson(happened, count)
    return CalibrationCurve(np.array([p[group].mean() for group in groups]), happened, low, high, count)


def wilson(share: npt.ArrayLike, count: npt.ArrayLike, *, z: float = 1.96) -> tuple[Floats, Floats]:
    """95 % Wilson interval of shares out of counts."""
    p, n = np.asarray(share, np.float64), np.asarray(count, np.float64)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - half, middle + half


def _pair(truth: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[Floats, Floats]:
    y, p = np.asarray(truth, np.float64), np.asarray(probability, np.float64)
    if y.ndim != 1 or not len(y) or p.shape[-1:] != y.shape:
        raise ValueError(f"probabilities of shape {p.shape} do not fit truths of shape {y.shape}")
    if not bool(np.all((y == 0) | (y == 1))):
        raise ValueError(f"truths {np.unique(y)[:5]} are not 0 and 1")
    if not bool(np.all((p >= 0) & (p <= 1))):
        raise ValueError(f"probabilities from {p.min()} to {p.max()} are outside 0 to 1")
    return y, p
