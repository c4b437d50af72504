"""Events from dense scores: gathering by displacement, suppression of neighbours, calibration of confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats64
from touchline.models.specs.stream_spec import SuppressionSpec


@dataclass(frozen=True, slots=True, eq=False)
class DenseScores:
    """The output of a head at every sample.

    Attributes:
        score: (samples, classes), 0 to 1.
        displacement: (samples, classes), offset of the event in samples; None if the head predicts none.
        spread: (samples, classes), expected error of the displacement in samples; None likewise.

    """

    score: Floats64
    displacement: Floats64 | None = None
    spread: Floats64 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Events of one class, strongest first: time in samples, score, expected error in samples (NaN if unknown)."""

    at: Floats64
    score: Floats64
    spread: Floats64


def suppress_hard(score: Floats64, *, window: int, floor: float = 0.0) -> list[int]:
    """Find peaks by hard non-maximum suppression: highest first, each removing the window around it.

    Args:
        score: any values (samples,).
        window: samples; a peak removes ``[peak - window // 2, peak + window // 2)``.
        floor: least score of a peak.

    Returns:
        Sample indices of the peaks, the highest first.

    """
    left, found = score.astype(np.float64), []
    while len(left):
        peak = int(left.argmax())
        if left[peak] < floor or left[peak] == -np.inf:
            break
        found.append(peak)
        left[max(peak - window // 2, 0) : peak + window // 2] = -np.inf
        left[peak] = -np.inf
    return found


def suppress_soft(score: Floats64, *, window: int, floor: float = 0.0) -> list[tuple[int, float]]:
    """Find peaks by soft non-maximum suppression: each peak scales its neighbours by their squared distance.

    Args:
        score: values of 0 or more (samples,).
        window: samples; scores nearer to a peak than half of it are scaled by (distance / half window) squared.
        floor: least scaled score of a peak.

    Returns:
        Sample index and scaled score of each peak, the highest first.

    """
    reach = max(window // 2, 1)
    shape = (np.arange(-reach + 1, reach) / reach) ** 2
    left, found = score.astype(np.float64), []
    while len(left):
        peak = int(left.argmax())
        if left[peak] < floor or left[peak] <= 0:
            break
        found.append((peak, float(left[peak])))
        low, high = max(peak - reach + 1, 0), min(peak + reach, len(left))
        left[low:high] *= shape[low - (peak - reach + 1) : high - (peak - reach + 1)]
    return found


def find_peaks(scores: DenseScores, *, column: int, rate_hz: float, settings: SuppressionSpec) -> Peaks:
    """Find the events of one class."""
    score = scores.score[:, column]
    window = max(round(settings.window_s * rate_hz), 2)
    if scores.displacement is None or not settings.gather:
        gathered = score
    else:
        gathered = _gather(score, scores.displacement[:, column], floor=settings.floor)
    if settings.kind == "hard":
        peaks = [(peak, float(gathered[peak])) for peak in suppress_hard(gathered, window=window, floor=settings.floor)]
    else:
        peaks = suppress_soft(gathered, window=window, floor=settings.floor)
    values = np.array([value for _, value in peaks], np.float64)
    at, spread = _refine(scores, [peak for peak, _ in peaks], column=column, gather=settings.gather)
    return Peaks(at, values, spread)


def _gather(score: Floats64, displacement: Floats64, *, floor: float) -> Floats64:
    """Move each sample's score to the sample its displacement points to; the highest one is kept."""
    strong = np.flatnonzero(score >= floor)
    target = np.clip(np.rint(strong + displacement[strong]).astype(np.int64), 0, max(len(score) - 1, 0))
    gathered = np.zeros_like(score)
    np.maximum.at(gathered, target, score[strong])
    return gathered


def _refine(scores: DenseScores, peaks: list[int], *, column: int, gather: bool) -> tuple[Floats64, Floats64]:
    """Return times and expected errors of peaks: the mean of nearby samples' predictions, weighted by confidence."""
    at, spread = np.array(peaks, np.float64), np.full(len(peaks), np.nan)
    if scores.displacement is None or scores.spread is None or not gather:
        return at, spread
    score, away, error = (part[:, column] for part in (scores.score, scores.displacement, scores.spread))
    reach = int(np.ceil(np.abs(away).max(initial=0.0))) + 1
    for number, peak in enumerate(peaks):
        near = np.arange(max(peak - reach, 0), min(peak + reach + 1, len(score)))
        near = near[np.abs(near + away[near] - peak) <= 1.0]
        weight = score[near] / error[near]
        if weight.sum() > 0:
            at[number] = float((weight * (near + away[near])).sum() / weight.sum())
            spread[number] = float((weight * error[near]).sum() / weight.sum())
    return at, spread


def calibrated(score: Floats64, slope: float, offset: float) -> Floats64:
    """Convert scores 0 to 1 to probabilities: sigmoid of slope times their logit plus offset (Platt scaling)."""
    bounded = np.clip(score, 1e-6, 1 - 1e-6)
    return 1 / (1 + np.exp(-(slope * np.log(bounded / (1 - bounded)) + offset)))
