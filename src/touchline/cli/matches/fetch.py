"""``touchline batch fetch``: finished matches as bundles in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.matches.options import MatchOption, StoreOption
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_OK
from touchline.core.wording import counted


def fetch(
    out: StoreOption,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Copy the bundles to this folder.")],
    matches: MatchOption = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Copy finished matches from the store as bundles.

    Each becomes NAME.touchline, checked against its checksums; matches.csv holds the columns of the manifest. Bundles
    that are there already are left as they are.

    Examples:
      touchline batch fetch --out s3://club/results --to season/

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.batch.fetching import fetch as bring
        from touchline.batch.plan import read_plan
        from touchline.batch.stores.opening import open_store

        store = open_store(out)
        plan = read_plan(store)
        chosen = [match for word in matches for match in plan.named(word)] if matches else list(plan.matches)
        found = []
        for each in bring(store, chosen, to):
            found.append(each)
            output.record(
                {"type": "bundle", "match": each.match.name, "bundle": str(each.bundle), "before": each.before}
            )
        new = sum(not each.before for each in found)
        output.record({"type": "fetch", "bundles": len(found), "new": new, "unfinished": len(chosen) - len(found)})
        if not output.json:
            unfinished = len(chosen) - len(found)
            words = f"; {counted(unfinished, 'match is', 'matches are')} not done" if unfinished else ""
            output.say(f"{to}: {counted(len(found), 'bundle')}, {new} new{words}")
        return EXIT_OK

    run_guarded(run, debug=debug, json=json)
