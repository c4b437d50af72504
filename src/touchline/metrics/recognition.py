"""Clip recognition metrics from a confusion matrix or probabilities, with bootstrap intervals.

Rows of a confusion matrix are the true classes, columns the predicted ones. Intervals draw groups of clips, because
clips of one match or person are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.metrics.bootstrap import Interval, mean_interval
from touchline.metrics.calibration import equal_widths

Ints = npt.NDArray[np.int64]

_TINY = 1e-12
ROUNDS = 2000
"""Number of bootstrap rounds."""


@dataclass(frozen=True, slots=True)
class ClassScores:
    """The scores of one class; precision, recall and F1 are NaN if it was never predicted or does not occur."""

    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True, slots=True, eq=False)
class RecognitionReport:
    """The scores computed from a confusion matrix.

    Attributes:
        confusion: int64 (classes, classes).
        accuracy: share of clips classified correctly; equals micro-averaged F1, precision and recall.
        macro_f1: mean F1 of the classes that occur in the truth; a class never predicted counts 0.
        balanced_accuracy: mean recall of those classes.
        classes: one entry per class.

    """

    confusion: Ints
    accuracy: float
    macro_f1: float
    balanced_accuracy: float
    classes: tuple[ClassScores, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The calibration of confidences.

    Attributes:
        expected_error: mean distance of confidence from accuracy over the bins, weighted by their clips (ECE).
        log_loss: mean negative log probability of the true class.
        brier: mean squared distance of probabilities from the truth, summed over classes.
        bin_confidence, bin_accuracy: float64 (bins,), NaN for empty bins.
        bin_count: int64 (bins,).

    """

    expected_error: float
    log_loss: float
    brier: float
    bin_confidence: Floats64
    bin_accuracy: Floats64
    bin_count: Ints


def confusion_matrix(truth: npt.ArrayLike, predicted: npt.ArrayLike, *, classes: int) -> Ints:
    """Return the confusion matrix int64 (classes, classes) of true and predicted class indices (n,).

    Raises:
        ValueError: the numbers of predictions and truths differ, or an index is not a class.

    """
    rows, columns = np.asarray(truth, np.int64), np.asarray(predicted, np.int64)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError(f"{columns.shape} predictions do not fit {rows.shape} truths")
    if len(rows) and (min(rows.min(), columns.min()) < 0 or max(rows.max(), columns.max()) >= classes):
        raise ValueError(f"class indices must be 0 to {classes - 1}")
    counts = np.bincount(rows * classes + columns, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def report(confusion: npt.ArrayLike) -> RecognitionReport:
    """Return all scores of a confusion matrix (classes, classes).

    Raises:
        ValueError: the matrix is not square, or empty.

    """
    matrix = np.asarray(confusion, np.int64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"confusion of shape {matrix.shape} must be square")
    if matrix.sum() == 0:
        raise ValueError("confusion holds no clips")
    right, support, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    recall = _share(right, support)
    precision = _share(right, predicted)
    f1 = _share(2 * right, support + predicted)
    there = support > 0
    return RecognitionReport(
        confusion=matrix,
        accuracy=float(right.sum() / matrix.sum()),
        macro_f1=float(f1[there].mean()),
        balanced_accuracy=float(recall[there].mean()),
        classes=tuple(
            ClassScores(float(p), float(r), float(f), int(n), int(m))
            for p, r, f, n, m in zip(precision, recall, f1, support, predicted, strict=True)
        ),
    )


def accuracy_at_prior(confusion: npt.ArrayLike, counts: npt.ArrayLike) -> float:
    """Return the accuracy for classes as frequent as ``counts``: the recalls weighted by them."""
    found, weights = report(confusion), np.asarray(counts, np.float64)
    recalls = np.array([entry.recall for entry in found.classes])
    return float(np.nansum(recalls * weights) / weights[np.isfinite(recalls)].sum())


def calibration(truth: npt.ArrayLike, probabilities: npt.ArrayLike, *, bins: int = 10) -> Calibration:
    """Return the calibration of probabilities (n, classes) against class indices (n,), in bins of equal width."""
    labels, p = np.asarray(truth, np.int64), np.asarray(probabilities, np.float64)
    if p.ndim != 2 or len(p) != len(labels) or not len(p):
        raise ValueError(f"probabilities of shape {p.shape} do not fit {len(labels)} truths")
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    found = equal_widths(sure, right, bins=bins)
    return Calibration(
        expected_error=found.error,
        log_loss=float(-np.log(np.maximum(p[np.arange(len(p)), labels], _TINY)).mean()),
        brier=float(((p - np.eye(p.shape[1])[labels]) ** 2).sum(axis=1).mean()),
        bin_confidence=found.said,
        bin_accuracy=found.happened,
        bin_count=found.count,
    )


def accuracy_interval(
    truth: npt.ArrayLike, predicted: npt.ArrayLike, *, groups: Sequence[object], rounds: int = ROUNDS, seed: int = 0
) -> Interval:
    """Return the accuracy with its bootstrap interval."""
    right = np.asarray(truth) == np.asarray(predicted)
    return mean_interval(right, groups=[str(group) for group in groups], rounds=rounds, seed=seed)


def difference_interval(
    truth: npt.ArrayLike,
    predicted: npt.ArrayLike,
    other: npt.ArrayLike,
    *,
    groups: Sequence[object],
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Interval:
    """Return the difference in accuracy of two sets of predictions of the same clips, drawn together."""
    labels = np.asarray(truth)
    gain = (np.asarray(predicted) == labels).astype(float) - (np.asarray(other) == labels)
    return mean_interval(gain, groups=[str(group) for group in groups], rounds=rounds, seed=seed)


def votes_of_pictures(right: Sequence[npt.ArrayLike]) -> tuple[int, int]:
    """Count correct clips by SoccerKDNet's rule: at least half of the frames are correct; (correct clips, clips).

    This is not a vote: the other frames need not agree. ``right`` holds for each clip which of its frames were
    classified correctly.
    """
    clips = [np.asarray(pictures, bool) for pictures in right]
    return sum(2 * int(pictures.sum()) >= len(pictures) for pictures in clips), len(clips)


def _share(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats64:
    """Divide element by element, NaN where the whole is 0."""
    a, b = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0)
