"""Messages between two processes over pipes: JSON objects with their length in front. Neither side is believed."""

from __future__ import annotations

import json
import os
import select
import time
from typing import Any

Message = dict[str, Any]

_LENGTH_BYTES = 4
_MOST_BYTES = 64 * 1024 * 1024
"""A longer message is a fault of the sender."""
_READ_BYTES = 1 << 16


class Broken(Exception):
    """The other side has gone, or sent what is not a message."""


class Channel:
    """One end of a connection.

    Args:
        reads: file descriptor that messages come from; closed by :meth:`close`.
        writes: file descriptor that messages go to; closed by :meth:`close`.
        ahead: whether to read more than one message at once; whoever takes over the pipe would miss the others.

    """

    def __init__(self, reads: int, writes: int, *, ahead: bool) -> None:
        self._reads, self._writes, self._ahead = reads, writes, ahead
        self._waiting, self._kept = bytearray(), bytearray()
        self._poll = select.poll()
        self._poll.register(reads, select.POLLIN)

    def send(self, message: Message, *, later: bool = False) -> None:
        """Send a message.

        Args:
            message: with a ``kind``, and whatever belongs to it.
            later: keep it until :meth:`flush`, or the next message that is sent at once; waking the other side takes
                longer than a message.

        Raises:
            Broken: the other side has gone.

        """
        body = json.dumps(message, separators=(",", ":")).encode("ascii")
        self._kept += len(body).to_bytes(_LENGTH_BYTES, "big") + body
        if not later:
            self.flush()

    def flush(self) -> None:
        """Send what was kept; errors as for :meth:`send`."""
        data = memoryview(bytes(self._kept))
        self._kept.clear()
        try:
            while data:
                data = data[os.write(self._writes, data) :]
        except OSError as error:
            raise Broken("the other side has gone") from error

    def receive(self, *, timeout_s: float | None = None) -> Message:
        """Return the next message.

        Args:
            timeout_s: longest wait for it; None waits for ever.

        Raises:
            TimeoutError: nothing came.
            Broken: the other side has gone, or sent what is not a message.

        """
        until_s = None if timeout_s is None else time.monotonic() + timeout_s
        length = int.from_bytes(self._take(_LENGTH_BYTES, until_s=until_s), "big")
        if length > _MOST_BYTES:
            raise Broken(f"a message of {length} bytes")
        try:
            message = json.loads(self._take(length, until_s=until_s))
        except (ValueError, RecursionError) as error:
            raise Broken("not a message") from error
        if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
            raise Broken("not a message")
        return message

    def has_message(self) -> bool:
        """Return whether something has come that was not read yet; also true when the other side has gone."""
        return bool(self._waiting) or bool(self._poll.poll(0))

    def close(self) -> None:
        """Close both file descriptors."""
        for number in (self._reads, self._writes):
            os.close(number)

    def _take(self, count: int, *, until_s: float | None) -> bytes:
        """Return exactly so many bytes."""
        while len(self._waiting) < count:
            left_ms = None if until_s is None else max(0, 1000 * (until_s - time.monotonic()))
            if not self._poll.poll(left_ms):
                raise TimeoutError
            try:
                data = os.read(self._reads, _READ_BYTES if self._ahead else count - len(self._waiting))
            except OSError as error:
                raise Broken("the other side has gone") from error
            if not data:
                raise Broken("the other side has gone")
            self._waiting += data
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken
