"""How well events from tracks are found: average precision by label, thresholds and calibration, by whole matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Bools, Floats32, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.spotting.from_tracks.candidates import peaks_of
from touchline.spotting.from_tracks.labels import TRACK_LABELS

WITHIN_S = 0.5
"""An event is found if a peak lies within this time of it: SoccerNet's tolerance of one second, half on either side."""
PEAK_S, LEAST = 0.5, 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found of one label in one match.

    Attributes:
        confidence: float64 (n,), of each peak or event.
        right: bool (n,), whether it is a true event.
        truths: number of true events.

    """

    confidence: Floats64
    right: Bools
    truths: int


def peaks_found(values: Floats32 | Floats64, times_us: Indices, true_us: Mapping[str, Indices]) -> dict[str, Found]:
    """Compare the peaks of curves (n, labels) with the true times by label."""
    found = {}
    for column, label in enumerate(TRACK_LABELS):
        curve = values[:, column]
        frames = peaks_of(curve, times_us, least=LEAST, apart_s=PEAK_S)
        found[label] = compare(times_us[frames], curve[frames], true_us.get(label, np.zeros(0, np.int64)))
    return found


def compare(
    times_us: Indices, confidence: Floats32 | Floats64, true_us: Indices, *, within_s: float = WITHIN_S
) -> Found:
    """Match events with true times one to one, the most confident first, each with the nearest true one left."""
    order = np.argsort(-confidence, kind="stable")
    left = np.ones(len(true_us), np.bool_)
    right = np.zeros(len(order), np.bool_)
    for place, row in enumerate(order.tolist()):
        apart = np.where(left, np.abs(true_us - times_us[row]), np.inf)
        if len(apart) and apart.min() <= within_s * US_PER_S:
            left[int(apart.argmin())], right[place] = False, True
    return Found(np.asarray(confidence, np.float64)[order], right, len(true_us))


def pooled(parts: Sequence[Found]) -> Found:
    """Return several matches as one."""
    confidence = np.concatenate([part.confidence for part in parts])
    order = np.argsort(-confidence, kind="stable")
    right = np.concatenate([part.right for part in parts])[order]
    return Found(confidence[order], right, sum(part.truths for part in parts))


def average_precision(found: Found) -> float:
    """Return the area under the envelope of the precision-recall curve; NaN without true events."""
    if found.truths == 0:
        return float("nan")
    hits = np.cumsum(found.right)
    precision = hits / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], hits / found.truths])) * envelope))


def f1_at(found: Found, threshold: float) -> float:
    """Return F1 of what reaches a threshold; NaN without true events and without claims."""
    kept = found.confidence >= threshold
    claims = int(kept.sum()) + found.truths
    return 2 * float(found.right[kept].sum()) / claims if claims else float("nan")


def best_threshold(found: Found) -> float:
    """Return the threshold of the best F1; 0.5 if nothing was found."""
    if not found.right.any():
        return 0.5
    hits = np.cumsum(found.right)
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + found.truths)
    return float(found.confidence[int(f1.argmax())])


def fit_calibration(found: Found, *, steps: int = 200) -> tuple[float, float]:
    """Return slope and offset of a logistic calibration of confidences, by Newton's method with a weak prior."""
    kept = np.clip(found.confidence, 1e-6, 1 - 1e-6)
    inputs = np.stack([np.log(kept / (1 - kept)), np.ones(len(kept))], axis=1)
    weights, prior, start = np.array([1.0, 0.0]), np.diag([1.0, 0.1]), np.array([1.0, 0.0])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (chance - found.right) + prior @ (weights - start)
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + prior
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return round(float(max(weights[0], 0.05)), 4), round(float(weights[1]), 4)
