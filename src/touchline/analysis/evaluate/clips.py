"""Evaluation of clip recognition: accuracy, F1, confusion and calibration, from files or values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.analysis.evaluate.wording import no_nan, some_names
from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError
from touchline.core.wording import counted
from touchline.formats.clips.folders import read_clip_folders
from touchline.formats.clips.predictions import ClipPredictions, read_clip_predictions
from touchline.formats.files.csv_rows import read_column
from touchline.metrics.bootstrap import Interval
from touchline.metrics.protocol import ScoringProtocol
from touchline.metrics.recognition import (
    Calibration,
    RecognitionReport,
    accuracy_interval,
    calibration,
    confusion_matrix,
    report,
)

WORST = 20

CLIP_LABELS = ScoringProtocol("accuracy, F1 and balanced accuracy of clips", "scikit-learn 1.9.1", verified=True)


@dataclass(frozen=True, slots=True)
class ClipError:
    """A misclassified clip.

    Attributes:
        id: of the clip.
        label, predicted: its true and its predicted class.
        confidence: of the predicted class; None if the predictions have no probabilities.
        path: the clip's file or folder; None if the truth names none that exists.

    """

    id: str
    label: str
    predicted: str
    confidence: float | None
    path: Path | None = None

    def record(self) -> dict[str, Any]:
        """Return the error as plain values, without its path."""
        return {"id": self.id, "label": self.label, "predicted": self.predicted, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class RecognitionEvaluation:
    """The result of an evaluation of clip recognition.

    Attributes:
        report: accuracy, F1 and the confusion matrix; its classes are in the order of ``labels``.
        labels: class names.
        interval: accuracy with its bootstrap interval.
        clips: number of clips scored.
        groups: number of groups (matches, people) they come from; intervals draw whole groups.
        calibration: calibration of the confidences; None unless every class has probabilities.
        worst_errors: errors made with the highest confidence.
        warnings: remarks for the user on the files.

    """

    report: RecognitionReport
    labels: tuple[str, ...]
    interval: Interval
    clips: int
    groups: int
    calibration: Calibration | None = None
    worst_errors: tuple[ClipError, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def protocol(self) -> ScoringProtocol:
        """The protocol that the numbers follow."""
        return CLIP_LABELS

    def record(self) -> dict[str, Any]:
        """Return all results as plain values; None for an undefined number."""
        values = {
            "protocol": self.protocol.record(),
            "clips": self.clips,
            "groups": self.groups,
            "accuracy": self.report.accuracy,
            "accuracy_interval": [self.interval.low, self.interval.high],
            "macro_f1": self.report.macro_f1,
            "balanced_accuracy": self.report.balanced_accuracy,
            "classes": {name: asdict(entry) for name, entry in zip(self.labels, self.report.classes, strict=True)},
            "confusion": {"labels": list(self.labels), "counts": self.report.confusion.tolist()},
            "calibration": None if self.calibration is None else _calibration(self.calibration),
            "worst_errors": [error.record() for error in self.worst_errors],
            "warnings": list(self.warnings),
        }
        return dict(no_nan(values))


def recognition(
    truth: str | Path | ClipSet, predictions: str | Path | ClipPredictions, *, worst: int = WORST
) -> RecognitionEvaluation:
    """Score predicted labels of clips; clips are paired by id, or by path.

    Args:
        truth: a CSV file with path (or id) and label, a class folder, or labelled clips. If it has groups (match,
            person), intervals draw whole groups.
        predictions: a CSV file of ``touchline recognize --out``, or its values.
        worst: number of most confident errors to list.

    Raises:
        InputError: a file cannot be read, or no clips match.

    """
    clips = truth if isinstance(truth, ClipSet) else _read_truth(Path(truth))
    found = predictions if isinstance(predictions, ClipPredictions) else read_clip_predictions(Path(predictions))
    rows, warnings = _pair(clips, found)
    items = [clips.items[i] for i, _ in rows]
    names = list(clips.labels) + sorted({found.labels[j] for _, j in rows} - set(clips.labels))
    true = np.array([names.index(item.label) for item in items])
    predicted = np.array([names.index(found.labels[j]) for _, j in rows])
    groups = [item.kept_together for item in items]
    return RecognitionEvaluation(
        report=report(confusion_matrix(true, predicted, classes=len(names))),
        labels=tuple(names),
        interval=accuracy_interval(true, predicted, groups=groups),
        clips=len(rows),
        groups=len(set(groups)),
        calibration=_honesty(true, found, rows, names=names),
        worst_errors=_worst_errors(rows, clips, found, count=worst),
        warnings=tuple(warnings),
    )


def _honesty(
    true: npt.NDArray[np.int64], found: ClipPredictions, rows: list[tuple[int, int]], *, names: list[str]
) -> Calibration | None:
    """Return the calibration if there are probabilities of every class."""
    if not found.classes or not set(names) <= set(found.classes):
        return None
    columns = [found.classes.index(name) for name in names]
    return calibration(true, found.values[[j for _, j in rows]][:, columns])


def _read_truth(path: Path) -> ClipSet:
    """Read the true labels of clips in class folders, or of a CSV file."""
    if path.is_dir():
        return read_clip_folders(path)
    table = read_clip_predictions(path)
    groups = read_column(path, "group")
    items = tuple(
        ClipItem(clip_id, label, path=_place_of(clip_id, beside=path), group=group or None)
        for clip_id, label, group in zip(table.ids, table.labels, groups, strict=True)
    )
    return ClipSet(items, tuple(sorted(set(table.labels))))


def _place_of(clip_id: str, *, beside: Path) -> Path | None:
    """Return the clip that an id names as a path, from here or from the folder of a file; None if there is none."""
    return next((place for place in (Path(clip_id), beside.parent / clip_id) if place.exists()), None)


def _pair(clips: ClipSet, found: ClipPredictions) -> tuple[list[tuple[int, int]], list[str]]:
    """Return the paired rows of truth and predictions, and warnings about unpaired ones.

    Raises:
        InputError: nothing matches.

    """
    where = {clip_id: j for j, clip_id in enumerate(found.ids)}
    by_place = {Path(clip_id).as_posix(): j for clip_id, j in where.items()}
    rows, missing, used = [], [], set()
    for i, item in enumerate(clips):
        keys = [item.id] + ([] if item.path is None else [str(item.path), item.path.as_posix()])
        j = next((where[k] for k in keys if k in where), None)
        if j is None and item.path is not None:
            ends = [n for place, n in by_place.items() if place.endswith(f"/{item.id}{item.path.suffix}")]
            j = ends[0] if len(ends) == 1 else None
        if j is None:
            missing.append(item.id)
        else:
            rows.append((i, j))
            used.add(j)
    if not rows:
        raise InputError(
            f"no clip of truth ({clips.items[0].id!r}, ...) is among the predictions ({found.ids[0]!r}, ...); "
            "check that both files name clips in the same way"
        )
    warnings = []
    if missing:
        warnings.append(
            f"{counted(len(missing), 'clip')} of the truth without a prediction, left out: {some_names(missing)}"
        )
    unused = [found.ids[j] for j in range(len(found.ids)) if j not in used]
    if unused:
        warnings.append(f"{counted(len(unused), 'prediction')} without a true label, left out: {some_names(unused)}")
    new = sorted({found.labels[j] for _, j in rows} - set(clips.labels))
    if new:
        warnings.append(f"the predictions have classes that the truth does not have: {some_names(new)}")
    return rows, warnings


def _worst_errors(
    rows: list[tuple[int, int]], clips: ClipSet, found: ClipPredictions, *, count: int
) -> tuple[ClipError, ...]:
    """Return the errors made with the highest confidence."""
    wrong = []
    for i, j in rows:
        item, label = clips.items[i], found.labels[j]
        if label != item.label:
            sure = round(float(found.values[j, found.classes.index(label)]), 6) if label in found.classes else None
            wrong.append(ClipError(item.id, item.label, label, sure, item.path))
    return tuple(sorted(wrong, key=lambda error: -(error.confidence or 0.0))[:count])


def _calibration(honest: Calibration) -> dict[str, Any]:
    bins = zip(honest.bin_confidence.tolist(), honest.bin_accuracy.tolist(), honest.bin_count.tolist(), strict=True)
    return {
        "expected_error": honest.expected_error,
        "log_loss": honest.log_loss,
        "brier": honest.brier,
        "bins": [{"confidence": c, "accuracy": a, "clips": n} for c, a, n in bins],
    }
