"""Child processes that are kept for the next file, because starting one takes a fifth of a second."""

from __future__ import annotations

import atexit
import os
import threading

from touchline.media.isolation.worker import Worker

_MOST_IDLE = 3


class Pool:
    """The idle child processes of this process; those of a process it was forked from are not touched."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def take(self) -> Worker:
        """Return a process for the caller alone."""
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return Worker()
            if worker.lives():
                return worker
            worker.end()

    def give(self, worker: Worker) -> None:
        """Take back a process that waits for its next request."""
        with self._lock:
            keep = len(self._idle) < _MOST_IDLE
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.end()

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _forget(self) -> None:
        """Leave the processes to the process that this one was forked from."""
        self._lock = threading.Lock()
        idle, self._idle = self._idle, []
        for worker in idle:
            worker.let_go()


POOL = Pool()
