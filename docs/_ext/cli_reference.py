"""The reference of the command line, written from the Typer application itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typer.main import get_command

from touchline.cli.main import app

_ROOT = "touchline"
_NOTE = re.compile(r"\s*\[(default|required)(?::\s*(.*?))?\]\s*$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument or option of a command, as ``--help`` shows it."""

    names: str
    """With the word for its value: ``--fps FPS``."""
    about: str
    default: str
    required: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One command that can be run."""

    name: str
    """In full: ``touchline keeper pose``."""
    about: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]


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
        about=(command.help or "").strip(),
        arguments=tuple(_parameter(each, context) for each in shown if each.param_type_name == "argument"),
        options=tuple(_parameter(each, context) for each in shown if each.param_type_name == "option"),
    )


def _parameter(parameter: Any, context: Any) -> Parameter:
    names, about = parameter.get_help_record(context)
    default, required = "", bool(parameter.required)
    while note := _NOTE.search(about):
        default = note.group(2) or default
        about = about[: note.start()]
    return Parameter(names=names, about=about.strip(), default=default, required=required)


def _section(command: Command) -> str:
    lines = [f"## {command.name}", "", _about(command.about), ""]
    if command.arguments:
        lines += ["| argument | |", "|---|---|"]
        lines += [f"| `{_cell(each.names)}` | {_prose(_cell(each.about))} |" for each in command.arguments]
        lines += [""]
    lines += ["| option | | default |", "|---|---|---|"]
    lines += [f"| `{_cell(each.names)}` | {_prose(_cell(each.about))} | {_default(each)} |" for each in command.options]
    return "\n".join([*lines, ""])


def _about(text: str) -> str:
    """A command's help: indented lines are examples, and become a code block."""
    parts = re.split(r"((?:^  .*\n?)+)", text, flags=re.MULTILINE)
    blocks = [f"\n```console\n{inspect.cleandoc(part)}\n```\n" for part in parts[1::2]]
    return "".join(piece for pair in zip(map(_prose, parts[::2]), [*blocks, ""], strict=True) for piece in pair)


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "**required**"
    return f"`{_cell(parameter.default)}`" if parameter.default else ""


def _cell(text: str) -> str:
    """Text that does not end a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _prose(text: str) -> str:
    """Help text as Markdown: what Markdown would read as markup is escaped, paragraphs stay."""
    return re.sub(r"([*_<>\[\]])", r"\\\1", text)
