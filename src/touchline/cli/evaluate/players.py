"""``touchline evaluate players``: F1 of who did what when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import percent, report
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.evaluate import PlayersEvaluation


def players(
    truth: Annotated[
        Path,
        typer.Option("--truth", metavar="FILE", help="Read the true actions from a play-by-play file of FOOTPASS."),
    ],
    predictions: Annotated[
        Path, typer.Option("--predictions", metavar="FILE", help="Read the predicted actions from such a file.")
    ],
    tolerance: Annotated[
        int, typer.Option("--tolerance", metavar="FRAMES", help="Count an action as found within this time.", min=0)
    ] = 12,
    confidence: Annotated[
        float,
        typer.Option(
            "--confidence", metavar="NUMBER", help="Leave out predictions below this confidence.", min=0, max=1
        ),
    ] = 0.15,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score who did what when with macro-F1.

    Class, team and shirt number must be right, and the time within 12 frames, as in SoccerNet's player-centric ball
    action spotting of 2026 (FOOTPASS). Halves are paired by their keys; those without predictions are left out.

    Examples:
      touchline evaluate players --truth playbyplay_val.json --predictions playbyplay_TAAD_val.json

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.analysis import evaluate

        result = evaluate.players(truth, predictions, tolerance=tolerance, least_confidence=confidence)
        report(result, output, table=lambda: _table(result))
        return EXIT_DEGRADED if result.missing else EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _table(result: PlayersEvaluation) -> list[str]:
    """The result as lines of text."""
    classes = result.record()["classes"]
    width = max(map(len, classes))
    head = f"{'class':<{width}}  {'true':>6} {'found':>6} {'wrong':>6}  precision  recall      F1"
    rows = [
        f"{name:<{width}}  {entry['true']:>6} {entry['found']:>6} {entry['wrong']:>6}  "
        f"{percent(entry['precision']):>9}  {percent(entry['recall']):>6}  {percent(entry['f1']):>6}"
        for name, entry in classes.items()
    ]
    return [
        f"players' actions, {counted(result.halves, 'half', 'halves')}",
        f"macro-F1 {percent(result.report.macro_f1)}, micro-F1 {percent(result.report.micro_f1)}",
        "",
        head,
        "-" * len(head),
        *rows,
    ]
