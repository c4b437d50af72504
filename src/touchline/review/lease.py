"""Which window writes: the first one, until it is closed, falls silent, or another one takes over."""

from __future__ import annotations

from collections.abc import Callable

SILENCE_S = 15.0
"""A window that was silent for this long no longer holds the lease."""


class Lease:
    """The right to write, held by one window at a time.

    Args:
        clock: seconds on a clock that never jumps.

    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._holder: str | None = None
        self._heard_s = 0.0

    @property
    def holder(self) -> str | None:
        """The window that writes; None if there is none, or it has fallen silent."""
        silent = self._clock() - self._heard_s >= SILENCE_S
        return None if silent else self._holder

    def ask(self, window: str, *, take_over: bool = False) -> bool:
        """Note that a window is alive; return whether it holds the lease, which it gets if nobody else has it."""
        if self.holder not in (None, window) and not take_over:
            return False
        self._holder, self._heard_s = window, self._clock()
        return True

    def leave(self, window: str) -> None:
        """Give the lease back, if this window holds it."""
        if self._holder == window:
            self._holder = None
