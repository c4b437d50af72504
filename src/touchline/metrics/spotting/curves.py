"""Average precision from matches, one class at a time.

Arrays here have the axes (tolerances D, kinds 3, thresholds T); the kinds are all, visible and unshown events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchline.core.columns import FloatArray, IntArray
from touchline.metrics.spotting.frames import Axis

SOCCERNET_THRESHOLDS: FloatArray = np.linspace(0, 1, 200)
_NEXT_THRESHOLD: FloatArray = np.append(SOCCERNET_THRESHOLDS[1:], np.inf)
RECALL_LEVELS: FloatArray = np.arange(11) / 10

VISIBLE, UNSHOWN, NO_TRUTH = 0, 1, 2
"""Kind of the true event nearest to a prediction; NO_TRUTH if its class has none in that half."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassCurves:
    """Counts of one class at increasing confidence thresholds.

    Attributes:
        thresholds: (T,), ascending confidences.
        predicted: (D, 3, T), number of predictions at or above each threshold.
        hits: (D, 3, T), number of those that are matched.
        truths: (3,), number of true events.

    """

    thresholds: FloatArray
    predicted: FloatArray
    hits: FloatArray
    truths: IntArray

    def precision(self) -> FloatArray:
        """Return the precision (D, 3, T); 0 where nothing is predicted."""
        return np.divide(self.hits, self.predicted, out=np.zeros_like(self.hits), where=self.predicted > 0)

    def recall(self) -> FloatArray:
        """Return the recall (D, 3, T); 0 where there is no true event."""
        truths = self.truths[:, None].astype(np.float64)
        return np.divide(self.hits, truths, out=np.zeros_like(self.hits), where=truths > 0)


def nearest_kind(truth: Axis, key: IntArray, *, stride: int) -> IntArray:
    """Return the kind of the true event nearest to each prediction; ties go to the later event.

    Args:
        truth: true events.
        key: int64 (p,), sorted keys of the predictions.
        stride: frames between the starts of two streams.

    """
    at = truth.key
    if not len(at):
        return np.full(len(key), NO_TRUTH, np.int64)
    stream = at // stride
    follows = np.zeros(len(at), np.bool_)
    follows[1:] = stream[1:] == stream[:-1]
    start = stream * stride
    start[1:][follows[1:]] = ((at[1:] + at[:-1]) // 2)[follows[1:]]
    stop = (stream + 1) * stride
    stop[:-1] = np.where(follows[1:], start[1:], stop[:-1])
    bounds = np.stack([start, stop], axis=1).ravel()
    kinds = np.stack([np.where(truth.value > 0, VISIBLE, UNSHOWN), np.full(len(at), NO_TRUTH)], axis=1).ravel()
    edges = np.concatenate([[0], np.searchsorted(key, bounds), [len(key)]])
    return np.repeat(np.concatenate([[NO_TRUTH], kinds]), np.diff(edges))


def class_curves(
    score: FloatArray,
    kind: IntArray,
    *,
    matched: list[IntArray],
    matched_kind: list[IntArray],
    truths: IntArray,
    thresholds: FloatArray,
    unseen_kinds: tuple[tuple[int, ...], tuple[int, ...]],
) -> ClassCurves:
    """Count predictions and hits of one class.

    Args:
        score: (p,), confidences of the class's predictions.
        kind: (p,), kind of the true event nearest to each prediction.
        matched: for each tolerance, the indices of the matched predictions.
        matched_kind: for each tolerance, the kind under which each match counts.
        truths: (3,), number of true events: all, visible, unshown.
        thresholds: (T,), ascending confidences.
        unseen_kinds: kinds that count as predictions of visible, and of unshown events.

    """
    bins = _bins(score, thresholds)
    base = _at_least(kind, bins, thresholds)
    hits, predicted = [], []
    for index, own in zip(matched, matched_kind, strict=True):
        hit = _at_least(own, bins[index], thresholds)
        moved = hit - _at_least(kind[index], bins[index], thresholds)
        hits.append(_by_kind(hit, unseen_kinds))
        predicted.append(_by_kind(base + moved, unseen_kinds))
    return ClassCurves(thresholds, np.stack(predicted), np.stack(hits), truths)


def average_precision(curves: ClassCurves) -> FloatArray:
    """Return (D, 3): the mean over eleven recall levels of the best precision at that recall or higher."""
    recall = curves.recall()
    best = np.maximum.accumulate(curves.precision(), axis=-1)
    levels = (recall[..., None] >= RECALL_LEVELS).sum(axis=-2)
    value = np.take_along_axis(best, np.maximum(levels - 1, 0), axis=-1)
    return np.where(levels > 0, value, 0.0).sum(axis=-1) / len(RECALL_LEVELS)


def best_f1(curves: ClassCurves) -> tuple[float, float, float, float]:
    """Return (threshold, precision, recall, F1) at the best F1 over all events and the widest tolerance, or zeros."""
    precision, recall = curves.precision()[-1, 0], curves.recall()[-1, 0]
    if not precision.any():
        return 0.0, 0.0, 0.0, 0.0
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    at = len(f1) - 1 - int(f1[::-1].argmax())
    return float(curves.thresholds[at]), float(precision[at]), float(recall[at]), float(f1[at])


def _bins(score: FloatArray, thresholds: FloatArray) -> IntArray:
    """Return (p,): the number of thresholds that each score reaches; fast for SoccerNet's even ones."""
    if thresholds is not SOCCERNET_THRESHOLDS:
        return np.searchsorted(thresholds, score, side="right")
    last = len(thresholds) - 1
    guess = (np.minimum(score, 1.0) * last).astype(np.int64)
    guess -= thresholds[guess] > score
    return guess + 1 + (_NEXT_THRESHOLD[guess] <= score)


def _at_least(kind: IntArray, bins: IntArray, thresholds: FloatArray) -> FloatArray:
    """Return (3 kinds, T): the number of rows of each kind whose bin lies above each threshold."""
    width = len(thresholds) + 1
    counts = np.bincount(kind * width + bins, minlength=3 * width).reshape(3, width)
    return np.cumsum(counts[:, ::-1], axis=1)[:, ::-1][:, 1:].astype(np.float64)


def _by_kind(counts: FloatArray, unseen_kinds: tuple[tuple[int, ...], tuple[int, ...]]) -> FloatArray:
    """Return the counts (3, T) of all, visible and unshown events from counts per kind."""
    visible, unshown = unseen_kinds
    return np.stack([counts.sum(axis=0), counts[list(visible)].sum(axis=0), counts[list(unshown)].sum(axis=0)])
