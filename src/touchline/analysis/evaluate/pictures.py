"""Evaluation of detections with COCO's average precision, from files or detections."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.evaluate.wording import no_nan, unpaired
from touchline.core.errors import InputError, UsageError
from touchline.core.tracks import DETECTION_LABELS, Detections
from touchline.core.wording import counted
from touchline.formats.boxes.coco import read_coco_results, read_coco_truth
from touchline.formats.boxes.paired_files import pair_files, plain_name
from touchline.formats.boxes.yolo import read_yolo
from touchline.metrics.detection import ClassPrecision, DetectionReport, average_precision
from touchline.metrics.protocol import ScoringProtocol

Pictures = str | Path | Sequence[Detections]
"""A folder of YOLO files or a COCO file; or detections, one entry per image."""

_COCO_MOST = 100

COCO_BOXES = ScoringProtocol("COCO average precision, area all", "pycocotools 2.0.11", verified=True)


@dataclass(frozen=True, slots=True)
class DetectionEvaluation:
    """The result of an evaluation of detections.

    Attributes:
        report: all values, by class, and for people of any role.
        missing: images without predictions; their boxes count as missed.
        warnings: remarks for the user on the files.

    """

    report: DetectionReport
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    protocol: ScoringProtocol = COCO_BOXES

    def record(self) -> dict[str, Any]:
        """Return the means over the classes, each class, and people; None for an undefined number."""
        return {
            "mAP50": no_nan(self.report.mean_at(0.5)),
            "mAP50-95": no_nan(self.report.mean),
            "classes": {entry.label: _entry(entry) for entry in self.report.classes},
            "person": _entry(self.report.person),
            "protocol": self.protocol.record(),
            "pictures": self.report.pictures,
            "warnings": list(self.warnings),
        }


def detection(
    truth: Pictures,
    predictions: Pictures,
    *,
    labels: Sequence[str] = DETECTION_LABELS,
    max_detections: int | None = None,
) -> DetectionEvaluation:
    """Score boxes with COCO's average precision.

    YOLO files are paired by name, images of a COCO file by id, detections by their order. Crowds of a COCO file count
    as in pycocotools: a detection that matches no box and lies in one counts neither way.

    Args:
        truth: true boxes.
        predictions: predicted boxes with confidences.
        labels: class names in the order of their indices; COCO categories are matched by name.
        max_detections: most confident detections of an image and class that count, pycocotools' default being 100;
            None for all.

    Raises:
        ValueError: truth and predictions have different numbers of images, or only one of them is a file.
        UsageError: one file is COCO and the other is not, or ``max_detections`` is below 1.
        InputError: a file cannot be read, or the truth has no boxes.

    """
    pictures = _read(truth, predictions, tuple(labels))
    if not any(map(len, pictures.truth)):
        name = truth if isinstance(truth, str | Path) else "truth"
        raise InputError(f"{name}: its files hold no box to score; check that this is the truth")
    report = average_precision(
        pictures.truth, pictures.found, labels=labels, crowds=pictures.crowds, max_detections=max_detections
    )
    many = _many(pictures.found) if max_detections is None else ()
    warnings = (*pictures.warnings, *_warnings(pictures.found), *many)
    return DetectionEvaluation(report, pictures.missing, warnings, detection_protocol(max_detections))


def detection_protocol(max_detections: int | None) -> ScoringProtocol:
    """Return the protocol of scores that count this many detections of an image and class."""
    if max_detections == _COCO_MOST:
        return COCO_BOXES
    count = "all" if max_detections is None else str(max_detections)
    return COCO_BOXES.but(f"{count} detections of an image and class count, not {_COCO_MOST}")


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Truth and predictions of the same images, with remarks for the user on their files."""

    truth: Sequence[Detections]
    found: Sequence[Detections]
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    crowds: Sequence[Detections] = ()


def _read(truth: Pictures, predictions: Pictures, labels: tuple[str, ...]) -> _Pictures:
    if not isinstance(truth, str | Path) and not isinstance(predictions, str | Path):
        return _Pictures(truth, predictions)
    if not isinstance(truth, str | Path) or not isinstance(predictions, str | Path):
        raise ValueError("truth and predictions must both be files or both be detections")
    true_path, found_path = Path(truth), Path(predictions)
    of_coco = [path.suffix.lower() == ".json" for path in (true_path, found_path)]
    if any(of_coco) and not all(of_coco):
        raise UsageError(
            f"{truth} and {predictions}: one is a .json file and the other is not; give two folders or two .json files"
        )
    return (_coco if all(of_coco) else _yolo)(true_path, found_path, labels)


def _yolo(truth: Path, predictions: Path, labels: tuple[str, ...]) -> _Pictures:
    """Read the boxes of YOLO files, as fractions of the image: the IoU is the same as in pixels."""

    def read(path: Path) -> Detections:
        return read_yolo(path, width=1, height=1, class_count=len(labels))

    for path in (truth, predictions):
        if zipfile.is_zipfile(path):
            raise InputError(f"{path}: is a zip; unpack it, and give the folder of its YOLO files")
    files = pair_files(truth, predictions, name_of=plain_name)
    warnings = unpaired("picture", missing=files.missing, unused=[str(path) for path in files.unused])
    return _Pictures(
        [read(pair.truth.path) for pair in files.pairs],
        [read(pair.found.path) if pair.found else Detections.none() for pair in files.pairs],
        tuple(warnings),
        files.missing,
    )


def _coco(truth: Path, predictions: Path, labels: tuple[str, ...]) -> _Pictures:
    """Read the boxes of COCO files."""
    true = read_coco_truth(truth, labels=labels)
    found = read_coco_results(predictions, true)
    left_out = counted(true.left_out, "category", "categories")
    crowds = sum(map(len, true.crowds.values()))
    warnings = [
        *([f"{left_out} of the truth not among the labels, left out"] if true.left_out else ()),
        *([f"{counted(crowds, 'crowd')} in the truth: detections in them count neither way"] if crowds else ()),
        *true.remarks,
    ]
    images = sorted(true.images)
    sides = ([side[i] for i in images] for side in (true.boxes, found, true.crowds))
    boxes, detections, regions = sides
    return _Pictures(boxes, detections, tuple(warnings), crowds=regions)


def _many(found: Sequence[Detections]) -> tuple[str, ...]:
    """Return a remark on images with more detections of a class than pycocotools counts by default."""
    count = sum(len(one) > _COCO_MOST and int(np.bincount(one.classes).max()) > _COCO_MOST for one in found)
    if not count:
        return ()
    return (
        f"{counted(count, 'image')} with more than {_COCO_MOST} detections of a class, all scored; pycocotools counts "
        f"{_COCO_MOST} by default: --max-detections {_COCO_MOST} does so too",
    )


def _warnings(found: Sequence[Detections]) -> list[str]:
    """Return remarks on irregular predictions."""
    if not any(map(len, found)):
        return ["the predictions hold no box; every true box counts as missed"]
    if all(bool((picture.confidence == 1).all()) for picture in found):
        return ["no prediction has a confidence (6th column), so their order is arbitrary"]
    return []


def _entry(entry: ClassPrecision) -> dict[str, Any]:
    """Return the plain values of one class."""
    confidence, precision, recall, f1 = entry.best
    values = {
        "AP50": entry.at(0.5),
        "AP75": entry.at(0.75),
        "AP50-95": entry.mean,
        "recall50": float(entry.recall[0]),
        "true": entry.truths,
        "predicted": entry.predicted,
        "best_f1": {"confidence": confidence, "precision": precision, "recall": recall, "f1": f1},
    }
    return {key: no_nan(value) for key, value in values.items()}
