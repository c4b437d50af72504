"""Run a command that ends with whoever started it, however that one ends; a script of the standard library only.

Its stdin is a pipe from the process that started it; when the pipe closes, the whole group of processes is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import FrameType


def main(command: list[str]) -> int:
    """Run a command to its end; return its exit code, 128 and the signal's number if one ended it."""
    signal.signal(signal.SIGTERM, _leave_it_to_the_command)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_watch, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _watch() -> None:
    """Wait until the other end of stdin is closed, then end everything."""
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def _leave_it_to_the_command(number: int, frame: FrameType | None) -> None:
    """Do nothing; unlike an ignored signal, this is not passed on to the command."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
