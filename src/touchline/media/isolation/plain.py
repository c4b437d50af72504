"""Values as plain JSON and back, by their types; arrays and pictures go beside it, as bytes.

What comes from a child is checked against the type that the called function declares: nothing is run, or created, that
it did not declare.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from av import VideoFrame

from touchline.media.isolation import pictures
from touchline.media.isolation.shared import ALIGNED, aligned

Buffer = bytes | memoryview


class Attachments:
    """The bytes that go beside a value."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[tuple[int, int, Callable[[memoryview], None]]] = []

    def add(self, size: int, write: Callable[[memoryview], None]) -> int:
        """Note a piece of so many bytes, and what writes it; return where it will lie."""
        at = self.size
        self._pieces.append((at, size, write))
        self.size = aligned(at + size)
        return at

    def write(self, room: memoryview) -> None:
        """Write all pieces into a room of at least ``size`` bytes."""
        for at, size, write in self._pieces:
            write(room[at : at + size])


def to_plain(value: Any, beside: Attachments) -> Any:
    """Return a value as JSON takes it; the bytes of arrays and pictures are added to ``beside``."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Path():
            return str(value)
        case Fraction():
            return [value.numerator, value.denominator]
        case VideoFrame():
            return pictures.to_plain(value, beside.add)
        case bytes():
            return to_plain(np.frombuffer(value, np.uint8), beside)
        case np.ndarray():
            packed = np.ascontiguousarray(value)
            at = beside.add(packed.nbytes, lambda room: _copy(packed, room))
            return {"at": at, "shape": list(value.shape), "dtype": value.dtype.str}
        case Mapping():
            return {str(key): to_plain(each, beside) for key, each in value.items()}
        case Sequence():
            return [to_plain(each, beside) for each in value]
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name), beside) for field in fields(value) if field.init}
    raise TypeError(f"a {type(value).__name__} cannot be sent to another process")


def from_plain(kind: Any, plain: Any, room: memoryview) -> Any:
    """Return the value of a type that a plain one stands for.

    Args:
        kind: a type, as in an annotation.
        plain: as :func:`to_plain` returned it.
        room: the bytes beside it; they are copied.

    Raises:
        ValueError: it is not of this type.

    """
    if kind is int and type(plain) is int:
        return plain
    if kind is Any:
        return plain
    origin, inner = _parts(kind)
    if origin in (Union, types.UnionType):
        return _one_of(inner, plain, room)
    if origin is Literal:
        return _checked(plain, plain in inner, kind)
    if origin is np.ndarray or kind is bytes or kind is VideoFrame or kind is Fraction or kind is Path:
        return _leaf(kind, plain, room)
    if kind in (int, str, bool, float, type(None)):
        fits = type(plain) is kind or (kind is float and type(plain) is int)
        return kind(_checked(plain, fits, kind)) if kind is not type(None) else _checked(plain, plain is None, kind)
    if origin is tuple and inner[-1:] != (...,):
        _checked(plain, isinstance(plain, list) and len(plain) == len(inner), kind)
        return tuple(from_plain(each, value, room) for each, value in zip(inner, plain, strict=True))
    if origin in (tuple, list, Sequence):
        _checked(plain, isinstance(plain, list), kind)
        found = [from_plain(inner[0], value, room) for value in plain]
        return found if origin is list else tuple(found)
    if origin in (dict, Mapping):
        _checked(plain, isinstance(plain, dict), kind)
        return {key: from_plain(inner[1], value, room) for key, value in plain.items()}
    return _record(kind, plain, room)


def _record(kind: Any, plain: Any, room: memoryview) -> Any:
    """Return a dataclass or a named tuple."""
    if not isinstance(kind, type):
        raise ValueError(f"{kind} cannot be received")
    if issubclass(kind, tuple):
        hints = _hints(kind)
        _checked(plain, isinstance(plain, list) and len(plain) == len(hints), kind)
        return kind(*(from_plain(each, value, room) for each, value in zip(hints.values(), plain, strict=True)))
    if is_dataclass(kind):
        hints = _hints(kind)
        names = [field.name for field in fields(kind) if field.init]
        _checked(plain, isinstance(plain, dict) and set(plain) == set(names), kind)
        return kind(**{name: from_plain(hints[name], plain[name], room) for name in names})
    raise ValueError(f"{kind} cannot be received")


def _leaf(kind: Any, plain: Any, room: memoryview) -> Any:
    """Return a value that is written in a form of its own."""
    if kind is Path:
        return Path(_checked(plain, isinstance(plain, str), kind))
    if kind is Fraction:
        pair = isinstance(plain, list) and len(plain) == 2 and all(type(value) is int for value in plain)
        return Fraction(*_checked(plain, pair and plain[1] > 0, kind))
    _checked(plain, isinstance(plain, dict), kind)
    if kind is VideoFrame:
        return pictures.from_plain(plain, room)
    array = _array(plain, room)
    if kind is bytes:
        return array.tobytes()
    wanted = np.dtype(get_args(get_args(kind)[1])[0])
    return _checked(array, array.dtype == wanted, kind)


def _array(plain: dict[str, Any], room: memoryview) -> np.ndarray[Any, Any]:
    """Return an array from the bytes beside a value."""
    shape, dtype, at = plain.get("shape"), plain.get("dtype"), plain.get("at")
    if not isinstance(shape, list) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("not an array")
    if not isinstance(dtype, str) or type(at) is not int or at % ALIGNED:
        raise ValueError("not an array")
    kind = np.dtype(dtype)
    if kind.hasobject or kind.itemsize == 0:
        raise ValueError("not an array of numbers")
    size = kind.itemsize
    for length in shape:
        size *= length
    if not 0 <= at <= at + size <= len(room):
        raise ValueError(f"an array of {size} bytes at {at} does not fit into {len(room)}")
    return np.frombuffer(room[at : at + size], kind).reshape(shape).copy()


def _one_of(kinds: tuple[Any, ...], plain: Any, room: memoryview) -> Any:
    """Return a value of the first type that it fits."""
    for kind in kinds:
        try:
            return from_plain(kind, plain, room)
        except ValueError as error:
            why = error
    raise why


def _checked(value: Any, good: bool, kind: Any) -> Any:
    if not good:
        raise ValueError(f"{str(value)[:80]} is not a {kind}")
    return value


def _copy(array: np.ndarray[Any, Any], room: memoryview) -> None:
    np.frombuffer(room, np.uint8)[:] = array.reshape(-1).view(np.uint8)


@cache
def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
