"""The reference of the command line, written from the Typer application itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typer.main import get_command

from touchline.cli.commands import description, examples, help_row, is_argument
from touchline.cli.main import app

_ROOT = "touchline"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument or option of a command, as ``--help`` shows it."""

    names: str
    """With the word for its value: ``--fps N``."""
    about: str
    """With its default and its limits."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command that can be run."""

    name: str
    """In full: ``touchline keeper pose``."""
    about: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    examples: tuple[str, ...]


def commands() -> list[Command]:
    """Every command of the command line, families of commands flattened."""
    return [_command(command, context) for command, context in _walk(get_command(app), name=_ROOT, parent=None)]


def commands_page() -> str:
    """The reference as Markdown: one section a command."""
    return "\n".join(_section(command) for command in commands())


def _walk(command: Any, *, name: str, parent: Any) -> Iterator[tuple[Any, Any]]:
    """Commands without subcommands below a command, each with its context."""
    context = command.context_class(command, info_name=name, parent=parent)
    if not hasattr(command, "list_commands"):
        yield command, context
        return
    for child in command.list_commands(context):
        yield from _walk(command.get_command(context, child), name=child, parent=context)


def _command(command: Any, context: Any) -> Command:
    shown = [parameter for parameter in command.get_params(context) if not getattr(parameter, "hidden", False)]
    return Command(
        name=context.command_path,
        about=description(command),
        arguments=tuple(Parameter(*help_row(each)) for each in shown if is_argument(each)),
        options=tuple(Parameter(*help_row(each)) for each in shown if not is_argument(each)),
        examples=tuple(examples(command)),
    )


def _section(command: Command) -> str:
    lines = [f"## {command.name}", "", _prose(command.about), ""]
    if command.examples:
        lines += ["```console", *command.examples, "```", ""]
    lines += [*_table("argument", command.arguments), *_table("option", command.options)]
    return "\n".join([*lines, ""])


def _table(title: str, parameters: tuple[Parameter, ...]) -> list[str]:
    if not parameters:
        return []
    rows = [f"| `{_cell(each.names)}` | {_prose(_cell(each.about))} |" for each in parameters]
    return [f"| {title} | |", "|---|---|", *rows, ""]


def _cell(text: str) -> str:
    """Text that does not end a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _prose(text: str) -> str:
    """Help text as Markdown: what Markdown would read as markup is escaped, paragraphs stay."""
    return re.sub(r"([*_<>\[\]])", r"\\\1", text)
