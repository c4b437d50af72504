"""The ``touchline`` command: a table of verbs, each imported only when it is called."""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from touchline.cli.common import Interrupts, report_bug

VERBS: dict[str, tuple[str, str]] = {
    "demo": ("touchline.cli.demo:command", "Analyse the bundled sample clip; say where the report is."),
    "analyze": ("touchline.cli.analyze:command", "Run all tasks on videos: a bundle and a report for each."),
    "spot": ("touchline.cli.spot:command", "Find the events of videos."),
    "track": ("touchline.cli.track:command", "Follow players, officials and the ball in videos."),
    "recognize": (
        "touchline.cli.recognize.commands:command",
        "Name what happens in clips, or what each tracked player does.",
    ),
    "keeper": (
        "touchline.cli.keeper.commands:app",
        "Goalkeepers: their poses, techniques, and shots they should save.",
    ),
    "features": (
        "touchline.cli.features.commands:app",
        "Take features of videos; make them narrower; say what they are.",
    ),
    "convert": ("touchline.cli.convert:command", "Convert event files from one version to another."),
    "check": ("touchline.cli.check:command", "Say what is wrong with a media file, and how to mend it."),
    "doctor": ("touchline.cli.doctor:command", "Say what is wrong with this installation, and how to mend it."),
    "evaluate": ("touchline.cli.evaluate.spotting:app", "Score predictions against truth with the official metrics."),
    "train": ("touchline.cli.train:command", "Train a model from a recipe."),
    "distill": ("touchline.cli.distill:command", "Train a small model from a large one; say what that is worth."),
    "models": ("touchline.cli.models.commands:app", "List, show, import and export models."),
}
"""Verb -> (``module:attribute`` of its function or Typer application, help line)."""


def load_verb(name: str) -> Any:
    """The command behind a verb; its module is imported now."""
    target, help_line = VERBS[name]
    module_name, attribute = target.split(":")
    found = getattr(importlib.import_module(module_name), attribute)
    if isinstance(found, typer.Typer):
        found.info.help = found.info.help or help_line
        verb: Any = get_group(found)
    else:
        single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        single.command(name=name)(found)
        verb = get_command(single)
    verb.name = name
    return verb


class LazyGroup(TyperGroup):
    """A group that knows its verbs by name and help line, and imports one only to run it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a verb, or None where there is no such verb."""
        return load_verb(cmd_name) if cmd_name in VERBS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of verbs in ``--help``, written from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in VERBS.items()])


app = typer.Typer(
    cls=LazyGroup,
    name="touchline",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        from importlib.metadata import version

        print(f"touchline {version('touchline')}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=_print_version, is_eager=True),
) -> None:
    """Sports video into a timeline: what happened, when, who did it, how well."""


def main() -> None:
    """Entry point of the ``touchline`` script."""
    if "--debug" not in sys.argv:
        sys.excepthook = report_bug
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    Interrupts.listen()
    get_command(app)(prog_name="touchline")


if __name__ == "__main__":
    main()
