"""One analysis in a child process, with limits of memory and time."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import ResourceError

_LEASH = Path(__file__).with_name("leash.py")
_POLL_S = 0.2
_MEMORY_EVERY_S = 2.0
_GRACE_S = 20.0
"""How long an analysis may take to stop before it is killed."""
_TAIL_BYTES = 8192
_BY_SIGNAL = 128
_PROGRESS = re.compile(r"(\d+) %")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended.

    Attributes:
        code: exit code; 128 and the number of a signal that ended it.
        stopped: whether the worker was asked to stop.
        limit: the limit that it exceeded, in words; "" if none.
        log: the end of what it printed.
        wall_s: seconds.

    """

    code: int
    stopped: bool
    limit: str
    log: str
    wall_s: float


class Child:
    """A command with its output in files.

    Args:
        command: what to run.
        folder: where ``stdout`` and ``stderr`` go.
        memory_bytes: most memory of the process and all below it; None sets no limit. Only Linux has this.
        time_s: longest time; None sets no limit.
        stop: asks the command to stop.

    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        memory_bytes: int | None,
        time_s: float | None,
        stop: threading.Event,
    ) -> None:
        self.stdout, self.stderr = folder / "stdout", folder / "stderr"
        self._command, self._memory_bytes, self._time_s, self._stop = command, memory_bytes, time_s, stop

    def run(self) -> Ended:
        """Run the command to its end, or until a limit or ``stop``.

        Raises:
            ResourceError: there is no room for another process, or for its output.

        """
        started_s = time.monotonic()
        try:
            with self.stdout.open("wb") as out, self.stderr.open("wb") as err:
                process = subprocess.Popen(
                    [sys.executable, "-I", str(_LEASH), *self._command],
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,  # Ctrl-C is for the worker, which then asks it to stop
                )
        except OSError as error:
            raise ResourceError(f"{self.stdout.parent}: the analysis cannot be started ({error.strerror})") from error
        try:
            limit = self._watch(process, started_s=started_s)
        finally:
            self._signal(process, signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        code = process.returncode if process.returncode >= 0 else _BY_SIGNAL - process.returncode
        stopped = self._stop.is_set() and code != 0
        return Ended(code, stopped, limit, self.log(), time.monotonic() - started_s)

    def log(self) -> str:
        """Return the end of what the command has printed as messages."""
        with contextlib.suppress(OSError), self.stderr.open("rb") as file:
            file.seek(max(0, self.stderr.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
        return ""

    def progress(self) -> int:
        """Return how much of the video is analysed, in percent."""
        found = _PROGRESS.findall(self.log())
        return int(found[-1]) if found else 0

    def _watch(self, process: subprocess.Popen[bytes], *, started_s: float) -> str:
        """Wait for the end; end it at a limit, and return the limit in words."""
        asked_s, next_look_s = 0.0, 0.0
        while process.poll() is None:
            now_s = time.monotonic()
            if self._stop.is_set():
                if not asked_s:
                    asked_s = now_s
                    self._signal(process, signal.SIGTERM)
                elif now_s - asked_s > _GRACE_S:
                    return ""
            if self._time_s is not None and now_s - started_s > self._time_s:
                return f"took longer than {self._time_s / 3600:g} hours (--most-hours)"
            if self._memory_bytes is not None and now_s >= next_look_s:
                next_look_s = now_s + _MEMORY_EVERY_S
                if memory_of(process.pid) > self._memory_bytes:
                    return f"needed more than {self._memory_bytes / 1e9:g} GB of memory (--most-memory-gb)"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_S)
        return ""

    def _signal(self, process: subprocess.Popen[bytes], number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def memory_of(pid: int) -> int:
    """Return the memory that a process and all below it have resident, bytes; 0 where that cannot be seen."""
    pages, parents = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            number = int(entry.name)
            parents[number] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            pages[number] = int((entry / "statm").read_text().split()[1])
    family = {pid}
    for number in sorted(parents):  # children mostly have higher numbers; a second pass catches the others
        if parents[number] in family:
            family.add(number)
    family |= {number for number, parent in parents.items() if parent in family}
    return sum(pages.get(number, 0) for number in family) * os.sysconf("SC_PAGE_SIZE")
