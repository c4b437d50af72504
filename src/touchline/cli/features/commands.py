"""``touchline features``: the group of its commands, each in a file of its own."""

from __future__ import annotations

from touchline.cli.commands import add_command, new_group
from touchline.cli.features import extract, games_set, info, reduce

app = new_group(help="Extract, reduce and inspect video features.")
add_command(app, "extract", extract.command)
add_command(app, "reduce", reduce.command)
add_command(app, "info", info.command)
add_command(app, "set", games_set.command)
