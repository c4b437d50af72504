"""JSON objects that are one long list and little else, read and written piece by piece: a million events need no copy.

A list is read in blocks that are cut where the parser itself confirms the cut: text from an element's beginning on that
is valid as a whole list ends between two elements, because reading JSON from a known state is unambiguous. Whatever is
not laid out in this way is read whole.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, BinaryIO

import orjson

LONG_BYTES = 4 << 20
"""Size from which a file is worth reading piece by piece, bytes."""

_BLOCK = 1 << 21
_HEAD = 1 << 16
_LARGEST_BLOCK = 1 << 26
_TRIES = 40
_CUT = re.compile(rb"\}\s*,\s*(?=\{)")
_ROWS_AT_ONCE = 4096
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LongList:
    """The place of the long list in a file.

    Attributes:
        path: the file.
        key: key of the list in the object.
        start: offset of the first byte after its bracket.
        outline: the object with an empty list in its place.

    """

    path: Path
    key: str
    start: int
    outline: dict[str, Any]

    def rows(self) -> Iterator[Any]:
        """Yield the elements of the list."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            for block, _ in _blocks(file):
                yield from block


class _NotLaidOut(Exception):
    """The file is not one object with one long list of objects."""


def find_long_list(path: Path, keys: Iterable[str]) -> LongList | None:
    """Return the long list of a file under one of the keys; None if the file is not laid out so, or not JSON."""
    pattern = re.compile(rb'"(' + b"|".join(re.escape(key.encode()) for key in keys) + rb')"\s*:\s*\[')
    with path.open("rb") as file:
        head = file.read(_HEAD)
        match = pattern.search(head)
        if match is None:
            return None
        try:
            opened = orjson.loads(head[: match.end()].removeprefix(_BOM) + b"]}")
            key = match[1].decode()
            if not isinstance(opened, dict) or opened.get(key) != [] or list(opened)[-1] != key:
                return None
            file.seek(match.end())
            tail = b""
            for _, rest in _blocks(file):
                tail = rest
            outline = orjson.loads(head[: match.end()].removeprefix(_BOM) + tail)
        except (orjson.JSONDecodeError, _NotLaidOut):
            return None
    if outline.get(key) != []:
        return None
    return LongList(path, key, match.end(), outline)


def _blocks(file: BinaryIO) -> Iterator[tuple[list[Any], bytes]]:
    """Yield the elements of a list in blocks, and with the last one the text behind them, from its bracket on."""
    held = b""
    while True:
        piece = file.read(_BLOCK)
        held += piece
        if not piece:
            yield _last(held)
            return
        cut, block = _first_part(held)
        if cut:
            yield block, b""
            held = held[cut:]
        elif len(held) > _LARGEST_BLOCK:
            raise _NotLaidOut


def _first_part(text: bytes) -> tuple[int, list[Any]]:
    """Return the elements that are whole in a text, and the offset of the next one; 0 if no cut is sure."""
    near = max(len(text) - _HEAD, 0)
    cuts = [match for match in _CUT.finditer(text, near)] or list(_CUT.finditer(text))
    for match in reversed(cuts[-_TRIES:]):
        try:
            return match.end(), orjson.loads(b"[%b]" % text[: match.start() + 1])
        except orjson.JSONDecodeError:
            continue
    return 0, []


def _last(text: bytes) -> tuple[list[Any], bytes]:
    """Return the elements up to the end of the list, and the text from its bracket on."""
    at = len(text)
    for _ in range(_TRIES):
        at = text.rfind(b"]", 0, at)
        if at < 0:
            break
        try:
            return orjson.loads(b"[%b]" % text[:at]), text[at:]
        except orjson.JSONDecodeError:
            continue
    raise _NotLaidOut


def object_with_list(before: Mapping[str, Any], key: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield an indented JSON object that ends with a list of objects, as ``json_bytes`` of the whole would write it.

    Args:
        before: what stands before the list.
        key: key of the list.
        rows: the objects.

    """
    lines = "".join(f"  {_text(name)}: {_value(value, 2)},\n" for name, value in before.items())
    yield _encoded(f"{{\n{lines}  {_text(key)}: [")
    found = iter(rows)
    between = "\n"
    while part := list(islice(found, _ROWS_AT_ONCE)):
        yield _encoded(between + ",\n".join(map(_row, part)))
        between = ",\n"
    yield b"]\n}\n" if between == "\n" else b"\n  ]\n}\n"


def _row(row: Mapping[str, Any]) -> str:
    if not row:
        return "    {}"
    inside = ",\n".join([f"      {_text(name)}: {_value(value, 6)}" for name, value in row.items()])
    return f"    {{\n{inside}\n    }}"


def _value(value: Any, indent: int) -> str:
    """Return a value as JSON, further lines indented."""
    kind = type(value)
    if kind is str:
        return _text(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return int.__repr__(value)
    if kind is float and math.isfinite(value):
        return float.__repr__(value)
    if kind is dict and not value:
        return "{}"
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return text.replace("\n", "\n" + " " * indent) if "\n" in text else text


_text = encode_basestring
"""A text as JSON, as ``json.dumps`` with ``ensure_ascii=False`` writes it."""


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
