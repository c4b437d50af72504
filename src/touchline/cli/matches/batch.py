"""``touchline batch``: the group of its commands, each in a file of its own."""

from __future__ import annotations

from touchline.cli.commands import add_command, new_group
from touchline.cli.matches.fetch import fetch
from touchline.cli.matches.plan import plan
from touchline.cli.matches.run import run
from touchline.cli.matches.status import retry, status
from touchline.cli.matches.work import work

app = new_group(help="Analyse many matches, on as many machines as there are.")
add_command(app, "plan", plan)
add_command(app, "work", work)
add_command(app, "run", run)
add_command(app, "status", status)
add_command(app, "retry", retry)
add_command(app, "fetch", fetch)
