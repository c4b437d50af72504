"""``touchline evaluate gamestate``: GS-HOTA of people on the pitch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.evaluate.common import report
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.analysis.evaluate import GameStateEvaluation

_COLUMNS = ("GS-HOTA", "GS-DetA", "GS-AssA", "GS-LocA", "IDF1")


def gamestate(
    truth: Annotated[
        Path,
        typer.Option(
            "--truth", metavar="PATH", help="Read the truth from a Labels-GameState.json, or a folder or zip of them."
        ),
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions",
            metavar="PATH",
            help="Read the predictions from a file such as SNGS-116.json, or a folder or zip of them.",
        ),
    ],
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="role|team|jersey", help="Do not compare this attribute.", show_default="all are"
        ),
    ] = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Score game states with SoccerNet's GS-HOTA.

    A prediction matches only a person with the same role, team and shirt number, within 5 m on the pitch. The numbers
    equal those of sn-trackeval; the last line combines all sequences. touchline export --to gamestate writes
    predictions.

    Examples:
      touchline evaluate gamestate --truth SoccerNetGS/test --predictions submission.zip
      touchline evaluate gamestate --truth SoccerNetGS/test --predictions found/ --without jersey

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.analysis import evaluate

        result = evaluate.gamestate(truth, predictions, without=without or ())
        report(result, output, table=lambda: _table(result))
        return EXIT_DEGRADED if result.missing else EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _table(result: GameStateEvaluation) -> list[str]:
    """The result as lines of text."""
    rows = dict(result.sequences) if len(result.sequences) == 1 else {**result.sequences, "all": result.total}
    width = max(len("sequence"), *map(len, rows))
    head = f"{'sequence':<{width}}  " + " ".join(f"{name:>7}" for name in _COLUMNS) + f"  {'true':>7} {'pred.':>7}"
    lines = [
        f"game state, {counted(len(result.sequences), 'sequence')}, {result.total.true_ids} and "
        f"{result.total.predicted_ids} ids",
        head,
        "-" * len(head),
    ]
    for name, scores in rows.items():
        results = scores.results()
        shares = " ".join(f"{100 * results[key]:>7.2f}" for key in _COLUMNS)
        lines.append(f"{name:<{width}}  {shares}  {scores.truths:>7} {scores.predicted:>7}")
    return lines
