"""Runs the readers on damaged files, each kind in a child process, and counts what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from fuzzing.fuzzkinds import Kind
from fuzzing.fuzzmutations import mutated
from touchline.core.errors import ResourceError, TouchlineError

HANG_S = 20.0
"""A file that takes longer counts as a hang, seconds."""

MAX_GROWTH_KB = 400 << 10
"""Most memory that reading the files of a kind may add to that of reading the valid one, KB."""


@dataclass
class Outcome:
    """What came of the files of a kind."""

    kind: str
    tried: int = 0
    refused: int = 0
    accepted: int = 0
    faults: list[str] = field(default_factory=list)


class _Hang(BaseException):
    """A file took too long."""


def fuzz(kinds: Sequence[Kind], *, each: int, seed: int, keep: Path | None = None) -> list[Outcome]:
    """Try damaged files of each kind; ``keep`` is a folder for those with faults."""
    return [_in_child(kind, each=each, seed=seed, keep=keep) for kind in kinds]


def _in_child(kind: Kind, *, each: int, seed: int, keep: Path | None) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work = Path(folder) / "work"
                work.mkdir()
                _run(kind, work, each=each, seed=seed, report=report, keep=keep)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        outcome = Outcome(**json.loads(report.read_bytes())) if report.exists() else Outcome(kind.name)
    if status:
        outcome.faults.append(f"the process ended with {status} after {outcome.tried} files")
    return outcome


def _run(kind: Kind, work: Path, *, each: int, seed: int, report: Path, keep: Path | None) -> None:
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _too_long)
    target = kind.make(work)
    data, outcome = target.read_bytes(), Outcome(kind.name)
    with _silence():
        kind.read(target)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(each):
        damaged = mutated(data, form=kind.form, seed=seed * 1_000_003 + number)
        target.write_bytes(damaged)
        faults = len(outcome.faults)
        _try(kind, target, number, outcome, work=work)
        growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        if growth > MAX_GROWTH_KB:
            outcome.faults.append(f"{number}: {growth >> 10} MB more memory")
            before += growth
        if keep is not None and len(outcome.faults) > faults:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{kind.name}_{number}_{target.name}").write_bytes(damaged)
        if number % 50 == 0 or number == each - 1:
            report.write_text(json.dumps(asdict(outcome)))


def _try(kind: Kind, target: Path, number: int, outcome: Outcome, *, work: Path) -> None:
    outcome.tried += 1
    signal.setitimer(signal.ITIMER_REAL, HANG_S)
    try:
        with _silence():
            kind.read(target)
        outcome.accepted += 1
    except TouchlineError as error:
        outcome.refused += 1
        if not any(part in str(error) for part in target.relative_to(work).parts):
            outcome.faults.append(f"{number}: the message names no file: {error!s:.200}")
        elif isinstance(error, ResourceError) or "weights_only" in str(error):
            outcome.faults.append(f"{number}: {type(error).__name__}: {error!s:.200}")
    except _Hang:
        outcome.faults.append(f"{number}: took more than {HANG_S:g} s")
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)
        ours = next((frame for frame in reversed(last) if "/touchline/" in frame.filename), last[-1])
        place = f"{Path(ours.filename).name}:{ours.lineno}"
        outcome.faults.append(f"{number}: {type(error).__name__} at {place}: {error!s:.160}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise _Hang


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        yield


def table(outcomes: Sequence[Outcome], *, seconds: float) -> str:
    """Return the outcomes as lines of text."""
    lines = [f"{'kind':<24}{'files':>8}{'refused':>9}{'accepted':>10}{'faults':>8}"]
    for one in (*outcomes, total(outcomes)):
        lines.append(f"{one.kind:<24}{one.tried:>8,}{one.refused:>9,}{one.accepted:>10,}{len(one.faults):>8}")
    lines += [f"  {one.kind}: {fault}" for one in outcomes for fault in one.faults[:5]]
    return "\n".join([*lines, f"{seconds:.0f} s"])


def total(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the sum of all outcomes."""
    return Outcome(
        f"all {len(outcomes)} kinds",
        *(sum(getattr(one, name) for one in outcomes) for name in ("tried", "refused", "accepted")),
        [fault for one in outcomes for fault in one.faults],
    )


def timed(kinds: Sequence[Kind], *, each: int, seed: int, keep: Path | None = None) -> tuple[list[Outcome], float]:
    """Run :func:`fuzz` and return the seconds it took as well."""
    start = time.monotonic()
    return fuzz(kinds, each=each, seed=seed, keep=keep), time.monotonic() - start
