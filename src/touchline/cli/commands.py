"""Commands and groups of the command line: how their help reads, and what a misspelt word is answered with."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from touchline.core.suggestions import did_you_mean

_EXAMPLES = "Examples:"
"""Starts the last paragraph of a docstring: command lines, shown as they are at the end of the help."""
_WRITTEN = {"out", "target", "fit"}
"""Names of the parameters that are files to write."""
_NOT_ONE_OF = re.compile(r"^(?:Value error, )?(?P<message>'(?P<given>.*)' is not one of (?P<known>.*))\.$")
_METAVARS: dict[type, str] = {int: "N", float: "NUMBER", Path: "FILE", str: "TEXT"}


class Command(TyperCommand):
    """A command whose help has plain words for types, defaults in its sentences, and examples at its end."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The usage line: options, then ``VIDEO...`` for what is required and ``[TABLES]`` for what is not."""
        return ["[OPTIONS]", *(usage_name(param) for param in self.params if is_argument(param))]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The description, without its examples."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(description(self))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The table of arguments and the table of options."""
        for title, argument in (("Arguments", True), ("Options", False)):
            rows = [help_row(param) for param in self.get_params(ctx) if is_argument(param) == argument]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples."""
        if lines := examples(self):
            with formatter.section("Examples"):
                for line in lines:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; a misspelt option or value is answered with the nearest."""
        with suggestions(self):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command, unless the file that it would write is one of its inputs."""
        refuse_lost_input(ctx.params)
        return super().invoke(ctx)


class Group(TyperGroup):
    """A group of commands that answers a misspelt one with the nearest."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the group's own options; a misspelt one is answered with the nearest."""
        with suggestions(self):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named; a misspelt one is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            if self.get_command(ctx, args[0]) is None:
                error.message = error.message.rstrip(".") + self._instead(ctx, args[0])
            raise

    def _instead(self, ctx: Any, word: str) -> str:
        """What to write in place of an unknown command."""
        if ctx.parent is None and Path(word).is_file():
            return f"; to analyse a video, write: touchline analyze {word}"
        return did_you_mean(word, self.list_commands(ctx)) or f"; the commands are {', '.join(self.list_commands(ctx))}"


def new_group(**settings: Any) -> typer.Typer:
    """A Typer application in the style of this command line."""
    return typer.Typer(
        **{"cls": Group, **settings},
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        suggest_commands=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def add_command(group: typer.Typer, name: str, function: Callable[..., None]) -> None:
    """Add a command to a group; the function's docstring is its help."""
    group.command(name, cls=Command)(function)


@contextlib.contextmanager
def suggestions(command: Any) -> Iterator[None]:
    """Name the nearest known word in errors about an unknown option or an unknown value of one."""
    try:
        yield
    except typer.TyperException as error:
        found = _NOT_ONE_OF.match(error.message)
        if getattr(error, "possibilities", None) is not None:
            known = [name for param in command.params for name in (*param.opts, *param.secondary_opts)]
            error.message += did_you_mean(vars(error)["option_name"], known)
            vars(error)["possibilities"] = None
        elif found is not None:
            known = re.findall(r"'([^']*)'", found["known"])
            error.message = found["message"] + (did_you_mean(found["given"], known) or ".")
        raise


def refuse_lost_input(params: Mapping[str, Any]) -> None:
    """Refuse to write a file that is also read: it would be lost.

    Raises:
        typer.BadParameter: the file of ``--out``, or the destination, is one of the other paths.

    """
    for name in _WRITTEN & params.keys():
        out = params[name]
        if not isinstance(out, Path) or not out.is_file():
            continue
        values = (one for key, value in params.items() if key not in _WRITTEN for one in _each(value))
        for path in values:
            if isinstance(path, Path) and path.is_file() and path.samefile(out):
                raise typer.BadParameter(f"{out} is the input, which would be lost; choose another file to write")


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else [value]


def description(command: Any) -> str:
    """The help text of a command without its examples."""
    return inspect.cleandoc(command.help or "").partition(f"\n{_EXAMPLES}\n")[0].strip()


def examples(command: Any) -> list[str]:
    """The command lines that the help text of a command shows as examples."""
    lines = inspect.cleandoc(command.help or "").partition(f"\n{_EXAMPLES}\n")[2].splitlines()
    return [line.strip() for line in lines if line.strip()]


def is_argument(param: Any) -> bool:
    """Whether a parameter is given by its place, not by a name."""
    return bool(param.param_type_name == "argument")


def usage_name(param: Any) -> str:
    """An argument in the usage line."""
    name = metavar(param)
    if param.nargs != 1 and not name.endswith("..."):
        name += "..."
    return name if param.required else f"[{name}]"


def metavar(param: Any) -> str:
    """What stands for a parameter's value: as it was declared, its choices, or a word for its type."""
    if param.metavar is not None:
        return str(param.metavar)
    kind = param.type_descriptor
    if kind.is_choice:
        return "|".join(map(str, kind.choices))
    (annotation,) = get_args(kind.annotation) or (kind.annotation,)
    return _METAVARS.get(annotation, "VALUE")


def help_row(param: Any) -> tuple[str, str]:
    """A parameter's names with what stands for its value, and its help with default and limits."""
    if is_argument(param):
        return usage_name(param).strip("[]"), help_line(param)
    names = " / ".join([*param.opts, *param.secondary_opts]) if param.secondary_opts else ", ".join(param.opts)
    return names if param.is_flag else f"{names} {metavar(param)}", help_line(param)


def help_line(param: Any) -> str:
    """The help of a parameter, with its default, its limits and whether it must be given."""
    notes = [note for note in (_default(param), _limits(param)) if note]
    if not is_argument(param):
        notes += ["required"] * bool(param.required) + ["may be repeated"] * bool(param.multiple)
    text = (param.help or "").rstrip(".")
    return f"{text} ({'; '.join(notes)})." if notes else f"{text}."


def _default(param: Any) -> str:
    """The default in words: as it was declared, else its value; "" where there is none to state."""
    if isinstance(param.show_default, str):
        return f"default: {param.show_default}" if " " in param.show_default else f"default {param.show_default}"
    if param.default is None or param.required or param.show_default is False:
        return ""
    if isinstance(param.default, bool):
        return f"default {(param.opts if param.default else param.secondary_opts)[0]}" if param.secondary_opts else ""
    number = isinstance(param.default, float)
    return f"default {param.default:g}" if number else f"default {param.default}"


def _limits(param: Any) -> str:
    """The least and the greatest value in words; "" where there is none."""
    least, most = param.min, param.max
    if least is not None and most is not None:
        return f"{least:g} to {most:g}"
    return f"{least:g} or more" if least is not None else f"at most {most:g}" if most is not None else ""
