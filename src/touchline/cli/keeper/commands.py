"""``touchline keeper``: the group of its commands, each in a file of its own."""

from __future__ import annotations

from touchline.cli.commands import add_command, new_group
from touchline.cli.keeper.compare import compare
from touchline.cli.keeper.fit import fit
from touchline.cli.keeper.map import keeper_map
from touchline.cli.keeper.match import match
from touchline.cli.keeper.pose import pose
from touchline.cli.keeper.report import report
from touchline.cli.keeper.score import score

app = new_group(help="Analyse goalkeepers' technique and expected saves.")
add_command(app, "fit", fit)
add_command(app, "score", score)
add_command(app, "map", keeper_map)
add_command(app, "pose", pose)
add_command(app, "report", report)
add_command(app, "compare", compare)
add_command(app, "match", match)
