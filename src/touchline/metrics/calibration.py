"""Calibration of probabilities: predicted probabilities against observed frequencies, in bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationBins:
    """Predicted probabilities against observed frequencies, by bin.

    Attributes:
        said: float64 (bins,), mean predicted probability, NaN for an empty bin.
        happened: float64 (bins,), observed frequency, NaN for an empty bin.
        count: int64 (bins,), number of cases.

    """

    said: Floats64
    happened: Floats64
    count: Ints

    @property
    def error(self) -> float:
        """Expected calibration error: mean of |said - happened| weighted by the cases of each bin; 0 without cases."""
        cases = int(self.count.sum())
        return float(np.nansum(np.abs(self.said - self.happened) * self.count) / cases) if cases else 0.0

    @property
    def interval(self) -> tuple[Floats64, Floats64]:
        """95 % Wilson interval (bins,) of ``happened``, as lower and upper bounds."""
        return wilson(self.happened, self.count)

    def to_json(self) -> dict[str, list[float]]:
        """Return the bins as plain lists, with the interval."""
        low, high = self.interval
        columns = {"said": self.said, "happened": self.happened, "low": low, "high": high, "count": self.count}
        return {name: np.asarray(values).tolist() for name, values in columns.items()}


def equal_widths(probability: npt.ArrayLike, truth: npt.ArrayLike, *, bins: int = 10) -> CalibrationBins:
    """Return bins of equal width from 0 to 1, from probabilities and outcomes (1 or 0) of equal shape."""
    said, happened = np.asarray(probability, np.float64).ravel(), np.asarray(truth, np.float64).ravel()
    number = np.minimum((said * bins).astype(np.int64), bins - 1)
    count = np.bincount(number, minlength=bins)

    def means(values: Floats64) -> Floats64:
        total = np.bincount(number, weights=values, minlength=bins)
        return np.divide(total, count, out=np.full(bins, np.nan), where=count > 0)

    return CalibrationBins(means(said), means(happened), count.astype(np.int64))


def equal_counts(probability: npt.ArrayLike, truth: npt.ArrayLike, *, bins: int) -> CalibrationBins:
    """Return bins with nearly equal numbers of cases, in order of probability; see :func:`equal_widths`."""
    said, happened = np.asarray(probability, np.float64).ravel(), np.asarray(truth, np.float64).ravel()
    groups = np.array_split(np.argsort(said, kind="stable"), min(bins, len(said))) if len(said) else []
    return CalibrationBins(
        np.array([said[group].mean() for group in groups]),
        np.array([happened[group].mean() for group in groups]),
        np.array([len(group) for group in groups], np.int64),
    )


def wilson(share: npt.ArrayLike, count: npt.ArrayLike, *, z: float = 1.96) -> tuple[Floats64, Floats64]:
    """Return the 95 % Wilson interval of proportions, as lower and upper bounds."""
    p, n = np.asarray(share, np.float64), np.asarray(count, np.float64)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - half, middle + half
