"""Progress on stderr: a bar with the time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from touchline.cli.common import one_line
from touchline.cli.given.terminal import raw_stderr
from touchline.cli.interrupts import Interrupts

if TYPE_CHECKING:
    from rich.progress import Progress

ProgressCallback = Callable[[int, int], None]
"""Called with what is done and the total, which is 0 while it is unknown: microseconds of video, or a count."""
T = TypeVar("T")

_LINE_EVERY_S = 10.0
_STEP_LINE_EVERY_S = 5.0


@contextlib.contextmanager
def progress_bar(label: str, *, unit: str = "") -> Iterator[ProgressCallback]:
    """Show the progress of a piece of work.

    Args:
        label: what is worked on, such as the name of a video.
        unit: what is counted, in the plural, such as ``"clips"``; without it progress is microseconds of video.

    """
    shown = _rich_bar(label, unit=unit) if sys.stderr.isatty() else contextlib.nullcontext(_lines(label, unit=unit))
    with shown as show:

        def update(done: int, total: int) -> None:
            Interrupts.check()
            show(done, total)

        yield update


def each_with_progress(items: Sequence[T], *, unit: str) -> Iterator[T]:
    """Yield the items and show how many are done; no bar for a single one."""
    if len(items) < 2:
        yield from items
        return
    with progress_bar(unit, unit=unit) as progress:
        for done, item in enumerate(items):
            progress(done, len(items))
            yield item


def training_progress() -> Callable[[str, int, int], None]:
    """Progress of training runs: called with the name of a run, the step it has done and the last one."""
    terminal = sys.stderr.isatty()
    every_s = 0.2 if terminal else _STEP_LINE_EVERY_S
    started: dict[str, tuple[float, int]] = {}
    last_s = 0.0

    def report(name: str, step: int, total: int) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        began_s, first = started.setdefault(name, (now_s, step))
        if now_s - last_s < every_s and step < total:
            return
        last_s = now_s
        left = ""
        if step > first:
            left = f", about {in_words((total - step) * (now_s - began_s) / (step - first))} left"
        text = f"{one_line(name)}: step {step} of {total} ({100 * step // max(total, 1)} %){left}"
        if terminal:
            print(
                f"\r\x1b[K{_drawn(step, total)}{text}", end="\n" if step >= total else "", file=raw_stderr(), flush=True
            )
        else:
            print(text, file=sys.stderr, flush=True)

    return report


def in_words(seconds: float) -> str:
    """A duration in the unit that fits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _drawn(step: int, total: int, *, width: int = 20) -> str:
    """A bar of characters."""
    full = min(width * step // max(total, 1), width)
    return f"[{'#' * full}{'.' * (width - full)}] "


@contextlib.contextmanager
def _rich_bar(label: str, *, unit: str) -> Iterator[ProgressCallback]:
    """The bar of a terminal."""
    from rich.markup import escape

    started_s = time.monotonic()
    with _rich_progress() as progress:
        task = progress.add_task(escape(one_line(label)), total=None, speed="")

        def update(done: int, total: int) -> None:
            speed = _speed(done, elapsed_s=time.monotonic() - started_s, unit=unit)
            progress.update(task, completed=done, total=total or None, speed=speed)

        yield update


def _rich_progress() -> Progress:
    """A bar on stderr; lines printed to a terminal appear above it, and a redirected stdout is left alone."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(file=raw_stderr()),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    )


def _lines(label: str, *, unit: str) -> ProgressCallback:
    """Progress as plain lines, at most one in ten seconds."""
    started_s = last_s = time.monotonic()
    before = 0

    def update(done: int, total: int) -> None:
        nonlocal started_s, last_s, before
        now_s = time.monotonic()
        if done < before:  # the video is decoded once more, to draw into it
            started_s = now_s
        before = done
        if now_s - last_s < _LINE_EVERY_S:
            return
        last_s = now_s
        elapsed_s = now_s - started_s
        words = [one_line(label), f"{done} {unit}" if unit else f"{done / 1e6:.0f} s of video"]
        words.append(_speed(done, elapsed_s=elapsed_s, unit=unit))
        if total and done:
            words[1] = f"{min(100 * done / total, 100):.0f} %"
            words.append(f"about {max(total - done, 0) / done * elapsed_s:.0f} s left")
        print(", ".join(words), file=sys.stderr, flush=True)

    return update


def _speed(done: int, *, elapsed_s: float, unit: str) -> str:
    """How fast the work goes, in words."""
    rate = done / max(elapsed_s, 1e-3)
    return f"{rate:.1f} {unit}/s" if unit else f"{rate / 1e6:.1f}x real time"
