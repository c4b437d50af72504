"""Signals that ask the command to stop: at any moment it ends with 130 and one line, and never with a traceback."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, ClassVar

from touchline.core.errors import EXIT_INTERRUPTED

INTERRUPTED_LINE = "touchline: interrupted; run the same command again to continue"
_AGAIN_S = 5.0
"""After this time a request to stop that a library has swallowed is made again."""


class Interrupts:
    """What a request to stop does, which depends on what the command is doing.

    Before and after its work there is nothing to close, so the process ends at once: Python's own start would print a
    page of text. While it works, ``KeyboardInterrupt`` is raised, and remembered because a library may turn
    it into another error, or swallow it.
    """

    asked = False
    ended = False
    """Whether the command ended by an interrupt, its own or one that a library raised."""
    _working = False
    _armed = False
    _listened: ClassVar[list[int]] = []

    @classmethod
    def listen(cls) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal end the command; ``nohup`` still holds."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM"):
            number = getattr(signal, name, None)
            if number is not None and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                signal.signal(number, cls._on_signal)
                cls._listened.append(number)

    @classmethod
    @contextlib.contextmanager
    def working(cls) -> Iterator[None]:
        """Raise ``KeyboardInterrupt`` on a request to stop while the body runs, instead of ending the process."""
        before, cls._working = cls._working, True
        try:
            yield
        finally:
            cls._working = before
            cls._arm(0)

    @classmethod
    def answered(cls) -> None:
        """Forget a request that was carried out: what is done after it runs to its end, or to the next request."""
        cls.asked = False
        cls._arm(0)

    @classmethod
    def end(cls) -> None:
        """Ignore requests to stop from now on, when all is done; leave here and now if one was made.

        Python puts handlers away before its own end, and it ends by SIGINT instead of the exit code if code that a
        library ran as a text was interrupted.
        """
        for number in cls._listened:
            signal.signal(number, signal.SIG_IGN)
        if cls.asked or cls.ended:
            atexit._run_exitfuncs()
            with contextlib.suppress(OSError, ValueError):  # its reader has gone
                sys.stdout.flush()
            os._exit(EXIT_INTERRUPTED)

    @classmethod
    def check(cls) -> None:
        """Stop now if the process was asked to.

        Raises:
            KeyboardInterrupt: it was.

        """
        if cls.asked:
            raise KeyboardInterrupt

    @classmethod
    def _on_signal(cls, number: int, frame: FrameType | None) -> None:
        cls.asked = True
        if cls._working:
            sys.unraisablehook = _say_nothing
            cls._arm(_AGAIN_S)
            raise KeyboardInterrupt
        os.write(2, INTERRUPTED_LINE.encode() + b"\n")
        os._exit(EXIT_INTERRUPTED)

    @classmethod
    def _arm(cls, seconds: float) -> None:
        """Ask again after a time; 0 asks no more. Windows has no such alarm."""
        if hasattr(signal, "setitimer") and (seconds or cls._armed):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            cls._armed = seconds > 0


def _say_nothing(unraisable: Any) -> None:
    """Stand in for ``sys.unraisablehook``: an interrupt in a finalizer has no caller to be raised in."""
