"""Safe reading of JSON files: size capped, errors that name the file and the line."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import orjson

from touchline.core.errors import InputError
from touchline.formats.files.guard import MAX_FILE_BYTES, cause_of, check_size, read_regular

MAX_JSON_BYTES = MAX_FILE_BYTES
"""Largest JSON file that is read, bytes."""

_BOM = b"\xef\xbb\xbf"


def read_bytes(path: Path) -> bytes:
    """Read the bytes of a regular file; see :func:`touchline.formats.files.guard.read_regular`."""
    return read_regular(path, max_bytes=MAX_JSON_BYTES, expected="a JSON file of events")


def size_of(path: Path) -> int:
    """Return the size of a regular file within the limit; 0 for anything else, which :func:`read_bytes` names."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_JSON_BYTES else 0


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
        raise InputError(f"{path}: not readable as JSON ({cause_of(error)}); {remedy}") from error
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
        raise InputError(
            f"{source}: schema {schema!r} version {found[1]!r:.60} is not the supported {wanted}; {remedy}"
        )
    raise InputError(f"{source}: schema {found[0]!r:.60} version {found[1]!r:.60} is not {wanted}; {remedy}")
