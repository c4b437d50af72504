"""What every command shares: its output, and errors turned into messages and exit codes."""

from __future__ import annotations

import errno
import json as json_module
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import typer

from touchline.cli.given.terminal import one_line as one_line
from touchline.cli.interrupts import INTERRUPTED_LINE, Interrupts
from touchline.core.errors import (
    EXIT_BUG,
    EXIT_INPUT,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_RESOURCES,
    TouchlineError,
)
from touchline.core.extras import missing_package
from touchline.core.wording import without_unsafe_advice

Device = Literal["auto", "cpu", "cuda"]
_RESOURCE_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENOMEM}


class Output:
    """Where a command's output goes: records and text, kept apart under ``--json``; with ``debug`` tracebacks too."""

    def __init__(self, *, json: bool, debug: bool = False) -> None:
        self.json, self.debug = json, debug

    def record(self, record: Mapping[str, Any]) -> None:
        """Print one JSON object on one line of stdout under ``--json``; nothing otherwise."""
        if self.json:
            text = json_module.dumps(dict(record), allow_nan=False, default=str)
            print(text.replace("\x7f", "\\u007f"), flush=True)

    def say(self, text: str = "") -> None:
        """Print a line for people: to stdout, or to stderr under ``--json``; control characters are written out."""
        print(one_line(text), file=sys.stderr if self.json else sys.stdout, flush=True)

    def table(self, text: str) -> None:
        """Print the lines of a text as :meth:`say` does."""
        for line in text.rstrip("\n").split("\n"):
            self.say(line)

    def note(self, text: str) -> None:
        """Print a remark in a line that is not a result, always to stderr; control characters are written out."""
        print(one_line(text), file=sys.stderr, flush=True)

    def error(self, error: BaseException, **fields: Any) -> int:
        """Print one error line on stderr, and a record of it under ``--json``; return its exit code."""
        if self.debug and error.__traceback__ is not None:
            traceback.print_exception(error)
        message, code = one_line(describe(error)), exit_code_of(error)
        if is_bug(error):
            print(f"touchline: {message}; run again with --debug and report it", file=sys.stderr, flush=True)
        else:
            print(f"touchline: error: {message}", file=sys.stderr, flush=True)
        self.record({"error": message, "exit_code": code, **fields})
        return code


def exit_code_of(error: BaseException) -> int:
    """The exit code an error stands for."""
    if isinstance(error, TouchlineError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return EXIT_RESOURCES
    if isinstance(error, OSError):
        return EXIT_RESOURCES if error.errno in _RESOURCE_ERRNOS else EXIT_INPUT
    return EXIT_BUG


def is_bug(error: BaseException) -> bool:
    """Whether an error is a bug in touchline, not something a user can act on."""
    return not isinstance(error, TouchlineError) and exit_code_of(error) == EXIT_BUG


def describe(error: BaseException) -> str:
    """An error in words; a bug with its type and place in the code."""
    if isinstance(error, MemoryError):
        return "out of memory; close other programs, or run with --device cpu on a machine with more memory"
    if not is_bug(error):
        return without_unsafe_advice(str(error)) or type(error).__name__
    where = ""
    if error.__traceback__ is not None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f" ({Path(last.filename).name}:{last.lineno})"
    return f"bug: {type(error).__name__}: {without_unsafe_advice(str(error))}{where}"


def run_guarded(run: Callable[[], int | None], *, debug: bool = False, json: bool = False) -> None:
    """Run the body of a command; print any error in one line and leave with its exit code.

    Args:
        run: the body; it returns an exit code, None for 0.
        debug: show the traceback of an error as well.
        json: print a record of the error on stdout as well.

    Raises:
        typer.Exit: with the exit code, where it is not 0.

    """
    code = EXIT_OK
    try:
        with Interrupts.working():
            code = run() or EXIT_OK
            Interrupts.check()
    except BaseException as error:
        code = _code_after(error, output=Output(json=json, debug=debug))
    if code:
        raise typer.Exit(code)


def _code_after(error: BaseException, *, output: Output) -> int:
    """Print what ended a command, in one line; return its exit code.

    Raises:
        BaseException: the error itself, if it is a bug.

    """
    if isinstance(error, KeyboardInterrupt) or Interrupts.asked:  # a library may have turned it into another error
        Interrupts.ended = True
        print(INTERRUPTED_LINE, file=sys.stderr, flush=True)
        return EXIT_INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _silence_stdout()
        return EXIT_INTERRUPTED
    if isinstance(error, ModuleNotFoundError):
        error = missing_package(error) or error
    if isinstance(error, TouchlineError | OSError | MemoryError):
        output.error(error)
        return exit_code_of(error)
    raise error


def _silence_stdout() -> None:
    """Point stdout nowhere after its reader has gone, so that closing it prints no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an unexpected error in one line, as ``sys.excepthook``; Python then leaves with code 1."""
    text = one_line(describe(error.with_traceback(trace)))
    print(f"touchline: {text}; run again with --debug and report it", file=sys.stderr, flush=True)
