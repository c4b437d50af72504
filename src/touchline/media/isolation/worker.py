"""Child processes as their parent sees them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

from touchline.media.isolation.shared import Slots, new_memory
from touchline.media.isolation.wire import Broken, Channel, Message

_MODULE = "touchline.media.isolation.child"
_END_S = 5.0
_BY_SIGNAL = 128
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
"""No threads, of which a fork takes none along, and no address space that is reserved for them."""


class Worker:
    """A child process that is forked for every file it shall read.

    Attributes:
        slots: the memory shared with it.
        worn: whether the fork has grown so much that another one should take the next request.

    """

    def __init__(self) -> None:
        """Start the process; it is not waited for.

        Raises:
            OSError: there is no memory for another process.

        """
        self._reads = ""
        self.worn = False
        memory = new_memory()
        to_child, from_child = os.pipe(), os.pipe()
        theirs = (to_child[0], from_child[1], memory)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, *map(str, theirs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=theirs,
                start_new_session=True,  # Ctrl-C is for the parent
                env=_environment(),
            )
        except OSError:
            for number in (*to_child, *from_child, memory):
                os.close(number)
            raise
        for number in theirs[:2]:
            os.close(number)
        self._memory = memory
        self._channel = Channel(from_child[0], to_child[1], ahead=True)
        self.slots = Slots(memory)

    def lives(self) -> bool:
        """Return whether the process has not ended."""
        return self._process.poll() is None

    def send(self, message: Message) -> None:
        """Send a message; one to a process that has gone is lost, which the next answer will show."""
        with contextlib.suppress(Broken):
            self._channel.send(message)

    def run(self, request: Message, *, name: str) -> None:
        """Send a request; a fork that has read another file ends, and a new one takes it.

        Args:
            request: what to run.
            name: of the file that it reads.

        """
        if self.worn or self._reads not in ("", name):
            with contextlib.suppress(Broken):
                self._channel.send({"kind": "renew"}, later=True)
            self.slots = Slots(self._memory)  # the new one knows of none
        self._reads, self.worn = name, False
        self.send(request)

    def receive(self, *, timeout_s: float) -> Message:
        """Return the next message; errors as for :meth:`Channel.receive`."""
        return self._channel.receive(timeout_s=timeout_s)

    def how_it_ended(self) -> str:
        """Say in words how the process ended, which has just closed its connection."""
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        number = -code if code < 0 else code - _BY_SIGNAL
        if number <= 0:
            return f"exit code {code}"
        try:
            return signal.Signals(number).name
        except ValueError:
            return f"signal {number}"

    def end(self) -> None:
        """End the process and its fork at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.let_go()

    def let_go(self) -> None:
        """Close what this process has of the connection."""
        self._channel.close()
        self.slots.close()
        os.close(self._memory)
        if self._process.stdin is not None:
            self._process.stdin.close()


def _environment() -> dict[str, str]:
    """Return the environment of a child: it imports what this process would, but nothing from the current folder."""
    kept = [path for path in sys.path if path]
    return {**os.environ, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(kept)}
