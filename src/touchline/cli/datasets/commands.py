"""``touchline data``: the group of its commands, each in a file of its own."""

from __future__ import annotations

from touchline.cli.commands import add_command, new_group
from touchline.cli.datasets.soccernet import soccernet

app = new_group(help="Obtain and check public data sets.")
add_command(app, "soccernet", soccernet)
