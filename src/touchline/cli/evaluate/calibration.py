"""``touchline evaluate calibration``: completeness and Jaccard index of cameras."""

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
    from touchline.analysis.evaluate import CalibrationEvaluation

DEFAULT_SIZE = "960x540"


def calibration(
    truth: Annotated[
        Path,
        typer.Option("--truth", metavar="PATH", help="Read the annotated lines, NAME.json each, from a folder or zip."),
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions", metavar="PATH", help="Read the cameras, camera_NAME.json each, from a folder or zip."
        ),
    ],
    size: Annotated[
        str,
        typer.Option("--size", metavar="WIDTHxHEIGHT", help="Measure in a picture of this size, the cameras' own."),
    ] = DEFAULT_SIZE,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score cameras with SoccerNet's completeness and JaC.

    JaC@5, 10 and 20 is the share of pitch lines whose annotated points all lie within so many pixels of their
    projection, averaged over pictures with a camera. The numbers equal those of SoccerNet's calibration challenge.

    Examples:
      touchline evaluate calibration --truth calibration-2023/test --predictions cameras/

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.analysis import evaluate

        result = evaluate.calibration(truth, predictions, size=read_size(size))
        report(result, output, table=lambda: _table(result))
        return EXIT_DEGRADED if result.missing else EXIT_OK

    run_guarded(run, debug=debug, json=json)


def read_size(text: str) -> tuple[int, int]:
    """``--size``: width and height.

    Raises:
        UsageError: not of the form WIDTHxHEIGHT.

    """
    width, _, height = text.partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise UsageError(f"--size {text!r} is not of the form WIDTHxHEIGHT, such as {DEFAULT_SIZE}")
    return int(width), int(height)


def _table(result: CalibrationEvaluation) -> list[str]:
    """The result as lines of text."""
    from touchline.analysis.evaluate.cameras import median_error_px

    total = result.report
    head = f"{'threshold':>9}  {'JaC':>6} {'precision':>9} {'recall':>6}"
    rows = [
        f"{entry.threshold_px:>6g} px  {percent(entry.jaccard):>6} {percent(entry.precision):>9} "
        f"{percent(entry.recall):>6}"
        for entry in total.thresholds
    ]
    width = max((len(name) for name in total.thresholds[0].points), default=4)
    lines = [
        f"{name:<{width}}  " + " ".join(f"{percent(entry.points[name].jaccard):>6}" for entry in total.thresholds)
        for name in sorted(total.thresholds[0].points)
    ]
    return [
        f"camera calibration, {counted(total.pictures, 'picture')}, {total.cameras} with a camera",
        f"completeness {percent(total.completeness)}, final score {percent(total.final)}, "
        f"median error {median_error_px(total):.2f} px",
        "",
        head,
        "-" * len(head),
        *rows,
        "",
        f"{'JaC of points':<{width}}  " + " ".join(f"{entry.threshold_px:>3g} px" for entry in total.thresholds),
        *lines,
    ]
