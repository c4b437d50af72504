"""The ``touchline`` command: a table of verbs, each imported only when it is called."""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any

import typer
from typer.main import get_command, get_group

from touchline.cli.commands import Group, add_command, new_group
from touchline.cli.common import report_bug
from touchline.cli.given.environment import keep_to_ourselves
from touchline.cli.given.terminal import guard_streams
from touchline.cli.interrupts import Interrupts

VERBS: dict[str, tuple[str, str]] = {
    "demo": ("touchline.cli.demo:command", "Analyse the bundled sample clip."),
    "analyze": ("touchline.cli.analyze:command", "Spot events, track players and write a report."),
    "spot": ("touchline.cli.spot:command", "Spot the events of videos."),
    "track": ("touchline.cli.track:command", "Track players, officials and the ball."),
    "live": ("touchline.cli.live:command", "Spot the events of a stream or a growing file."),
    "recognize": ("touchline.cli.recognize.commands:command", "Recognize the actions in clips or along tracks."),
    "keeper": ("touchline.cli.keeper.commands:app", "Analyse goalkeepers' technique and expected saves."),
    "features": ("touchline.cli.features.commands:app", "Extract, reduce and inspect video features."),
    "batch": ("touchline.cli.matches.batch:app", "Analyse many matches, on as many machines as there are."),
    "review": ("touchline.cli.review:command", "Correct and annotate bundles and videos in the browser."),
    "clips": ("touchline.cli.clips:command", "Cut clips and reels of what happened."),
    "export": ("touchline.cli.exchange.export:command", "Write events and tracks as files for other tools."),
    "index": ("touchline.cli.matches.index:command", "Put a season of bundles into tables, and ask them."),
    "convert": ("touchline.cli.exchange.convert:command", "Convert event files between formats."),
    "check": ("touchline.cli.check:command", "Check video files for damage."),
    "doctor": ("touchline.cli.doctor:command", "Check this installation."),
    "evaluate": ("touchline.cli.evaluate.commands:app", "Score predictions with the official metrics."),
    "train": ("touchline.cli.learning.train:command", "Train a model from a recipe."),
    "distill": ("touchline.cli.learning.distill:command", "Distill a large model into a small one."),
    "data": ("touchline.cli.datasets.commands:app", "Obtain and check public data sets."),
    "models": ("touchline.cli.models.commands:app", "List, show, import and export models."),
}
"""Verb -> (``module:attribute`` of its function or Typer application, the first sentence of its help)."""

EXIT_CODES = {
    "0": "Success.",
    "1": "A bug in touchline; run again with --debug and report it.",
    "2": "Wrong usage: an unknown command, option or value.",
    "3": "An input cannot be used.",
    "4": "Finished, but parts of an input were lost, or some of several inputs failed.",
    "5": "The machine ran out of memory, disk space, permissions or devices.",
    "6": "A network request failed.",
    "75": "Stopped by SIGTERM in the middle of batch work; the next worker continues.",
    "130": "Interrupted; run the same command again to continue.",
}
"""Exit code -> what it means."""


def load_verb(name: str) -> Any:
    """The command behind a verb; its module is imported now."""
    module_name, attribute = VERBS[name][0].split(":")
    found = getattr(importlib.import_module(module_name), attribute)
    if isinstance(found, typer.Typer):
        verb: Any = get_group(found)
    else:
        single = new_group()
        add_command(single, name, found)
        verb = get_command(single)
    verb.name = name
    return verb


class LazyGroup(Group):
    """A group that knows its verbs by name and help line, and imports one only to run it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a verb, or None if there is no such verb."""
        return load_verb(cmd_name) if cmd_name in VERBS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of verbs in ``--help``, written from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in VERBS.items()])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The exit codes, which are the same for all commands."""
        with formatter.section("Exit codes"):
            formatter.write_dl(list(EXIT_CODES.items()))


app = new_group(cls=LazyGroup, name="touchline")


def _print_version(wanted: bool) -> None:
    """Print the version and leave, if asked to."""
    if wanted:
        from touchline.core.version import __version__

        print(f"touchline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Show the version and exit.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Turn sports video into a timeline: what happened, when, who did it and how well."""


def main() -> None:
    """Entry point of the ``touchline`` script."""
    if "--debug" not in sys.argv:
        sys.excepthook = report_bug
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    guard_streams()
    keep_to_ourselves()
    Interrupts.listen()
    get_command(app)(prog_name="touchline")


if __name__ == "__main__":
    main()
