"""Threads that work together on one stream of items, with bounded queues between them.

The first error in any thread stops all of them, and is raised with its traceback in the thread that leads::

    with leading() as crew:
        channel = crew.channel(most=8)
        crew.start(lambda: consume(channel), name="consumer")
        for item in items:
            channel.put(item)
        channel.close()
"""

from __future__ import annotations

import ctypes
import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

_PATIENCE_S = 0.2
"""A thread that has not stopped by then, because it calculates, is interrupted wherever it is."""


class Stopped(BaseException):
    """Raised in a thread whose work is no longer wanted; like ``KeyboardInterrupt``, it is no error."""


class Channel(Generic[T]):
    """A bounded queue between two threads of a crew, iterated by the receiver until the sender closes it.

    Args:
        crew: the crew.
        most: number of items that may wait.

    Attributes:
        most: number of items that may wait.
        longest: the most items that have waited at once.

    """

    def __init__(self, crew: Crew, *, most: int) -> None:
        if most < 1:
            raise ValueError(f"most={most} must be at least 1")
        self.longest = 0
        self.most = most
        self._crew = crew
        self._items: deque[T] = deque()
        self._closed = False
        self._changed = threading.Condition(crew.lock)

    def put(self, item: T) -> None:
        """Add an item as soon as there is room.

        Raises:
            Stopped: the crew is stopping.

        """
        with self._changed:
            while len(self._items) >= self.most and not self._crew.stopping:
                self._changed.wait()
            self._crew.check()
            self._items.append(item)
            self.longest = max(self.longest, len(self._items))
            self._changed.notify_all()

    def close(self) -> None:
        """Say that no item follows."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """Yield the items in order.

        Raises:
            Stopped: the crew is stopping.

        """
        while True:
            with self._changed:
                while not self._items and not self._closed and not self._crew.stopping:
                    self._changed.wait()
                self._crew.check()
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
            del item  # or the thread would hold one more while it waits

    def wake(self) -> None:
        """Let those who wait look again; the caller holds the crew's lock."""
        self._changed.notify_all()


class Crew:
    """The threads of one piece of work; see :func:`leading`.

    Attributes:
        lock: lock of all that they share.
        stopping: whether they are to stop.

    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stopping = False
        self._channels: list[Channel[object]] = []
        self._threads: list[threading.Thread] = []
        self._ended: set[threading.Thread] = set()
        self._one_ended = threading.Condition(self.lock)
        self._error: BaseException | None = None

    def channel(self, *, most: int) -> Channel[T]:
        """Return a new queue that holds at most this many items."""
        made: Channel[T] = Channel(self, most=most)
        self._channels.append(made)  # type: ignore[arg-type]
        return made

    def start(self, work: Callable[[], None], *, name: str) -> None:
        """Run a function in a thread of its own."""
        thread = threading.Thread(target=self._run, args=(work,), name=f"touchline-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Stopped:
            self.stop()
        except BaseException as error:  # broad on purpose: whatever happens is raised in the thread that leads
            self.stop(error)
        finally:
            with self._one_ended:
                self._ended.add(threading.current_thread())
                self._one_ended.notify_all()

    def check(self) -> None:
        """Raise an error if the threads are to stop.

        Raises:
            Stopped: they are.

        """
        if self.stopping:
            raise Stopped

    def stop(self, error: BaseException | None = None) -> None:
        """Stop all threads; of several errors, the first is kept."""
        with self.lock:
            self._error = error if self._error is None else self._error
            self.stopping = True
            for channel in self._channels:
                channel.wake()

    def join(self) -> None:
        """Return when all threads have ended; one that calculates on after a stop is interrupted.

        Raises:
            Stopped: the calling thread was interrupted meanwhile.

        """
        interrupted, next_s = False, 0.0
        while running := self._running():
            try:
                with self._one_ended:
                    if len(self._ended) < len(self._threads):
                        self._one_ended.wait(_PATIENCE_S)
                if self.stopping and time.monotonic() >= (next_s or math.inf):
                    _interrupt(running)
            except Stopped:
                interrupted = True
            if self.stopping and time.monotonic() >= next_s:
                next_s = time.monotonic() + _PATIENCE_S
        for thread in self._threads:
            thread.join()
        if interrupted:
            raise Stopped

    def _running(self) -> list[threading.Thread]:
        """Return the threads that have not ended; ``is_alive`` is wrong after an interrupt of ``join`` (bpo-45274)."""
        alive = sys._current_frames()
        return [thread for thread in self._threads if thread not in self._ended and thread.ident in alive]

    def raise_error(self) -> None:
        """Raise the first error of any thread, if there was one, or :class:`Stopped` if they stopped without one."""
        if self._error is None:
            self.check()
            return
        context = self._error.__context__
        try:
            raise self._error
        finally:
            self._error.__context__ = context  # not the Stopped that this thread got meanwhile


def _interrupt(threads: list[threading.Thread]) -> None:
    """Raise :class:`Stopped` in threads as soon as each is in Python code."""
    for thread in threads:
        if thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stopped))


@contextmanager
def leading() -> Iterator[Crew]:
    """Lead a crew of threads: all of them have ended on exit, and an error in one of them is raised here."""
    crew = Crew()
    try:
        yield crew
        crew.join()
    except Stopped:
        another = not crew.stopping  # this thread is itself in a crew, which is stopping
        crew.stop()
        crew.join()
        if another:
            raise
    except BaseException:
        crew.stop()
        crew.join()
        raise
    crew.raise_error()


@contextmanager
def in_thread(work: Callable[[T], None], *, most: int, name: str, apart: bool = True) -> Iterator[Callable[[T], None]]:
    """Pass items on to work that a thread of its own does, in order; the work is done on exit.

    Args:
        work: called with each item.
        most: items that may wait.
        name: of the thread.
        apart: use a thread; otherwise the work is done at once.

    """
    if not apart:
        yield work
        return

    def do_all() -> None:
        for item in channel:
            work(item)

    with leading() as crew:
        channel: Channel[T] = crew.channel(most=most)
        crew.start(do_all, name=name)
        yield channel.put
        channel.close()
