"""``touchline evaluate``: the group of its commands, each in a file of its own."""

from __future__ import annotations

from touchline.cli.commands import add_command, new_group
from touchline.cli.evaluate.calibration import calibration
from touchline.cli.evaluate.detection import detection
from touchline.cli.evaluate.gamestate import gamestate
from touchline.cli.evaluate.players import players
from touchline.cli.evaluate.recognition import recognition
from touchline.cli.evaluate.spotting import spotting
from touchline.cli.evaluate.tracking import tracking

app = new_group(help="Score predictions with the official metrics.")
add_command(app, "spotting", spotting)
add_command(app, "detection", detection)
add_command(app, "tracking", tracking)
add_command(app, "gamestate", gamestate)
add_command(app, "recognition", recognition)
add_command(app, "calibration", calibration)
add_command(app, "players", players)
