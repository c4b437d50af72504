"""``touchline evaluate detection``: average precision of boxes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded
from touchline.cli.evaluate_common import no_nan, percent, some_names
from touchline.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError

if TYPE_CHECKING:
    from touchline.formats.paired_files import FilePairs
    from touchline.metrics.detection import ClassPrecision, DetectionReport
    from touchline.tracks import Detections

DEFAULT_LABELS = "ball,goalkeeper,player,referee"


def detection(
    truth: Annotated[Path, typer.Option("--truth", help="Folder of YOLO files, or one file.")],
    predictions: Annotated[Path, typer.Option("--predictions", help="The same, with confidence as 6th column.")],
    labels: Annotated[str, typer.Option("--labels", help="The classes in order of their numbers.")] = DEFAULT_LABELS,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """COCO's average precision of boxes, equal to pycocotools': by class, and of people whatever their role.

    Files are paired by name. Each has a line "class x y width height [confidence]" a box, in shares of the picture.
    """
    output = Output(json=json)

    def run() -> int:
        return _detection(truth, predictions, labels=labels, output=output)

    run_guarded(run, debug=debug, json=json)


def _detection(truth: Path, predictions: Path, *, labels: str, output: Output) -> int:
    """Evaluate and report; the exit code."""
    from touchline.formats.paired_files import pair_files, plain_name
    from touchline.metrics.detection import average_precision
    from touchline.tracks import Detections

    classes = choose_labels(labels)
    pairs = pair_files(truth, predictions, name_of=plain_name)
    true = [_read(pair.truth, classes) for pair in pairs.pairs]
    found = [_read(pair.found, classes) if pair.found else Detections.none() for pair in pairs.pairs]
    if not any(map(len, true)):
        raise InputError(f"{truth}: its {len(true)} files hold no box to score; is this the truth?")
    warnings = _warnings(pairs, found)
    report = average_precision(true, found, labels=classes)
    for warning in warnings:
        output.note(f"touchline: warning: {warning}")
    output.record(_record(report, warnings=warnings))
    if not output.json:
        output.say(_table(report))
    return EXIT_DEGRADED if pairs.missing else EXIT_OK


def choose_labels(text: str) -> tuple[str, ...]:
    """The classes in order of their numbers.

    Raises:
        UsageError: an empty or a doubled name.

    """
    labels = tuple(part.strip() for part in text.split(","))
    if not all(labels) or len(set(labels)) != len(labels):
        raise UsageError(f"--labels {text!r} must name each class once, as {DEFAULT_LABELS}")
    return labels


def _read(path: Path, labels: tuple[str, ...]) -> Detections:
    """The boxes of a picture as shares of it: overlap is the same in pixels."""
    from touchline.formats.yolo import read_yolo

    return read_yolo(path, width=1, height=1, class_count=len(labels))


def _warnings(pairs: FilePairs, found: list[Detections]) -> list[str]:
    """What a user should know about the files."""
    warnings = []
    if pairs.missing:
        names = some_names(pairs.missing)
        warnings.append(f"{len(pairs.missing)} pictures have no predictions and count as missed: {names}")
    if pairs.unused:
        names = some_names([str(path) for path in pairs.unused])
        warnings.append(f"{len(pairs.unused)} prediction files fit no picture and were left out: {names}")
    boxes = sum(map(len, found))
    if not boxes:
        warnings.append("the predictions hold no box; every true box counts as missed")
    elif all(bool((picture.confidence == 1).all()) for picture in found):
        warnings.append("no prediction has a confidence (6th column), so their order means nothing")
    return warnings


def _record(report: DetectionReport, *, warnings: list[str]) -> dict[str, Any]:
    """Means over the classes, each class, and people."""
    return {
        "mAP50": no_nan(report.mean_at(0.5)),
        "mAP50-95": no_nan(report.mean),
        "classes": {entry.label: _entry(entry) for entry in report.classes},
        "person": _entry(report.person),
        "pictures": report.pictures,
        "warnings": warnings,
    }


def _entry(entry: ClassPrecision) -> dict[str, Any]:
    """One class."""
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


def _table(report: DetectionReport) -> str:
    """The report as lines of text."""
    width = max(len("person"), *(len(entry.label) for entry in report.classes))
    head = (
        f"{'class':<{width}}  {'true':>6} {'pred.':>7}  {'AP50':>6} {'AP75':>6} {'AP50-95':>7}   best F1 (conf, P, R)"
    )
    lines = [f"average precision, {report.pictures} pictures", "", head, "-" * len(head)]
    lines += [_line(entry, width) for entry in report.classes]
    truths, predicted = (sum(getattr(e, name) for e in report.classes) for name in ("truths", "predicted"))
    means = f"{percent(report.mean_at(0.5)):>6} {percent(report.mean_at(0.75)):>6} {percent(report.mean):>7}"
    lines += ["-" * len(head), f"{'mean':<{width}}  {truths:>6} {predicted:>7}  {means}", _line(report.person, width)]
    return "\n".join(lines)


def _line(entry: ClassPrecision, width: int) -> str:
    """One class as a line."""
    confidence, precision, recall, f1 = entry.best
    ap = f"{percent(entry.at(0.5)):>6} {percent(entry.at(0.75)):>6} {percent(entry.mean):>7}"
    best = f"{100 * f1:.1f} ({confidence:.2f}, {100 * precision:.0f}, {100 * recall:.0f})" if f1 else "-"
    return f"{entry.label:<{width}}  {entry.truths:>6} {entry.predicted:>7}  {ap}   {best}"
