"""``touchline batch plan``: which matches are analysed, how, and where their results go."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.matches.options import StoreOption
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_OK, UsageError
from touchline.core.wording import counted

_OF_THE_WORKER = {"videos", "listed", "out", "resume", "force", "dry_run", "device", "json", "debug", "boxes"}
"""Parameters of ``touchline analyze`` that a plan cannot have."""


def plan(
    given: Annotated[
        str,
        typer.Option(
            "--input",
            metavar="FOLDER|MANIFEST",
            help="Take the videos of this folder or address, or those in the column video of this CSV file.",
        ),
    ],
    out: StoreOption,
    options: Annotated[
        str,
        typer.Option(
            "--options",
            metavar="TEXT",
            help="Pass these options to touchline analyze, such as '--fps 5 --no-clock'.",
            show_default="none",
        ),
    ] = "",
    shards: Annotated[
        int | None,
        typer.Option(
            "--shards",
            metavar="N",
            min=1,
            help="Split the matches in this many shards.",
            show_default="as the first worker says",
        ),
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="Add new or changed matches to the plan that is there.")] = False,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Plan the analysis of many matches.

    Notes what identifies each video, and fixes options and models, so that all workers give the same results. The same
    plan again changes nothing; another one is refused.

    Examples:
      touchline batch plan --input matches/ --out results/
      touchline batch plan --input s3://club/season.csv --out s3://club/results --shards 16

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.batch.plan import fix_shards, write_plan
        from touchline.batch.planning import make_plan
        from touchline.batch.stores.opening import open_store
        from touchline.cli.given.paths import VIDEO_ENDINGS

        store = open_store(out)
        wanted = make_plan(given, terms=_terms(options), endings=VIDEO_ENDINGS)
        made, new = write_plan(store, wanted, add=add)
        if shards is not None:
            fix_shards(store, shards)
        total = len(made.matches)
        size = sum(match.size for match in made.matches)
        output.record({"type": "plan", "store": store.address, "matches": total, "new": new, "bytes": size})
        if not output.json:
            change = f"{new} new" if new else "nothing new"
            output.say(f"{store.address}: {counted(total, 'match', 'matches')}, {size / 1e9:.1f} GB of video, {change}")
            output.say(f"next: touchline batch work --out {shlex.quote(out)}")
        return EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _terms(options: str) -> Any:
    from touchline.batch.models_used import models_used
    from touchline.batch.plan import Terms
    from touchline.batch.running import named_models
    from touchline.core.version import __version__

    words = shlex.split(options)
    settings = read_settings(words)
    return Terms(tuple(words), settings, models_used(named_models(settings)), __version__)


def read_settings(words: list[str]) -> dict[str, Any]:
    """Options of ``touchline analyze`` by name, without those that have their default.

    Raises:
        UsageError: it has no such option, or a plan cannot have it.

    """
    from touchline.cli.main import load_verb

    command = load_verb("analyze")
    try:
        with command.make_context("analyze", list(words)) as context:
            given = dict(context.params)
    except typer.TyperException as error:
        raise UsageError(f"--options: {error.format_message()}") from error
    defaults = {param.name: param.default for param in command.params}
    settings = {name: value for name, value in given.items() if value not in (defaults[name], None, [], ())}
    if refused := sorted(_OF_THE_WORKER & settings.keys()):
        raise UsageError(
            f"--options: a plan has no {', '.join(refused)}; videos come from --input, results go to --out, and the "
            f"device is an option of touchline batch work"
        )
    return {name: _plain(value) for name, value in sorted(settings.items())}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
