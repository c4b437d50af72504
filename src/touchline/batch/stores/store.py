"""What a store can do: objects by name, written whole or not at all, and one that is created only if it is absent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from touchline.core.errors import NetworkError

T = TypeVar("T")

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0


class Store(Protocol):
    """Objects by name; names have ``/`` between their parts, and no part begins with a dot.

    Every method raises :class:`NetworkError` if the store cannot be reached, and :class:`ResourceError` if it refuses.
    """

    address: str

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None if it does not exist."""

    def write(self, name: str, data: bytes) -> None:
        """Write an object, replacing what has its name."""

    def create(self, name: str, data: bytes) -> bool:
        """Write an object if there is none of its name.

        Returns:
            False if there was one. Where the store cannot make sure, of two writers at the same moment the last wins.

        """

    def put(self, path: Path, name: str) -> None:
        """Copy a local file into the store."""

    def get(self, name: str, path: Path) -> None:
        """Copy an object to a local file, whose folder exists.

        Raises:
            InputError: there is no such object.

        """

    def names(self, below: str = "") -> Iterator[str]:
        """Yield the names of all objects whose name begins with ``below/``; of all objects if it is empty."""

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens if there is none."""


class Patience:
    """How long to try again while a store cannot be reached.

    Args:
        total_s: seconds of trying after the first failure; 0 tries once.
        stop: ends the waiting early.

    """

    def __init__(self, total_s: float = 600.0, *, stop: threading.Event | None = None) -> None:
        self.total_s, self._stop = total_s, stop or threading.Event()

    def keep_trying(self, call: Callable[[], T]) -> T:
        """Return what a call returns, tried again with growing pauses while it raises :class:`NetworkError`.

        Raises:
            NetworkError: it still failed after ``total_s``.

        """
        until_s, pause_s = time.monotonic() + self.total_s, _FIRST_WAIT_S
        while True:
            try:
                return call()
            except NetworkError:
                if time.monotonic() + pause_s > until_s or self._stop.wait(pause_s):
                    raise
                pause_s = min(2 * pause_s, _LONGEST_WAIT_S)
