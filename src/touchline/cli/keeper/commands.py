"""``touchline keeper``: goalkeepers' technique; each sub-command lies in a file of its own."""

from __future__ import annotations

import typer

from touchline.cli.keeper import compare as keeper_compare
from touchline.cli.keeper import fit as keeper_fit
from touchline.cli.keeper import map as keeper_map
from touchline.cli.keeper import match as keeper_match
from touchline.cli.keeper import pose as keeper_pose
from touchline.cli.keeper import report as keeper_report
from touchline.cli.keeper import score as keeper_score

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def _group() -> None:
    """Goalkeepers: their poses, techniques, and shots they should save."""


app.command(name="fit")(keeper_fit.fit)
app.command(name="score")(keeper_score.score)
app.command(name="map")(keeper_map.keeper_map)
app.command(name="pose")(keeper_pose.pose)
app.command(name="report")(keeper_report.report)
app.command(name="compare")(keeper_compare.compare)
app.command(name="match")(keeper_match.match)
