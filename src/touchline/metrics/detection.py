"""Average precision of detections, COCO's way.

Every number equals that of ``pycocotools`` 2.0 with area "all", 101 recall points and no limit on detections a picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.columns import BoolArray, FloatArray, IntArray
from touchline.core.errors import UsageError
from touchline.core.tracks import BALL, DETECTION_LABELS, Detections
from touchline.metrics.box_overlap import overlapping_pairs

COCO_IOUS: tuple[float, ...] = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""0.5 to 0.95 in steps of 0.05, to the bit as ``pycocotools`` has them."""

PERSON = "person"
"""Goalkeepers, players and referees taken as one class."""

_RECALLS: FloatArray = np.linspace(0.0, 1.0, 101)
_TOP_IOU = 1 - 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class ClassPrecision:
    """How well one class was found.

    Attributes:
        label: the class.
        iou_thresholds: (T,), overlaps from which a detection fits.
        ap: float64 (T,), average precision at each; NaN where the truth holds none.
        recall: float64 (T,), share of the truth found by any detection; NaN likewise.
        truths, predicted: boxes on each side.
        best: (confidence, precision, recall, F1) of the best F1 at the lowest overlap; NaN confidence if F1 is 0.

    """

    label: str
    iou_thresholds: tuple[float, ...]
    ap: FloatArray
    recall: FloatArray
    truths: int
    predicted: int
    best: tuple[float, float, float, float]

    def at(self, iou: float) -> float:
        """Average precision at one overlap.

        Raises:
            ValueError: this overlap was not evaluated.

        """
        near = np.flatnonzero(np.isclose(self.iou_thresholds, iou, rtol=0, atol=1e-9))
        if not len(near):
            raise ValueError(f"iou={iou} was not evaluated; there are {self.iou_thresholds}")
        return float(self.ap[near[0]])

    @property
    def mean(self) -> float:
        """Average precision, averaged over the overlaps."""
        return float(self.ap.mean())


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """What an evaluation found.

    Attributes:
        classes: one entry a label.
        person: all classes but the ball as one.
        pictures: how many were evaluated.

    """

    classes: tuple[ClassPrecision, ...]
    person: ClassPrecision
    pictures: int

    def __getitem__(self, label: str) -> ClassPrecision:
        """Return the class of a label, ``"person"`` included."""
        found = {entry.label: entry for entry in (*self.classes, self.person)}
        if label not in found:
            raise KeyError(f"label {label!r} was not evaluated; there are {tuple(found)}")
        return found[label]

    def mean_at(self, iou: float) -> float:
        """Mean over the classes that the truth holds of the average precision at one overlap; NaN without any."""
        return _mean([entry.at(iou) for entry in self.classes if entry.truths])

    @property
    def mean(self) -> float:
        """Mean over the classes that the truth holds of the average precision over all overlaps; NaN without any."""
        return _mean([entry.mean for entry in self.classes if entry.truths])


def average_precision(
    truth: Sequence[Detections],
    predictions: Sequence[Detections],
    *,
    labels: Sequence[str] = DETECTION_LABELS,
    iou_thresholds: Sequence[float] = COCO_IOUS,
) -> DetectionReport:
    """Score detections against the truth of the same pictures.

    Args:
        truth: one entry a picture; confidences are not looked at.
        predictions: one entry a picture, in the same order.
        labels: name of each class index; boxes of a class beyond them are left out.
        iou_thresholds: overlaps, above 0 and up to 1, from which a detection fits.

    Raises:
        UsageError: an overlap out of range.
        ValueError: the sides differ in length.

    """
    if len(truth) != len(predictions):
        raise ValueError(f"truth has {len(truth)} pictures and predictions have {len(predictions)}; both need the same")
    overlaps = tuple(float(iou) for iou in iou_thresholds)
    if not overlaps or not all(0 < iou <= 1 for iou in overlaps):
        raise UsageError(f"iou_thresholds={overlaps} must be one or more numbers above 0 and up to 1")
    true, found = _flat(truth), _flat(predictions)
    people = [i for i, label in enumerate(labels) if label != DETECTION_LABELS[BALL]]
    return DetectionReport(
        classes=tuple(_of_class(label, [i], true, found, overlaps) for i, label in enumerate(labels)),
        person=_of_class(PERSON, people, true, found, overlaps),
        pictures=len(truth),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Flat:
    """The boxes of all pictures, one picture after the other, each by falling confidence.

    Attributes:
        picture: int64 (n,), which picture a box is in.
        pictures: how many there are.
        classes, confidence, boxes_xyxy: as in ``Detections``, the latter two float64.

    """

    picture: IntArray
    pictures: int
    classes: IntArray
    confidence: FloatArray
    boxes_xyxy: FloatArray

    def of(self, classes: Sequence[int]) -> _Flat:
        """Return the boxes of some classes."""
        kept = np.isin(self.classes, classes)
        values = self.classes[kept], self.confidence[kept], self.boxes_xyxy[kept]
        return _Flat(self.picture[kept], self.pictures, *values)

    @property
    def starts(self) -> IntArray:
        """int64 (pictures + 1,): where each picture's boxes start."""
        return np.searchsorted(self.picture, np.arange(self.pictures + 1))


def _flat(pictures: Sequence[Detections]) -> _Flat:
    """Return the boxes of all pictures together."""
    picture = np.repeat(np.arange(len(pictures)), [len(boxes) for boxes in pictures])
    if not len(picture):
        return _Flat(picture, len(pictures), picture, np.zeros(0), np.zeros((0, 4)))
    confidence = np.concatenate([boxes.confidence for boxes in pictures]).astype(np.float64)
    order = np.lexsort((-confidence, picture))
    boxes = np.concatenate([boxes.boxes_xyxy for boxes in pictures]).astype(np.float64)
    classes = np.concatenate([boxes.classes for boxes in pictures])
    return _Flat(picture, len(pictures), classes[order], confidence[order], boxes[order])


def _of_class(
    label: str, indices: Sequence[int], truth: _Flat, found: _Flat, overlaps: tuple[float, ...]
) -> ClassPrecision:
    """Return one class, or several taken as one."""
    truth, found = truth.of(indices), found.of(indices)
    hit = _hits(truth, found, overlaps)
    order = np.argsort(-found.confidence, kind="stable")
    ap, recall, best = _curves(hit[:, order], found.confidence[order], len(truth.classes))
    return ClassPrecision(label, overlaps, ap, recall, len(truth.classes), len(found.classes), best)


def _hits(truth: _Flat, found: _Flat, overlaps: Sequence[float]) -> BoolArray:
    """Which detections find a true box, as a mask (T, n).

    A detection and a true box that are near nothing else fit as their overlap says; pictures with others are worked
    through detection by detection.
    """
    limits = np.minimum(np.array(overlaps), _TOP_IOU)
    hit = np.zeros((len(limits), len(found.classes)), np.bool_)
    starts = found.starts, truth.starts
    pairs = overlapping_pairs(found.boxes_xyxy, starts[0], truth.boxes_xyxy, starts[1])
    near = pairs.iou >= limits.min()
    picture, row, column, iou = pairs.frame[near], pairs.row[near], pairs.column[near], pairs.iou[near]
    hit[:, row] = iou >= limits[:, None]
    rivals = (np.bincount(row)[row] > 1) | (np.bincount(column)[column] > 1)
    edges = np.searchsorted(picture, np.arange(truth.pictures + 1))
    for at in np.unique(picture[rivals]).tolist():
        part = slice(int(edges[at]), int(edges[at + 1]))
        dense = np.zeros([int(start[at + 1] - start[at]) for start in starts])
        dense[row[part] - starts[0][at], column[part] - starts[1][at]] = iou[part]
        hit[:, starts[0][at] : starts[0][at + 1]] = match_detections(dense, overlaps)
    return hit


def match_detections(iou: FloatArray, overlaps: Sequence[float]) -> BoolArray:
    """Which detections of one picture find a true box, each taking the free one it overlaps most.

    Args:
        iou: float64 (n, m), detections by falling confidence, true boxes.
        overlaps: (T,), from which a detection fits.

    Returns:
        bool (T, n).

    """
    limits = np.minimum(np.array(overlaps), _TOP_IOU)
    hit = np.zeros((len(limits), len(iou)), np.bool_)
    if not iou.size:
        return hit
    free = np.ones((len(limits), iou.shape[1]), np.bool_)
    last = iou.shape[1] - 1
    for n in np.flatnonzero(iou.max(axis=1) >= limits.min()).tolist():
        usable = np.where(free & (iou[n] >= limits[:, None]), iou[n], -1.0)
        best = last - usable[:, ::-1].argmax(axis=1)
        rows = np.flatnonzero(usable[np.arange(len(limits)), best] >= 0)
        hit[rows, n] = True
        free[rows, best[rows]] = False
    return hit


def _curves(
    hit: BoolArray, score: FloatArray, truths: int
) -> tuple[FloatArray, FloatArray, tuple[float, float, float, float]]:
    """Average precision (T,), recall (T,) and best F1 of detections (T, n) sorted by falling confidence."""
    if not truths:
        nothing = np.full(len(hit), math.nan)
        return nothing, nothing, (math.nan, 0.0, 0.0, 0.0)
    if not len(score):
        nothing = np.zeros(len(hit))
        return nothing, nothing, (math.nan, 0.0, 0.0, 0.0)
    true_positives = hit.cumsum(axis=1).astype(np.float64)
    recall = true_positives / truths
    precision = true_positives / (np.arange(1, len(score) + 1) + np.spacing(1))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    ap = np.array([_at_recalls(r, p).mean() for r, p in zip(recall, envelope, strict=True)])
    return ap, recall[:, -1], _best_f1(precision[0], recall[0], score)


def _at_recalls(recall: FloatArray, envelope: FloatArray) -> FloatArray:
    """float64 (101,): the envelope at COCO's recall points, 0 beyond the last recall."""
    place: IntArray = np.searchsorted(recall, _RECALLS, side="left")
    return np.where(place < len(recall), envelope[np.minimum(place, len(recall) - 1)], 0.0)


def _best_f1(precision: FloatArray, recall: FloatArray, score: FloatArray) -> tuple[float, float, float, float]:
    """Confidence, precision, recall and F1 where F1 is highest; only between different confidences can one cut."""
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    f1 = 2 * precision[ends] * recall[ends] / np.maximum(precision[ends] + recall[ends], np.spacing(1))
    top = int(f1.argmax())
    at = ends[top]
    confidence = float(score[at]) if f1[top] > 0 else math.nan
    return confidence, float(precision[at]), float(recall[at]), float(f1[top])


def _mean(values: list[float]) -> float:
    """Return the mean, NaN of nothing."""
    return float(np.mean(values)) if values else math.nan
