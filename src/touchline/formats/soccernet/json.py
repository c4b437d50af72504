"""JSON documents from outside, read with care: size capped, errors with their line."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import orjson

from touchline.core.errors import InputError, UsageError

MAX_JSON_BYTES = 1 << 30
"""Largest event file that is read; a million events take about 150 MB."""

_BOM = b"\xef\xbb\xbf"


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file.

    Raises:
        UsageError: the path is a folder, a pipe or a device.
        InputError: the file is missing, unreadable or too large.

    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path}: not a file; give a JSON file of events")
        check_size(status.st_size, source=str(path))
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error


def check_size(size: int, *, source: str) -> None:
    """Refuse a file of more than ``MAX_JSON_BYTES``.

    Raises:
        InputError: it is larger.

    """
    if size > MAX_JSON_BYTES:
        raise InputError(f"{source}: {size:,} bytes exceed the limit of {MAX_JSON_BYTES:,} for one file; split it")


def parse_object(data: bytes, *, source: str) -> dict[str, Any]:
    """The JSON object in ``data``.

    Raises:
        InputError: empty, no JSON (with the line), nested too deep, or no object.

    """
    body = data[3:] if data[:3] == _BOM else data
    if not body.strip():
        raise InputError(f"{source}: empty; expected a JSON object")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"{source}: line {error.lineno}: no valid JSON ({error.msg}); correct or re-export it"
        ) from error
    if not isinstance(value, dict):
        raise InputError(f"{source}: a JSON {type(value).__name__}, not an object with annotations or predictions")
    return value


def event_entries(document: dict[str, Any], *, source: str) -> tuple[str, list[Any]]:
    """``(key, entries)`` of a document, the key being ``"annotations"`` or ``"predictions"``.

    Raises:
        InputError: it has neither, or no list there.

    """
    for key in ("predictions", "annotations"):
        if key in document:
            entries = document[key]
            if not isinstance(entries, list):
                raise InputError(f"{source}: {key!r} is a {type(entries).__name__}, not a list of events")
            return key, entries
    raise InputError(f"{source}: has neither 'annotations' nor 'predictions'; its keys are {sorted(document)[:8]}")


def url_local(document: dict[str, Any]) -> str:
    """The game a document says it belongs to, with forward slashes and none at the ends; empty if it says nothing."""
    value = document.get("UrlLocal")
    return value.replace("\\", "/").strip("/") if isinstance(value, str) else ""


def short(value: object) -> str:
    """A value for an error message, cut to a length that fits a line."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
