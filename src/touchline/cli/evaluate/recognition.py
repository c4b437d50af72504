"""``touchline evaluate recognition``: accuracy of the labels of clips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import percent, report
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.evaluate import RecognitionEvaluation
    from touchline.analysis.evaluate.clips import ClipError
    from touchline.render.contact_sheet import SheetRow

_WORST = 20


def recognition(
    truth: Annotated[
        Path,
        typer.Option(
            "--truth",
            metavar="PATH",
            help="Read the true labels from a CSV of path (or id) and label, or class folders.",
        ),
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions", metavar="FILE", help="Read the predictions from a CSV of touchline recognize --out."
        ),
    ],
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", metavar="FILE", help="Draw the confusion matrix into this PNG.", show_default="not drawn"
        ),
    ] = None,
    mistakes: Annotated[
        Path | None,
        typer.Option(
            "--mistakes",
            metavar="FILE",
            help="Draw the clips of the most confident mistakes, with both labels, into this PNG.",
            show_default="not drawn",
        ),
    ] = None,
    worst: Annotated[
        int, typer.Option("--worst", metavar="N", help="List and draw this many of the most confident mistakes.", min=0)
    ] = _WORST,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score the labels of clips.

    Prints accuracy with a bootstrap interval, F1 by class and on average, balanced accuracy and calibration. Clips
    are paired by id or path. If the truth has a column "group" (match, person), the bootstrap draws whole groups.

    Examples:
      touchline evaluate recognition --truth labels.csv --predictions predictions.csv

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        return _recognition(truth, predictions, picture=picture, mistakes=mistakes, worst=worst, output=output)

    run_guarded(run, debug=debug, json=json)


def _recognition(
    truth: Path, predictions: Path, *, picture: Path | None, mistakes: Path | None, worst: int, output: Output
) -> int:
    """Evaluate and report; the exit code."""
    from touchline.analysis import evaluate

    result = evaluate.recognition(truth, predictions, worst=worst)
    if picture is not None:
        from touchline.render.confusion_picture import draw_confusion

        draw_confusion(picture, result.report.confusion, labels=list(result.labels))
    if mistakes is not None:
        _draw_mistakes(mistakes, result, output=output)
    report(result, output, table=lambda: _table(result))
    return EXIT_DEGRADED if result.warnings else EXIT_OK


def _draw_mistakes(path: Path, result: RecognitionEvaluation, *, output: Output) -> None:
    """Draw the mistakes whose clips can be read; those left out are named."""
    from touchline.render.contact_sheet import write_contact_sheet

    rows = [row for row in (_drawn(error, output=output) for error in result.worst_errors) if row is not None]
    if rows:
        write_contact_sheet(path, rows)
    else:
        output.note(f"touchline: {path}: not written, as there is no mistake to draw")


def _drawn(error: ClipError, *, output: Output) -> SheetRow | None:
    """The frames of a mistake, with its true and its predicted label; None, and a note, without readable frames."""
    from touchline.media.clip_reader import read_frames
    from touchline.render.contact_sheet import SheetRow

    if error.path is None:
        output.note(f"touchline: {error.id}: not drawn, as the truth names no file of it")
        return None
    try:
        frames = read_frames(error.path).rgb
    except InputError as problem:
        output.note(f"touchline: {error.id}: not drawn: {problem}")
        return None
    sure = "" if error.confidence is None else f" ({error.confidence:.2f})"
    return SheetRow(f"{error.id}: {error.label}, predicted as {error.predicted}{sure}", frames)


def _table(result: RecognitionEvaluation) -> list[str]:
    """The result as lines of text."""
    scores, honest = result.report, result.calibration
    width = max(len("class"), *(len(name) for name in result.labels))
    lines = [counted(result.clips, "clip"), f"{'class':{width}}  precision  recall      F1  clips"]
    for name, entry in zip(result.labels, scores.classes, strict=True):
        numbers = f"{percent(entry.precision):>9}  {percent(entry.recall):>6}  {percent(entry.f1):>6}"
        lines.append(f"{name:{width}}  {numbers}  {entry.support:5d}")
    low, high = percent(result.interval.low), percent(result.interval.high)
    lines += [
        "",
        f"accuracy           {percent(scores.accuracy)}  [95 %: {low} to {high}]",
        f"macro F1           {percent(scores.macro_f1)}",
        f"balanced accuracy  {percent(scores.balanced_accuracy)}",
    ]
    if honest is not None:
        lines.append(f"calibration error  {percent(honest.expected_error)}   log loss {honest.log_loss:.4f}")
    if result.worst_errors:
        lines += ["", "most confident mistakes:"]
        lines += [
            f"  {error.id}: {error.label} predicted as {error.predicted}"
            + ("" if error.confidence is None else f" ({error.confidence:.2f})")
            for error in result.worst_errors
        ]
    return lines
