"""``touchline features``: features of videos and their sound, made narrower, and what a file of them is."""

from __future__ import annotations

import typer

from touchline.cli.features import extract as features_extract
from touchline.cli.features import info as features_info
from touchline.cli.features import reduce as features_reduce
from touchline.cli.features import set as features_set

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command("extract")(features_extract.command)
app.command("reduce")(features_reduce.command)
app.command("info")(features_info.command)
app.command("set")(features_set.command)
