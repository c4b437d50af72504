"""Boxes in pictures against their truth: COCO's average precision, from files or from detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError, UsageError
from touchline.core.tracks import DETECTION_LABELS, Detections
from touchline.formats.boxes.coco import read_coco_results, read_coco_truth
from touchline.formats.boxes.paired_files import pair_files, plain_name
from touchline.formats.boxes.yolo import read_yolo
from touchline.metrics.detection import ClassPrecision, DetectionReport, average_precision
from touchline.metrics.evaluate.wording import no_nan, unpaired

Pictures = str | Path | Sequence[Detections]
"""A folder of YOLO files or a COCO file; or detections, one entry a picture."""


@dataclass(frozen=True, slots=True)
class DetectionEvaluation:
    """How well boxes were found.

    Attributes:
        report: every number, by class, and of people whatever their role.
        missing: pictures without predictions; they count as missed.
        warnings: what a user should know of the files.

    """

    report: DetectionReport
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Means over the classes, each class, and people; None where a number is not defined."""
        return {
            "mAP50": no_nan(self.report.mean_at(0.5)),
            "mAP50-95": no_nan(self.report.mean),
            "classes": {entry.label: _entry(entry) for entry in self.report.classes},
            "person": _entry(self.report.person),
            "pictures": self.report.pictures,
            "warnings": list(self.warnings),
        }


def detection(
    truth: Pictures, predictions: Pictures, *, labels: Sequence[str] = DETECTION_LABELS
) -> DetectionEvaluation:
    """Score boxes with COCO's average precision.

    YOLO files are paired by name, pictures of a COCO file by its ids, detections by their order.

    Args:
        truth: the true boxes.
        predictions: the boxes that were found, with confidences.
        labels: the classes in the order of their numbers; those of a COCO file are known by their names.

    Raises:
        ValueError: detections of another number of pictures than the truth has, or of one side only.
        UsageError: one file is of COCO and the other is not.
        InputError: files that cannot be read, or a truth without boxes.

    """
    pictures = _read(truth, predictions, tuple(labels))
    if not any(map(len, pictures.truth)):
        name = truth if isinstance(truth, str | Path) else "truth"
        raise InputError(f"{name}: its {len(pictures.truth)} pictures hold no box to score; is this the truth?")
    report = average_precision(pictures.truth, pictures.found, labels=labels)
    return DetectionEvaluation(report, pictures.missing, (*pictures.warnings, *_warnings(pictures.found)))


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Truth and predictions of the same pictures, and what a user should know of their files."""

    truth: Sequence[Detections]
    found: Sequence[Detections]
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def _read(truth: Pictures, predictions: Pictures, labels: tuple[str, ...]) -> _Pictures:
    if not isinstance(truth, str | Path) and not isinstance(predictions, str | Path):
        return _Pictures(truth, predictions)
    if not isinstance(truth, str | Path) or not isinstance(predictions, str | Path):
        raise ValueError("truth and predictions must both be files or both be detections")
    true_path, found_path = Path(truth), Path(predictions)
    of_coco = [path.suffix.lower() == ".json" for path in (true_path, found_path)]
    if any(of_coco) and not all(of_coco):
        raise UsageError(
            f"{truth} and {predictions}: one is a .json file and the other is not; both must be of one kind"
        )
    return (_coco if all(of_coco) else _yolo)(true_path, found_path, labels)


def _yolo(truth: Path, predictions: Path, labels: tuple[str, ...]) -> _Pictures:
    """Return the boxes of YOLO files, as shares of the picture: overlap is the same in pixels."""

    def read(path: Path) -> Detections:
        return read_yolo(path, width=1, height=1, class_count=len(labels))

    files = pair_files(truth, predictions, name_of=plain_name)
    warnings = unpaired("picture", missing=files.missing, unused=[str(path) for path in files.unused])
    return _Pictures(
        [read(pair.truth) for pair in files.pairs],
        [read(pair.found) if pair.found else Detections.none() for pair in files.pairs],
        tuple(warnings),
        files.missing,
    )


def _coco(truth: Path, predictions: Path, labels: tuple[str, ...]) -> _Pictures:
    """Return the boxes of COCO files."""
    true = read_coco_truth(truth, labels=labels)
    found = read_coco_results(predictions, true)
    warnings = (f"{true.left_out} categories of the truth are no label and were left out",) if true.left_out else ()
    return _Pictures([true.boxes[i] for i in true.images], [found[i] for i in true.images], warnings)


def _warnings(found: Sequence[Detections]) -> list[str]:
    """What is odd about the predictions."""
    if not any(map(len, found)):
        return ["the predictions hold no box; every true box counts as missed"]
    if all(bool((picture.confidence == 1).all()) for picture in found):
        return ["no prediction has a confidence (6th column), so their order means nothing"]
    return []


def _entry(entry: ClassPrecision) -> dict[str, Any]:
    """Return one class."""
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
