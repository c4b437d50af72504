"""What every verb shares: options, output, progress, and errors turned into exit codes."""

from __future__ import annotations

import contextlib
import errno
import json as json_module
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Any, Literal

import typer

from touchline.core.errors import (
    EXIT_BUG,
    EXIT_INPUT,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_RESOURCES,
    TouchlineError,
)

Device = Literal["auto", "cpu", "cuda"]
ProgressCallback = Callable[[int, int], None]
"""Called with (done_us, total_us) of the video; total_us is 0 while it is unknown."""

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout, the rest on stderr.")]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where models run.")]
AnyDeviceOption = Annotated[Device, typer.Option("--device", help="Taken by every command; this one runs no model.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder for the results; without it they go beside each video.")
]

_RESOURCE_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENOMEM}
_LINE_EVERY_S = 10.0


class Output:
    """Where a verb's words go: records and text, kept apart under ``--json``; with ``debug`` tracebacks too."""

    def __init__(self, *, json: bool, debug: bool = False) -> None:
        self.json, self.debug = json, debug

    def record(self, record: Mapping[str, Any]) -> None:
        """One JSON object on one line of stdout under ``--json``; nothing otherwise."""
        if self.json:
            print(json_module.dumps(dict(record), allow_nan=False, default=str), flush=True)

    def say(self, text: str = "") -> None:
        """A line for people: stdout, or stderr under ``--json``."""
        print(text, file=sys.stderr if self.json else sys.stdout, flush=True)

    def note(self, text: str) -> None:
        """A remark that is no result: always stderr."""
        print(text, file=sys.stderr, flush=True)

    def error(self, error: BaseException, **fields: Any) -> int:
        """One error line on stderr, and a record of it under ``--json``; return its exit code."""
        if self.debug and error.__traceback__ is not None:
            traceback.print_exception(error)
        message, code = one_line(describe(error)), exit_code_of(error)
        if is_bug(error):
            print(f"touchline: {message}; run again with --debug and report it", file=sys.stderr, flush=True)
        else:
            print(f"touchline: error: {message}", file=sys.stderr, flush=True)
        self.record({"error": message, "exit_code": code, **fields})
        return code


def one_line(text: str) -> str:
    """The text with control characters written out, so that a newline in a path cannot break a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


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
    """Whether an error is none that a user can act on."""
    return not isinstance(error, TouchlineError) and exit_code_of(error) == EXIT_BUG


def describe(error: BaseException) -> str:
    """An error in words; of a bug its type and place as well."""
    if isinstance(error, MemoryError):
        return "out of memory; close other programs, or run with --device cpu on a machine with more memory"
    if not is_bug(error):
        return str(error) or type(error).__name__
    where = ""
    if error.__traceback__ is not None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f" ({Path(last.filename).name}:{last.lineno})"
    return f"bug: {type(error).__name__}: {error}{where}"


def run_guarded(run: Callable[[], int | None], *, debug: bool = False, json: bool = False) -> None:
    """Run the body of a verb; leave with its exit code, telling any error in one line.

    Args:
        run: the body; it returns an exit code, None for 0.
        debug: show the traceback of an error as well.
        json: the verb speaks JSON: an error is a record on stdout, too.

    Raises:
        typer.Exit: with the exit code, where it is not 0.

    """
    try:
        code = run() or EXIT_OK
    except BrokenPipeError:
        _silence_stdout()
        code = EXIT_INTERRUPTED
    except (TouchlineError, OSError, MemoryError) as error:
        code = exit_code_of(error)
        Output(json=json, debug=debug).error(error)
    except KeyboardInterrupt:
        print("touchline: interrupted; run the same command again to continue", file=sys.stderr, flush=True)
        code = EXIT_INTERRUPTED
    if code:
        raise typer.Exit(code)


def _silence_stdout() -> None:
    """Point stdout nowhere after its reader has gone, so that closing it says nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell an unexpected error in one line, as ``sys.excepthook``; Python then leaves with code 1."""
    text = one_line(describe(error.with_traceback(trace)))
    print(f"touchline: {text}; run again with --debug and report it", file=sys.stderr, flush=True)


class Interrupts:
    """Remembers that the process was asked to stop, for an interrupt may be lost inside a library's import."""

    asked = False

    @classmethod
    def listen(cls) -> None:
        """Let SIGTERM end a run as Ctrl-C does: files closed, exit code 130."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, cls._on_signal)

    @classmethod
    def _on_signal(cls, number: int, frame: FrameType | None) -> None:
        cls.asked = True
        raise KeyboardInterrupt

    @classmethod
    def check(cls) -> None:
        """Stop now, where that was asked for.

        Raises:
            KeyboardInterrupt: it was.

        """
        if cls.asked:
            raise KeyboardInterrupt


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator[ProgressCallback]:
    """A bar on stderr with time left and speed on a terminal; a line now and then elsewhere."""
    with _rich_bar(label) if sys.stderr.isatty() else contextlib.nullcontext(_line_printer(label)) as show:

        def update(done_us: int, total_us: int) -> None:
            Interrupts.check()
            show(done_us, total_us)

        yield update


@contextlib.contextmanager
def _rich_bar(label: str) -> Iterator[ProgressCallback]:
    """The bar of a terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[speed]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    started_s = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(escape(one_line(label)), total=None, speed="")

        def update(done_us: int, total_us: int) -> None:
            speed = _speed(done_us, elapsed_s=time.monotonic() - started_s)
            progress.update(task, completed=done_us, total=total_us or None, speed=speed)

        yield update


def _line_printer(label: str) -> ProgressCallback:
    """Progress as plain lines, at most one in ten seconds."""
    started_s = last_s = time.monotonic()
    before_us = 0

    def update(done_us: int, total_us: int) -> None:
        nonlocal started_s, last_s, before_us
        now_s = time.monotonic()
        if done_us < before_us:  # the video is gone through once more, to draw into it
            started_s = now_s
        before_us = done_us
        if now_s - last_s < _LINE_EVERY_S:
            return
        last_s = now_s
        elapsed_s = now_s - started_s
        words = [one_line(label), f"{done_us / 1e6:.0f} s of video", _speed(done_us, elapsed_s=elapsed_s)]
        if total_us and done_us:
            left_s = max(total_us - done_us, 0) / done_us * elapsed_s
            words[1] = f"{min(100 * done_us / total_us, 100):.0f} %"
            words.append(f"about {left_s:.0f} s left")
        print(", ".join(words), file=sys.stderr, flush=True)

    return update


def _speed(done_us: int, *, elapsed_s: float) -> str:
    """How many times real time, in words."""
    return f"{done_us / 1e6 / max(elapsed_s, 1e-3):.1f}x real time"
