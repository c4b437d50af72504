"""Signals that stop a training run after the current step."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class StopRequest:
    """A request by signal to stop training; the run then ends after the current step, with a checkpoint.

    Args:
        patient: whether to ignore further signals, for a process of several: torchrun passes on signals that the
            terminal has already sent to every process, and itself ends processes that take too long.

    """

    def __init__(self, *, patient: bool = False) -> None:
        self.asked, self._patient = False, patient

    @contextlib.contextmanager
    def listening(self) -> Iterator[StopRequest]:
        """Turn SIGTERM and SIGINT into a request while the body runs; a second one interrupts, unless ``patient``."""

        def ask(number: int, frame: FrameType | None) -> None:
            if self.asked and not self._patient:
                raise KeyboardInterrupt
            self.asked = True

        try:
            before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        except ValueError:  # not the main thread, which alone receives signals
            before = {}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
