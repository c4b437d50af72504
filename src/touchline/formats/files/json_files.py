"""Safe reading of JSON files: size capped, errors that name the file and the line."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import orjson

from touchline.core.errors import InputError, UsageError

MAX_JSON_BYTES = 1 << 30
"""Largest JSON file that is read, bytes; a million events take about 150 MB."""

_BOM = b"\xef\xbb\xbf"


def read_bytes(path: Path) -> bytes:
    """Read the bytes of a regular file.

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
    """Raise an error for a file of more than ``MAX_JSON_BYTES``.

    Raises:
        InputError: it is larger.

    """
    if size > MAX_JSON_BYTES:
        raise InputError(f"{source}: {size:,} bytes exceed the limit of {MAX_JSON_BYTES:,} for one file; split it")


def parse_json(data: bytes | str, *, source: str) -> Any:
    """Parse JSON of unknown origin.

    Raises:
        InputError: the text is not JSON, holds NaN or infinity, or is nested too deep; the message names the line.

    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{source}: line {error.lineno}: not readable as JSON ({error.msg}); fix the file") from error


def parse_object(data: bytes, *, source: str) -> dict[str, Any]:
    """Parse the JSON object in ``data``, with or without a byte order mark.

    Raises:
        InputError: empty, not an object, or not valid for :func:`parse_json`.

    """
    body = data[3:] if data[:3] == _BOM else data
    if not body.strip():
        raise InputError(f"{source}: empty; expected a JSON object")
    value = parse_json(body, source=source)
    if not isinstance(value, dict):
        raise InputError(f"{source}: a JSON {type(value).__name__}, not an object with annotations or predictions")
    return value


def read_own_json(path: Path, *, remedy: str, wanted: str = "a JSON object") -> dict[str, Any]:
    """Read the JSON object in a file that touchline wrote.

    Uses Python's own parser: file names that are not valid Unicode are escaped in a way that orjson refuses.

    Args:
        path: the JSON file.
        remedy: what to do about an unusable file, the end of the message.
        wanted: expected content, for the message.

    Raises:
        InputError: missing, unreadable, too large, not JSON, or not an object.

    """
    try:
        check_size(path.stat().st_size, source=str(path))
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); {remedy}") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: holds a {type(document).__name__}, not {wanted}; {remedy}")
    return document


def read_document(path: Path, *, schema: str, version: int, remedy: str) -> dict[str, Any]:
    """Read the JSON object of a schema in a file that touchline wrote; see :func:`read_own_json`.

    Raises:
        InputError: the file cannot be read, or is of another schema or version.

    """
    document = read_own_json(path, remedy=remedy, wanted=f"a JSON object of schema {schema!r} version {version}")
    check_schema(document, schema=schema, version=version, source=str(path), remedy=remedy)
    return document


def check_schema(document: dict[str, Any], *, schema: str, version: int, source: str, remedy: str) -> None:
    """Raise an error for a document of another schema or version.

    Raises:
        InputError: the schema or version differs.

    """
    found = document.get("schema"), document.get("version")
    if found == (schema, version):
        return
    wanted = f"{schema!r} version {version}"
    if found[0] == schema:
        raise InputError(f"{source}: schema {schema!r} version {found[1]!r} is not the supported {wanted}; {remedy}")
    raise InputError(f"{source}: schema {found[0]!r} version {found[1]!r} is not {wanted}; {remedy}")
