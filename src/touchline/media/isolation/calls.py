"""Calling a function in a child process: its result, or the items that it yields, or its error."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from touchline.core.errors import InputError, ResourceError, TouchlineError
from touchline.media.isolation.plain import Attachments, from_plain, to_plain
from touchline.media.isolation.pool import POOL
from touchline.media.isolation.wire import Broken, Message
from touchline.media.isolation.worker import Worker

T = TypeVar("T")

PATIENCE_VARIABLE = "TOUCHLINE_DECODER_TIMEOUT_S"
"""Environment variable: how long a decoder may be silent, seconds."""

_PATIENCE_S = 60.0
_STOP_S = 2.0
_MOST_SLOT_BYTES = 1 << 30
_AHEAD = 16
"""Items that a child prepares before they are asked for; it begins with one, for those who want no more."""
_REMEDY = "copy or export the file again, or convert it: ffmpeg -i FILE -c:v libx264 converted.mp4"


class DecodingBug(RuntimeError):
    """An error in this package's own code, met in a child process."""


class _Died(Exception):
    """The child has ended, hangs, or does not make sense; the message says which."""


def call_apart(
    function: Callable[..., T], /, *, name: str, progress: Callable[..., None] | None = None, **arguments: Any
) -> T:
    """Run a function of this package in a child process and return its result.

    Args:
        function: one at the top of a module; its annotations say what may come back.
        name: of the file it reads, for messages.
        progress: passed to the function; None if it takes none.
        arguments: of the function.

    Raises:
        ResourceError: it crashed, hung, or needed more memory than allowed.
        TouchlineError: what the function raised.

    """
    talk = stream_apart(function, name=name, progress=progress, **arguments)
    try:
        while True:
            next(talk)
    except StopIteration as end:
        result: T = end.value
        return result


def stream_apart(
    function: Callable[..., Any],
    /,
    *,
    name: str,
    place: Callable[[], str] = lambda: "",
    most_items: int | None = None,
    progress: Callable[..., None] | None = None,
    **arguments: Any,
) -> Generator[Any, None, Any]:
    """Run a generator function of this package in a child process; yield its items and return its result.

    Args:
        function: one at the top of a module; its annotations say what may come back.
        name: of the file it reads, for messages.
        place: says how far it has been read, for messages, such as ``" at 0:12.3"``.
        most_items: more items than this cannot be in the file.
        progress: passed to the function; None if it takes none.
        arguments: of the function.

    Raises:
        ResourceError: it crashed, hung, or needed more memory than allowed.
        TouchlineError: what the function raised.

    """
    request = {
        "kind": "run",
        "function": f"{function.__module__}:{function.__qualname__}",
        "arguments": {key: to_plain(value, Attachments()) for key, value in arguments.items()},
        "progress": progress is not None,
        "folder": _folder(),
    }
    talk = _talk(request, kinds=_kinds(function), name=name, progress=progress)
    given = 0
    try:
        while True:
            item = next(talk)
            given += 1
            if most_items is not None and given > most_items:
                raise _Died(f"it gives more than {most_items} pictures, more than a file of its size can hold")
            yield item
    except StopIteration as end:
        return end.value
    except _Died as error:
        raise ResourceError(f"{name!r} cannot be decoded{place()}: {error}; {_REMEDY}") from None
    finally:
        talk.close()


def _talk(
    request: Message, *, kinds: tuple[Any, Any], name: str, progress: Callable[..., None] | None
) -> Generator[Any, None, Any]:
    """Yield what a child sends for one request, and return its result; it then goes back to the pool, or ends."""
    owner = os.getpid()
    worker = POOL.take()
    waits, taken, reported = False, 0, 0
    try:
        worker.run(request, name=name)
        while True:
            message = _next(worker)
            if message["kind"] == "item":
                yield _value(kinds[0], message, worker)
                taken += 1
                ahead = min(taken + 1, _AHEAD)
                if taken - reported >= max(1, min(ahead, worker.slots.count) // 2):
                    reported = taken
                    worker.send({"kind": "taken", "count": taken, "ahead": ahead})
            elif message["kind"] == "done":
                result = _value(kinds[1], message, worker)
                waits, worker.worn = True, message.get("worn") is not False
                return result
            elif message["kind"] == "failed":
                waits = worker.worn = True
                raise _error(message, name)
            else:
                _answer(worker, message, progress=progress)
    except GeneratorExit:
        waits = os.getpid() == owner and _stopped(worker)
        raise
    finally:
        if os.getpid() == owner:
            POOL.give(worker) if waits else worker.end()


def _answer(worker: Worker, message: Message, *, progress: Callable[..., None] | None) -> None:
    """Do what a child asks for between its items."""
    match message["kind"]:
        case "need":
            _grow(worker, message)
        case "progress" if progress is not None:
            progress(*_value(tuple[int, ...], {"value": message.get("values")}, worker))
        case "alive":
            pass
        case _:
            raise _Died("the decoder does not make sense")


def _next(worker: Worker) -> Message:
    """Return a child's next message."""
    patience_s = float(os.environ.get(PATIENCE_VARIABLE) or _PATIENCE_S)
    try:
        return worker.receive(timeout_s=patience_s)
    except TimeoutError:
        raise _Died(f"the decoder hangs, nothing came from it for {patience_s:g} s") from None
    except Broken:
        raise _Died(f"the decoder crashed ({worker.how_it_ended()})") from None


def _value(kind: Any, message: Message, worker: Worker) -> Any:
    """Return the value in a message."""
    slot, size = message.get("slot", 0), message.get("bytes", 0)
    try:
        room = worker.slots.view(slot, size) if size else memoryview(b"")
        return from_plain(kind, message["value"], room)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _Died(f"the decoder does not make sense ({error})") from None


def _grow(worker: Worker, message: Message) -> None:
    """Make the slots as large as a child needs them."""
    size = message.get("bytes")
    if type(size) is not int or not 0 < size <= _MOST_SLOT_BYTES:
        raise _Died(f"the decoder asks for {size} bytes at once")
    worker.slots.grow(size, owner=True)
    worker.send({"kind": "grown"})


def _stopped(worker: Worker) -> bool:
    """Ask a child to stop, and return whether it waits for its next request."""
    worker.send({"kind": "stop"})
    try:
        while (message := worker.receive(timeout_s=_STOP_S))["kind"] in ("item", "need", "alive", "progress"):
            pass
    except (TimeoutError, Broken):
        return False
    worker.worn = message.get("worn") is not False
    return message["kind"] in ("stopped", "done", "failed")


def _error(message: Message, name: str) -> Exception:
    """Return the error that a child reports."""
    kind, text, place = (str(message.get(key, "")) for key in ("error", "text", "place"))
    if kind in (known := {error.__name__: error for error in _kin(TouchlineError)}):
        return known[kind](text)
    if kind == "ValueError":
        return ValueError(text)
    if kind == "MemoryError":
        return ResourceError(f"{name!r} needs more memory to decode than is free; scale it down: {_SCALE}")
    if kind == "FFmpegError":
        return InputError(f"{name!r} cannot be decoded ({text}); {_REMEDY}")
    if kind == "OSError":
        number = message.get("number")
        return OSError(number if type(number) is int else 0, text, name)
    return DecodingBug(f"{kind}: {text} ({place})")


_SCALE = "ffmpeg -i FILE -vf scale=1280:-2 smaller.mp4"


def _folder() -> str | None:
    """Return the folder that relative paths start from; None if it has gone."""
    try:
        return os.getcwd()
    except OSError:
        return None


def _kin(kind: type[TouchlineError]) -> Iterator[type[TouchlineError]]:
    """Yield an error and all that are kinds of it."""
    yield kind
    for each in kind.__subclasses__():
        yield from _kin(each)


def _kinds(function: Callable[..., Any]) -> tuple[Any, Any]:
    """Return the types of the items that a function yields, and of what it returns."""
    returned = get_type_hints(function)["return"]
    origin, inner = get_origin(returned), get_args(returned)
    if origin is Generator:
        return inner[0], inner[2]
    if origin is Iterator:
        return inner[0], type(None)
    return type(None), returned
