"""``touchline evaluate``: official metrics of predictions against truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.common import DebugOption, JsonOption, Output, run_guarded

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def _group() -> None:
    """Score predictions against truth with the official metrics."""


@app.command()
def spotting(
    truth: Annotated[Path, typer.Option("--truth", help="Label file, folder or zip of label files.")],
    predictions: Annotated[Path, typer.Option("--predictions", help="Result file, folder or zip.")],
    metric: Annotated[str, typer.Option("--metric", help="loose, tight, or atN with N in seconds.")] = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """SoccerNet's average-mAP of spotted events."""
    run_guarded(lambda: 0, debug=debug, json=json)
    Output(json=json)
