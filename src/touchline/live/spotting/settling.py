"""Which events of a running stream are final: the answer of :mod:`touchline.spotting.peaks`, peak by peak.

A peak of the smoothed scores is kept or dropped by comparing it with peaks closer than ``distance_samples``, and those
with peaks near them. So a run of peaks, each closer than that to the next, is decided together: once no later peak can
come that close to the last one, nothing that follows can change it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.listening.peaks import find_peaks, which_stay
from touchline.spotting.peaks import smooth

Curve = npt.NDArray[np.float64]
_TRUNCATE = 4.0
"""Standard deviations after which SciPy's Gaussian filter ends."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of one class's scores: its label, its sample and its height, 0 to 1, and the team if a model names it."""

    label: str
    index: int
    confidence: float
    team: str | None = None


def smoothing_reach(sigma_samples: float) -> int:
    """Return how many samples on each side a smoothed score depends on."""
    return int(_TRUNCATE * sigma_samples + 0.5)


def samples_to_final(*, sigma_samples: float, distance_samples: int) -> int:
    """Return how many scores must follow a peak that stands alone before it is final."""
    return smoothing_reach(sigma_samples) + distance_samples - 1


class Settler:
    """Finds the peaks of scores that arrive piece by piece, and says which of them nothing later can change.

    Args:
        labels: class names, in the order of the scores' columns.
        thresholds: least height of a peak, by label.
        sigma_samples, distance_samples: as in :func:`touchline.spotting.peaks.find_events`.

    """

    def __init__(
        self,
        labels: Sequence[str],
        *,
        thresholds: Mapping[str, float],
        sigma_samples: float,
        distance_samples: int,
    ) -> None:
        self._labels, self._thresholds = tuple(labels), dict(thresholds)
        self._sigma, self._distance = sigma_samples, distance_samples
        self._reach = smoothing_reach(sigma_samples)
        self._values = np.zeros((0, len(labels)), np.float32)
        self._first = 0
        """Sample of the first row of ``_values``: what no open peak needs is forgotten."""
        self._open_from = [0] * len(labels)
        """Sample before the first one that may hold an undecided peak, by class."""

    @property
    def count(self) -> int:
        """Number of scores taken so far."""
        return self._first + len(self._values)

    def add(self, values: npt.NDArray[np.float32]) -> list[Peak]:
        """Take the next final scores (n, classes); return the peaks that became final, by class and time."""
        self._values = np.concatenate([self._values, values])
        settled = self.count - self._reach
        if settled <= max(self._open_from) + 1 or settled <= 2 * self._reach:
            return []
        found = self._settle(self._smoothed(self._values)[: settled - self._first], ended=False)
        self._forget()
        return found

    def finish(self) -> list[Peak]:
        """Return the remaining peaks; no more scores follow."""
        return self._settle(self._smoothed(self._values), ended=True) if self.count else []

    def open_peaks(self, ahead: npt.NDArray[np.float32]) -> list[Peak]:
        """Return the peaks that are not final, given a guess (n, classes) of the scores that follow."""
        values = np.concatenate([self._values, ahead])
        if len(values) == 0:
            return []
        curve = self._smoothed(values)
        found = []
        for column, label in enumerate(self._labels):
            start = self._open_from[column]
            part = curve[start - self._first :, column]
            peaks = find_peaks(part, height=self._thresholds[label], distance=self._distance)
            found += self._peaks(label, start + peaks, part[peaks])
        return found

    def _smoothed(self, values: npt.NDArray[np.float32]) -> Curve:
        return smooth(values, sigma_samples=self._sigma)

    def _settle(self, curve: Curve, *, ended: bool) -> list[Peak]:
        """Return the peaks of a final curve, whose row 0 is ``_first``, that are decided, and move on behind them."""
        found = []
        for column, label in enumerate(self._labels):
            start = self._open_from[column]
            part = curve[start - self._first :, column]
            candidates = find_peaks(part, height=self._thresholds[label])
            next_peak = len(part) + self._distance if ended else _next_peak_from(part, self._thresholds[label])
            decided = _decided(candidates, next_peak=next_peak, distance=self._distance)
            chosen = candidates[: len(decided)][which_stay(decided, part[decided], distance=self._distance)]
            found += self._peaks(label, start + chosen, part[chosen])
            if len(decided):
                self._open_from[column] = start + int(decided[-1])
            elif len(candidates) == 0:
                self._open_from[column] = start + max(0, next_peak - 1)
        return found

    def _peaks(self, label: str, indices: npt.NDArray[np.int64], heights: Curve) -> list[Peak]:
        return [
            Peak(label, int(index), min(max(float(height), 0.0), 1.0))
            for index, height in zip(indices, heights, strict=True)
        ]

    def _forget(self) -> None:
        """Drop the scores that neither an open peak nor its smoothing needs."""
        keep_from = max(self._first, min(self._open_from) - 2 * self._reach - 1)
        if keep_from - self._first > self._reach:
            self._values = self._values[keep_from - self._first :]
            self._first = keep_from


def _next_peak_from(curve: Curve, threshold: float) -> int:
    """Return the first sample at which a peak may lie that is not seen yet.

    That is after the end, unless the curve ends level and high enough: the middle of a level part is a peak.
    """
    if len(curve) == 0 or curve[-1] < threshold:
        return len(curve)
    others = np.flatnonzero(curve != curve[-1])
    return int(others[-1]) + 1 if len(others) else 0


def _decided(candidates: npt.NDArray[np.int64], *, next_peak: int, distance: int) -> npt.NDArray[np.int64]:
    """Return the candidates of all runs that a peak at ``next_peak`` or later cannot join."""
    following = np.append(candidates[1:], next_peak)
    ends = np.flatnonzero(following - candidates >= distance)
    return candidates[: ends[-1] + 1] if len(ends) else candidates[:0]
