"""What a live run has found, for everybody who looks at its page: kept, and sent on as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from threading import Lock
from typing import Any

from touchline.live.session import Stated

MOST_KEPT = 20_000
"""Events that a page that is opened late is sent."""
MOST_WAITING = 2_000
"""Messages that may wait for one reader; a slower one is dropped, and asks again."""


class Reader:
    """One connection that wants every message.

    Args:
        loop: the event loop of the server.

    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MOST_WAITING)

    async def next(self) -> dict[str, Any] | None:
        """Return the next message; None if no more follow."""
        return await self._messages.get()

    def send(self, message: dict[str, Any] | None) -> None:
        """Hand over a message; may be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, message)

    def _put(self, message: dict[str, Any] | None) -> None:
        if self._messages.full():
            while not self._messages.empty():
                self._messages.get_nowait()
            message = None
        self._messages.put_nowait(message)


class Hub:
    """The latest state of a run: a listener of the session, and the source of the page's messages."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._events: dict[str, dict[str, Any]] = {}
        self._status: dict[str, Any] = {"type": "status", "state": "starting"}
        self._readers: set[Reader] = set()

    def event(self, stated: Stated) -> None:
        """Take a revision of an event."""
        record = stated.record()
        with self._lock:
            self._events[record["id"]] = record
            if record["withdrawn"]:
                del self._events[record["id"]]
            if len(self._events) > MOST_KEPT:
                del self._events[next(iter(self._events))]
            self._tell(record)

    def status(self, record: Mapping[str, Any]) -> None:
        """Take how the run stands."""
        with self._lock:
            self._status = dict(record)
            self._tell(self._status)

    def snapshot(self) -> dict[str, Any]:
        """Return everything that is known: the state, and each event's latest revision."""
        with self._lock:
            return {"status": self._status, "events": list(self._events.values())}

    def join(self, reader: Reader) -> dict[str, Any]:
        """Send all further messages to a reader; return what came before them, so that nothing is missed."""
        with self._lock:
            self._readers.add(reader)
            return {"type": "snapshot", "status": self._status, "events": list(self._events.values())}

    def leave(self, reader: Reader) -> None:
        """Send no more to a reader."""
        with self._lock:
            self._readers.discard(reader)

    def close(self) -> None:
        """End all readers."""
        with self._lock:
            for reader in self._readers:
                reader.send(None)
            self._readers.clear()

    def _tell(self, record: dict[str, Any]) -> None:
        for reader in self._readers:
            reader.send(record)
