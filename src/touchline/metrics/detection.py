"""Average precision of detections as COCO defines it.

Every value equals that of ``pycocotools`` 2.0 with area "all" and 101 recall points; without a limit on detections per
image, unless one is given. Detections inside a crowd count neither way.
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
"""IoU thresholds 0.5 to 0.95 in steps of 0.05, bit for bit as in ``pycocotools``."""

PERSON = "person"
"""Goalkeepers, players and referees as one class."""

_RECALLS: FloatArray = np.linspace(0.0, 1.0, 101)
_TOP_IOU = 1 - 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class ClassPrecision:
    """The average precision of one class.

    Attributes:
        label: the class.
        iou_thresholds: (T,), IoU at which a detection matches.
        ap: float64 (T,), average precision at each threshold; NaN if the truth has no box of the class.
        recall: float64 (T,), share of the true boxes matched by any detection; NaN like ``ap``.
        truths, predicted: number of boxes on each side.
        best: (confidence, precision, recall, F1) at the best F1 at the lowest threshold; NaN confidence if F1 is 0.

    """

    label: str
    iou_thresholds: tuple[float, ...]
    ap: FloatArray
    recall: FloatArray
    truths: int
    predicted: int
    best: tuple[float, float, float, float]

    def at(self, iou: float) -> float:
        """Return the average precision at one IoU threshold.

        Raises:
            ValueError: this threshold was not evaluated.

        """
        near = np.flatnonzero(np.isclose(self.iou_thresholds, iou, rtol=0, atol=1e-9))
        if not len(near):
            raise ValueError(f"iou={iou} was not evaluated; choose from {self.iou_thresholds}")
        return float(self.ap[near[0]])

    @property
    def mean(self) -> float:
        """Average precision averaged over the IoU thresholds."""
        return float(self.ap.mean())


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """The result of an evaluation of detections.

    Attributes:
        classes: one entry per label.
        person: all classes except the ball, as one.
        pictures: number of images evaluated.

    """

    classes: tuple[ClassPrecision, ...]
    person: ClassPrecision
    pictures: int

    def __getitem__(self, label: str) -> ClassPrecision:
        """Return the result of a label, including ``"person"``."""
        found = {entry.label: entry for entry in (*self.classes, self.person)}
        if label not in found:
            raise KeyError(f"label {label!r} was not evaluated; choose from {tuple(found)}")
        return found[label]

    def mean_at(self, iou: float) -> float:
        """Return the mean average precision at one IoU over the classes in the truth; NaN without any."""
        return _mean([entry.at(iou) for entry in self.classes if entry.truths])

    @property
    def mean(self) -> float:
        """Mean average precision over all IoU thresholds and the classes in the truth; NaN without any."""
        return _mean([entry.mean for entry in self.classes if entry.truths])


def average_precision(
    truth: Sequence[Detections],
    predictions: Sequence[Detections],
    *,
    labels: Sequence[str] = DETECTION_LABELS,
    iou_thresholds: Sequence[float] = COCO_IOUS,
    crowds: Sequence[Detections] = (),
    max_detections: int | None = None,
) -> DetectionReport:
    """Score detections against the truth of the same images.

    Args:
        truth: one entry per image; confidences are ignored.
        predictions: one entry per image, in the same order.
        labels: name of each class index; boxes of classes beyond them are ignored.
        iou_thresholds: IoU at which a detection matches, above 0 and up to 1.
        crowds: regions of the same images, or empty: a detection that matches no box counts neither way if at least
            that share of it lies in a region of its class.
        max_detections: number of detections of an image and class that count, the most confident ones; None for all.

    Raises:
        UsageError: a threshold or the number of detections is out of range.
        ValueError: the numbers of images differ.

    """
    crowds = crowds or [Detections.none()] * len(truth)
    if len(crowds) != len(truth):
        raise ValueError(f"truth has {len(truth)} pictures and crowds have {len(crowds)}; they must be equal")
    if max_detections is not None and max_detections < 1:
        raise UsageError(f"max_detections={max_detections} must be 1 or more")
    if len(truth) != len(predictions):
        raise ValueError(f"truth has {len(truth)} pictures and predictions have {len(predictions)}; they must be equal")
    overlaps = tuple(float(iou) for iou in iou_thresholds)
    if not overlaps or not all(0 < iou <= 1 for iou in overlaps):
        raise UsageError(f"iou_thresholds={overlaps} must be one or more numbers above 0 and up to 1")
    true, found, regions = _flat(truth), _flat(predictions), _flat(crowds)
    people = [i for i, label in enumerate(labels) if label != DETECTION_LABELS[BALL]]
    return DetectionReport(
        classes=tuple(
            _of_class(label, true.of([i]), found.of([i]).most(max_detections), regions.of([i]), overlaps)
            for i, label in enumerate(labels)
        ),
        person=_of_class(PERSON, true.of(people), found.of(people).most(max_detections), regions.of(people), overlaps),
        pictures=len(truth),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Flat:
    """The boxes of all images, concatenated, each image by decreasing confidence.

    Attributes:
        picture: int64 (n,), image index of each box.
        pictures: number of images.
        classes, confidence, boxes_xyxy: as in ``Detections``, the latter two float64.

    """

    picture: IntArray
    pictures: int
    classes: IntArray
    confidence: FloatArray
    boxes_xyxy: FloatArray

    def of(self, classes: Sequence[int]) -> _Flat:
        """Return the boxes of the given classes."""
        kept = np.isin(self.classes, classes)
        values = self.classes[kept], self.confidence[kept], self.boxes_xyxy[kept]
        return _Flat(self.picture[kept], self.pictures, *values)

    def most(self, count: int | None) -> _Flat:
        """Return the first ``count`` boxes of each image; all for None."""
        if count is None:
            return self
        kept = np.arange(len(self.picture)) - self.starts[self.picture] < count
        values = self.classes[kept], self.confidence[kept], self.boxes_xyxy[kept]
        return _Flat(self.picture[kept], self.pictures, *values)

    @property
    def starts(self) -> IntArray:
        """Return int64 (pictures + 1,): where each image's boxes start."""
        return np.searchsorted(self.picture, np.arange(self.pictures + 1))


def _flat(pictures: Sequence[Detections]) -> _Flat:
    """Concatenate the boxes of all images."""
    picture = np.repeat(np.arange(len(pictures)), [len(boxes) for boxes in pictures])
    if not len(picture):
        return _Flat(picture, len(pictures), picture, np.zeros(0), np.zeros((0, 4)))
    confidence = np.concatenate([boxes.confidence for boxes in pictures]).astype(np.float64)
    order = np.lexsort((-confidence, picture))
    boxes = np.concatenate([boxes.boxes_xyxy for boxes in pictures]).astype(np.float64)
    classes = np.concatenate([boxes.classes for boxes in pictures])
    return _Flat(picture, len(pictures), classes[order], confidence[order], boxes[order])


def _of_class(label: str, truth: _Flat, found: _Flat, crowds: _Flat, overlaps: tuple[float, ...]) -> ClassPrecision:
    """Return the result of one class, or of several as one."""
    hit = _hits(truth, found, overlaps)
    wrong = ~hit & ~_in_crowds(crowds, found, overlaps)
    order = np.argsort(-found.confidence, kind="stable")
    ap, recall, best = _curves(hit[:, order], wrong[:, order], found.confidence[order], len(truth.classes))
    return ClassPrecision(label, overlaps, ap, recall, len(truth.classes), len(found.classes), best)


def _in_crowds(crowds: _Flat, found: _Flat, overlaps: Sequence[float]) -> BoolArray:
    """Return which detections lie in a crowd, by the share of their own area, as a mask (T, n)."""
    share = np.zeros(len(found.classes))
    starts = crowds.starts
    for at in np.unique(crowds.picture).tolist():
        here = np.flatnonzero(found.picture == at)
        regions = crowds.boxes_xyxy[starts[at] : starts[at + 1]]
        low = np.maximum(found.boxes_xyxy[here, None, :2], regions[None, :, :2])
        high = np.minimum(found.boxes_xyxy[here, None, 2:], regions[None, :, 2:])
        sides = np.maximum(high - low, 0)
        area = np.prod(found.boxes_xyxy[here, 2:] - found.boxes_xyxy[here, :2], axis=1)
        inside = np.asarray((sides[..., 0] * sides[..., 1]).max(axis=1, initial=0))
        share[here] = np.divide(inside, area, out=np.zeros(len(here)), where=area > 0)
    return share >= np.minimum(np.array(overlaps), _TOP_IOU)[:, None]


def _hits(truth: _Flat, found: _Flat, overlaps: Sequence[float]) -> BoolArray:
    """Return which detections match a true box, as a mask (T, n).

    A detection and a true box that overlap nothing else match by their IoU alone; images with other cases are processed
    detection by detection.
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
    """Return which detections of one image match a true box, each taking the free one it overlaps most.

    Args:
        iou: float64 (n, m), detections by decreasing confidence, true boxes.
        overlaps: (T,), IoU at which a detection matches.

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
    hit: BoolArray, wrong: BoolArray, score: FloatArray, truths: int
) -> tuple[FloatArray, FloatArray, tuple[float, float, float, float]]:
    """Return average precision (T,), recall (T,) and best F1 of detections (T, n) sorted by decreasing confidence."""
    if not truths:
        nothing = np.full(len(hit), math.nan)
        return nothing, nothing, (math.nan, 0.0, 0.0, 0.0)
    if not len(score):
        nothing = np.zeros(len(hit))
        return nothing, nothing, (math.nan, 0.0, 0.0, 0.0)
    true_positives = hit.cumsum(axis=1).astype(np.float64)
    recall = true_positives / truths
    precision = true_positives / (true_positives + wrong.cumsum(axis=1) + np.spacing(1))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    ap = np.array([_at_recalls(r, p).mean() for r, p in zip(recall, envelope, strict=True)])
    return ap, recall[:, -1], _best_f1(precision[0], recall[0], score)


def _at_recalls(recall: FloatArray, envelope: FloatArray) -> FloatArray:
    """Return the precision envelope at COCO's recall points, float64 (101,); 0 beyond the last recall."""
    place: IntArray = np.searchsorted(recall, _RECALLS, side="left")
    return np.where(place < len(recall), envelope[np.minimum(place, len(recall) - 1)], 0.0)


def _best_f1(precision: FloatArray, recall: FloatArray, score: FloatArray) -> tuple[float, float, float, float]:
    """Return confidence, precision, recall and F1 at the highest F1; thresholds lie between distinct confidences."""
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    f1 = 2 * precision[ends] * recall[ends] / np.maximum(precision[ends] + recall[ends], np.spacing(1))
    top = int(f1.argmax())
    at = ends[top]
    confidence = float(score[at]) if f1[top] > 0 else math.nan
    return confidence, float(precision[at]), float(recall[at]), float(f1[top])


def _mean(values: list[float]) -> float:
    """Return the mean, NaN for an empty list."""
    return float(np.mean(values)) if values else math.nan
