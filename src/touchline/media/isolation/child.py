"""The child processes: one that opens no file, and is forked for every file into one that reads it.

A fork takes some milliseconds where a new interpreter takes a fifth of a second, and no file meets what another one may
have left behind.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

import av

from touchline.core.errors import TouchlineError
from touchline.media.isolation import switch
from touchline.media.isolation.limits import Limits
from touchline.media.isolation.plain import Attachments, from_plain, to_plain
from touchline.media.isolation.shared import Slots
from touchline.media.isolation.wire import Broken, Channel, Message

_PACKAGE = "touchline."
_USED = ("touchline.media.sound.reading", "touchline.media.video")
"""Modules to import before the first fork."""
_BY_SIGNAL = 128
"""Exit codes from here on say which signal ended a reader."""
_GONE = 1
_LONGEST_KEPT_S = 0.05
"""A parent that waits gets an item this long after it is ready at most, unless the next one takes longer."""


class _Stopped(Exception):
    """The parent wants no more."""


class Reader:
    """The process that reads one file: its side of the connection.

    Args:
        channel: the connection.
        memory: file descriptor of the shared memory.
        limits: of the process.

    """

    def __init__(self, channel: Channel, memory: int, limits: Limits) -> None:
        self._channel, self._slots, self._limits = channel, Slots(memory), limits
        self._sent = self._taken = self._flushed = 0
        self._flushed_s, self._ahead = 0.0, 1
        switch.become_child(beat=lambda: channel.send({"kind": "alive"}), size_known=self._limits.pictures)

    def serve(self) -> None:
        """Run what the parent asks for, until it wants another process for another file."""
        while (request := self._channel.receive())["kind"] != "renew":
            if request["kind"] == "run":
                self._sent, self._taken, self._flushed, self._ahead = 0, 0, 0, 1
                self._limits.begin()
                self._channel.send({**self._run(request), "worn": self._limits.worn()})

    def _run(self, request: Message) -> Message:
        """Run one function and return the last message about it."""
        try:
            if request["folder"] is not None:
                os.chdir(request["folder"])
            function = _function(request["function"])
            hints = get_type_hints(function)
            nothing = memoryview(b"")
            values = {name: from_plain(hints[name], value, nothing) for name, value in request["arguments"].items()}
            if request["progress"]:
                values["progress"] = self._progress
            found = function(**values)
            if isinstance(found, Iterator):
                found = self._pour(found)
            return self._packed("done", found)
        except _Stopped:
            return {"kind": "stopped"}
        except Broken:
            raise
        except Exception as error:  # broad on purpose: whatever happens is the parent's to report
            return _failure(error)

    def _pour(self, items: Iterator[Any]) -> Any:
        """Send the items that a generator yields, as far ahead as the parent allows; return what it returns."""
        try:
            while True:
                try:
                    item = next(items)
                except StopIteration as end:
                    return end.value
                self._wait_for_room()
                self._channel.send(self._packed("item", item), later=True)
                self._sent += 1
                self._pass_on()
        finally:
            if isinstance(items, Generator):
                items.close()

    def _wait_for_room(self) -> None:
        """Return when the parent has taken enough."""
        while self._sent - self._taken >= self._window():
            self._flush()
            self._listen()

    def _window(self) -> int:
        """Return how many items may be under way."""
        return min(self._ahead, self._slots.count or 1)

    def _pass_on(self) -> None:
        """Send the items that are ready, several at once where they come fast."""
        now_s = time.monotonic()
        if self._sent - self._flushed >= self._window() // 2 or now_s - self._flushed_s > _LONGEST_KEPT_S:
            self._flush()

    def _flush(self) -> None:
        self._channel.flush()
        self._flushed, self._flushed_s = self._sent, time.monotonic()

    def _listen(self) -> Message:
        """Take in the parent's next message."""
        message = self._channel.receive()
        if message["kind"] == "stop":
            raise _Stopped
        if message["kind"] == "taken":
            self._taken, self._ahead = message["count"], message["ahead"]
        return message

    def _packed(self, kind: str, value: Any) -> Message:
        """Return a message with a value; its arrays and pictures are written into the next slot."""
        beside = Attachments()
        plain = to_plain(value, beside)
        if beside.size > self._slots.slot_bytes:
            self._channel.send({"kind": "need", "bytes": beside.size})
            while self._listen()["kind"] != "grown":
                pass
            self._slots.grow(beside.size, owner=False)
        slot = self._sent % max(1, self._slots.count)
        if beside.size:
            beside.write(self._slots.view(slot, beside.size))
        return {"kind": kind, "value": plain, "slot": slot, "bytes": beside.size}

    def _progress(self, *values: int) -> None:
        """Pass on a call of the function's ``progress``."""
        while self._channel.has_message():
            self._listen()
        self._channel.send({"kind": "progress", "values": list(values)})


def _function(name: str) -> Callable[..., Any]:
    """Return a function of this package, named ``module:function``."""
    module, _, function = name.partition(":")
    if not module.startswith(_PACKAGE):
        raise ValueError(f"{name}: not a function of {_PACKAGE}")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _failure(error: Exception) -> Message:
    """Return the message about an error."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message: Message = {
        "kind": "failed",
        "error": type(error).__name__,
        "text": str(error),
        "place": f"{Path(frame.filename).name}:{frame.lineno}",
    }
    if isinstance(error, TouchlineError | ValueError) and not isinstance(error, av.FFmpegError):
        return message
    if isinstance(error, MemoryError):
        return {**message, "error": "MemoryError"}
    if isinstance(error, av.FFmpegError):
        return {**message, "error": "FFmpegError", "text": error.strerror or str(error)}
    if isinstance(error, OSError):
        return {**message, "error": "OSError", "number": error.errno, "text": error.strerror or str(error)}
    return message


def _end_with_parent(lifeline: int) -> None:
    """Let the kernel end these processes when their parent has gone, even in the middle of an endless loop."""
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def main() -> None:
    """Fork into a reader, and again whenever one is done; the parent gave the numbers of the file descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    reads, writes, memory = map(int, sys.argv[1:])
    _end_with_parent(sys.stdin.fileno())
    for name in _USED:
        importlib.import_module(name)
    limits = Limits()
    gc.freeze()
    code = 0
    while code == 0:
        pid = os.fork()
        if pid == 0:
            _read(Channel(reads, writes, ahead=False), memory, limits)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os._exit(code if code > 0 else _BY_SIGNAL - code)


def _read(channel: Channel, memory: int, limits: Limits) -> NoReturn:
    """Serve the parent, and end this process."""
    code = _GONE
    try:
        Reader(channel, memory, limits).serve()
        code = 0
    except Broken:
        pass
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
