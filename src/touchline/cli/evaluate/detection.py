"""``touchline evaluate detection``: average precision of boxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import no_nan, percent, some_names
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.cli.wording import counted
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError, UsageError

if TYPE_CHECKING:
    from touchline.core.tracks import Detections
    from touchline.metrics.detection import ClassPrecision, DetectionReport

DEFAULT_LABELS = "ball,goalkeeper,player,referee"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Truth and predictions of the same images, and warnings about their files."""

    truth: list[Detections]
    found: list[Detections]
    warnings: list[str]
    missing: bool = False


def detection(
    truth: Annotated[
        Path,
        typer.Option("--truth", metavar="PATH", help="Read the true boxes from a folder of YOLO files or a COCO file."),
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions",
            metavar="PATH",
            help="Read the predicted boxes from YOLO files with confidences, or from a file of COCO results.",
        ),
    ],
    labels: Annotated[
        str, typer.Option("--labels", metavar="LABEL,LABEL", help="Name the classes, in the order of their numbers.")
    ] = DEFAULT_LABELS,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score boxes with COCO's average precision.

    The numbers equal those of pycocotools, by class and for people of any role. YOLO files are paired by name and
    have one line per box, "class x y width height [confidence]", in shares of the image. The classes of COCO files
    are matched by name.

    Examples:
      touchline evaluate detection --truth labels/ --predictions found/

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _detection(truth, predictions, labels=labels, output=output)

    run_guarded(run, debug=debug, json=json)


def _detection(truth: Path, predictions: Path, *, labels: str, output: Output) -> int:
    """Evaluate and report; the exit code."""
    from touchline.metrics.detection import average_precision

    classes = choose_labels(labels)
    json_files = [path.suffix.lower() == ".json" for path in (truth, predictions)]
    if any(json_files) and not all(json_files):
        raise UsageError(
            f"{truth} and {predictions}: one is a .json file and the other is not; give two folders or two .json files"
        )
    pictures = (_coco if all(json_files) else _yolo)(truth, predictions, classes)
    if not any(map(len, pictures.truth)):
        raise InputError(f"{truth}: its files hold no box to score; check that --truth is the right path")
    report = average_precision(pictures.truth, pictures.found, labels=classes)
    warnings = [*pictures.warnings, *_warnings(pictures.found)]
    for warning in warnings:
        output.note(f"touchline: warning: {warning}")
    output.record(_record(report, warnings=warnings))
    if not output.json:
        output.say(_table(report))
    return EXIT_DEGRADED if pictures.missing else EXIT_OK


def choose_labels(text: str) -> tuple[str, ...]:
    """The classes in order of their numbers.

    Raises:
        UsageError: an empty or a doubled name.

    """
    labels = tuple(part.strip() for part in text.split(","))
    if not all(labels) or len(set(labels)) != len(labels):
        raise UsageError(f"--labels {text!r} must name each class once, as {DEFAULT_LABELS}")
    return labels


def _yolo(truth: Path, predictions: Path, labels: tuple[str, ...]) -> Pictures:
    """The boxes of YOLO files, as shares of the picture: overlap is the same in pixels."""
    from touchline.core.tracks import Detections
    from touchline.formats.boxes.paired_files import pair_files, plain_name
    from touchline.formats.boxes.yolo import read_yolo

    def read(path: Path) -> Detections:
        return read_yolo(path, width=1, height=1, class_count=len(labels))

    files = pair_files(truth, predictions, name_of=plain_name)
    warnings = []
    if files.missing:
        names = some_names(files.missing)
        warnings.append(f"{counted(len(files.missing), 'image')} without predictions, counted as missed: {names}")
    if files.unused:
        names = some_names([str(path) for path in files.unused])
        warnings.append(f"{counted(len(files.unused), 'prediction file')} without an image, left out: {names}")
    return Pictures(
        [read(pair.truth) for pair in files.pairs],
        [read(pair.found) if pair.found else Detections.none() for pair in files.pairs],
        warnings,
        missing=bool(files.missing),
    )


def _coco(truth: Path, predictions: Path, labels: tuple[str, ...]) -> Pictures:
    """The boxes of COCO files."""
    from touchline.formats.boxes.coco import read_coco_results, read_coco_truth

    true = read_coco_truth(truth, labels=labels)
    found = read_coco_results(predictions, true)
    warnings = (
        [f"{counted(true.left_out, 'category', 'categories')} of the truth not among --labels, left out"]
        if true.left_out
        else []
    )
    return Pictures([true.boxes[i] for i in true.images], [found[i] for i in true.images], warnings)


def _warnings(found: list[Detections]) -> list[str]:
    """What is odd about the predictions."""
    if not any(map(len, found)):
        return ["the predictions hold no box; every true box counts as missed"]
    if all(bool((picture.confidence == 1).all()) for picture in found):
        return ["no prediction has a confidence (6th column), so the predictions cannot be ranked"]
    return []


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
    lines = [f"average precision, {counted(report.pictures, 'image')}", "", head, "-" * len(head)]
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
