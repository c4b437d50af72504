"""``touchline evaluate detection``: average precision of boxes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import percent, report
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.metrics.detection import ClassPrecision, DetectionReport

DEFAULT_LABELS = "ball,goalkeeper,player,referee"


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
    max_detections: Annotated[
        int | None,
        typer.Option(
            "--max-detections",
            metavar="N",
            help="Count this many detections of an image and class, as pycocotools does with 100.",
            min=1,
            show_default="all",
        ),
    ] = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score boxes with COCO's average precision.

    The numbers equal those of pycocotools, by class and for people of any role. YOLO files are paired by name and
    have one line per box, "class x y width height [confidence]", in shares of the image. The classes of COCO files
    are matched by name; crowds count as in pycocotools.

    Examples:
      touchline evaluate detection --truth labels/ --predictions found/

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _detection(truth, predictions, labels=labels, max_detections=max_detections, output=output)

    run_guarded(run, debug=debug, json=json)


def _detection(truth: Path, predictions: Path, *, labels: str, max_detections: int | None, output: Output) -> int:
    """Evaluate and report; the exit code."""
    from touchline.analysis import evaluate

    result = evaluate.detection(truth, predictions, labels=choose_labels(labels), max_detections=max_detections)
    report(result, output, table=lambda: _table(result.report))
    return EXIT_DEGRADED if result.missing else EXIT_OK


def choose_labels(text: str) -> tuple[str, ...]:
    """The classes in order of their numbers.

    Raises:
        UsageError: an empty or a doubled name.

    """
    labels = tuple(part.strip() for part in text.split(","))
    if not all(labels) or len(set(labels)) != len(labels):
        raise UsageError(f"--labels {text!r} must name each class once, as {DEFAULT_LABELS}")
    return labels


def _table(scores: DetectionReport) -> list[str]:
    """The report as lines of text."""
    width = max(len("person"), *(len(entry.label) for entry in scores.classes))
    head = (
        f"{'class':<{width}}  {'true':>6} {'pred.':>7}  {'AP50':>6} {'AP75':>6} {'AP50-95':>7}   best F1 (conf, P, R)"
    )
    lines = [f"average precision, {counted(scores.pictures, 'image')}", head, "-" * len(head)]
    lines += [_line(entry, width) for entry in scores.classes]
    truths, predicted = (sum(getattr(e, name) for e in scores.classes) for name in ("truths", "predicted"))
    means = f"{percent(scores.mean_at(0.5)):>6} {percent(scores.mean_at(0.75)):>6} {percent(scores.mean):>7}"
    lines += ["-" * len(head), f"{'mean':<{width}}  {truths:>6} {predicted:>7}  {means}", _line(scores.person, width)]
    return lines


def _line(entry: ClassPrecision, width: int) -> str:
    """One class as a line."""
    confidence, precision, recall, f1 = entry.best
    ap = f"{percent(entry.at(0.5)):>6} {percent(entry.at(0.75)):>6} {percent(entry.mean):>7}"
    best = f"{100 * f1:.1f} ({confidence:.2f}, {100 * precision:.0f}, {100 * recall:.0f})" if f1 else "-"
    return f"{entry.label:<{width}}  {entry.truths:>6} {entry.predicted:>7}  {ap}   {best}"
