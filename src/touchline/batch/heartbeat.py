"""Signs of life: what a worker is doing with a match, written to the store now and then."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from touchline.batch.markers import RUNNING, Failure, Running, Step, read_marker, write_marker
from touchline.batch.stores.store import Store
from touchline.core.errors import TouchlineError

Progress = Callable[[], int]


class Heartbeat:
    """Writes signs of life from a thread of its own while its body runs.

    Args:
        store: where they go.
        key: of the match.
        worker: who is alive.
        before: the last sign of life of another worker, whose failures are kept; None if there was none.
        every_s: seconds between them.

    """

    def __init__(self, store: Store, key: str, *, worker: str, before: Running | None, every_s: float) -> None:
        now = time.time()
        starts, failures = (before.starts, before.failures) if before is not None else (0, ())
        self._state = Running(worker=worker, step="staging", at=now, started=now, starts=starts + 1, failures=failures)
        self._store, self._key, self._every_s = store, key, every_s
        self._progress: Progress | None = None
        self._writes, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{key[:8]}", daemon=True)

    def __enter__(self) -> Heartbeat:
        """Write the first sign of life, and go on."""
        self._write()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write no more; a match that is left by an error is put back."""
        self._ended.set()
        self._thread.join()
        if error is not None:
            with contextlib.suppress(TouchlineError):  # what it was left by counts
                self.put_back()

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What went wrong with the match so far."""
        return self._state.failures

    @property
    def starts(self) -> int:
        """How many workers have taken the match, this one too."""
        return self._state.starts

    def step(self, step: Step, *, progress: Progress | None = None) -> None:
        """Begin the next step; ``progress`` says how far it is, in percent."""
        self._progress = progress
        self._state = replace(self._state, step=step)
        self._write()

    def add(self, failure: Failure) -> None:
        """Remember a failed attempt."""
        self._state = replace(self._state, failures=(*self._state.failures, failure))
        self._write()

    def put_back(self) -> None:
        """Say that the match waits for a worker again, unless another one has it by now."""
        self._ended.set()
        if not self.is_taken_over():
            self._state = self._state.as_stopped()
            self._write()

    def is_taken_over(self) -> bool:
        """Return whether another worker has taken the match; there are no more signs of life then."""
        found = read_marker(self._store, self._key, Running)
        if found is None or found.worker == self._state.worker:
            return False
        self._ended.set()
        return True

    def remove(self) -> None:
        """Remove the sign of life: the match is finished."""
        self._ended.set()
        with self._writes:
            self._store.remove(f"{self._key}/{RUNNING}")

    def _beat(self) -> None:
        while not self._ended.wait(self._every_s):
            with contextlib.suppress(TouchlineError), self._writes:  # the next one may get through
                if not self._ended.is_set() and not self.is_taken_over():
                    self._put()

    def _write(self) -> None:
        with self._writes:
            self._put()

    def _put(self) -> None:
        progress = self._progress() if self._progress is not None else self._state.progress
        self._state = replace(self._state, at=time.time(), progress=progress)
        write_marker(self._store, self._key, self._state)
