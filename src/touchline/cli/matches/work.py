"""``touchline batch work``: one worker, on one shard of the plan."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.interrupts import INTERRUPTED_LINE
from touchline.cli.matches.options import (
    AttemptsOption,
    HoursOption,
    MemoryOption,
    QuotaOption,
    ScratchOption,
    StoreOption,
    work_options,
)
from touchline.cli.options import DebugOption, DeviceOption, JsonOption
from touchline.core.errors import EXIT_DEGRADED, EXIT_INTERRUPTED, EXIT_OK, EXIT_STOPPED

if TYPE_CHECKING:
    from collections import Counter

    from touchline.batch.plan import Match
    from touchline.batch.worker import Outcome

_WORDS = {"before": "done before", "busy": "left to another worker"}


def work(
    out: StoreOption,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            help="Take shard I of N, counted from 0.",
            show_default="that of the Slurm array or Kubernetes job, else 0/1",
        ),
    ] = None,
    help_others: Annotated[
        bool, typer.Option("--help-others", help="Take matches of other shards once this one is finished.")
    ] = False,
    scratch: ScratchOption = None,
    scratch_gb: QuotaOption = None,
    most_memory_gb: MemoryOption = None,
    most_hours: HoursOption = 24.0,
    attempts: AttemptsOption = 3,
    device: DeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Analyse the matches of a shard of the plan.

    Start as many workers as there are shards, anywhere; they need no server, only the store. A worker that is killed is
    replaced by starting it again. SIGTERM stores what the analysis has saved and ends with exit code 75.

    Examples:
      touchline batch work --out results/
      touchline batch work --out s3://club/results --shard 3/16 --scratch /local

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.batch.running import work as work_on
        from touchline.batch.shard import read_shard, shard_of_environment

        part = read_shard(shard if shard is not None else shard_of_environment(os.environ))
        options = work_options(
            scratch=scratch,
            scratch_gb=scratch_gb,
            most_memory_gb=most_memory_gb,
            most_hours=most_hours,
            attempts=attempts,
            device=device,
            help_others=help_others,
        )
        return carried_out(partial(work_on, out, shard=part, options=options), output=output)

    run_guarded(run, debug=debug, json=json)


def carried_out(run: Callable[..., Counter[Outcome]], *, output: Output) -> int:
    """Run workers until they have finished or are to stop, telling of each match; return the exit code.

    Args:
        run: takes ``stop``, an event that ends it, and ``tell``, called with match, outcome and remark.
        output: where results and messages go.

    """
    with stopping(output) as stop:
        counts = run(stop=stop.event, tell=partial(tell_match, output=output))
    return stop.code if stop.code else tell_counts(counts, output=output)


class Stop:
    """Whether the command was asked to stop, and the exit code of that; 0 if it was not."""

    def __init__(self) -> None:
        self.event, self.code = threading.Event(), 0


@contextlib.contextmanager
def stopping(output: Output) -> Iterator[Stop]:
    """Let SIGTERM and the first Ctrl-C stop the work in good order; a second Ctrl-C ends it at once."""
    stop = Stop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.code = EXIT_STOPPED if number == signal.SIGTERM else EXIT_INTERRUPTED
        stop.event.set()
        signal.signal(signal.SIGINT, before[signal.SIGINT])
        words = "touchline: stopping; the next worker continues" if number == signal.SIGTERM else INTERRUPTED_LINE
        os.write(2, f"{words}\n".encode())

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell_match(match: Match, outcome: Outcome, remark: str, *, output: Output) -> None:
    """Print what became of a match."""
    output.record({"type": "match", "match": match.name, "key": match.key, "outcome": outcome, "remark": remark})
    if not output.json:
        words = _WORDS.get(outcome, outcome)
        output.say(f"{match.name}: {words}{': ' * bool(remark)}{remark}")


def tell_counts(counts: Counter[Outcome], *, output: Output) -> int:
    """Print how many matches had which outcome; return the exit code."""
    output.record({"type": "work", **{name: counts[name] for name in ("done", "before", "failed", "busy")}})
    if not output.json:
        output.say(f"{counts['done']} done, {counts['before']} done before, {counts['failed']} failed")
    return EXIT_DEGRADED if counts["failed"] else EXIT_OK
