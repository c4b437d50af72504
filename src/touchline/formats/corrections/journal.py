"""Reading and encoding of ``corrections.jsonl``: append-only, one JSON object a line.

| line | holds |
|---|---|
| first | ``{"schema": "touchline.corrections", "version": 1, "video_fingerprint": ...}`` |
| a command | ``{"n": 1, "at": ..., "who": ..., "do": [{"what", "id", "before", "after"}, ...]}`` |
| an undo | ``{"n": 2, "at": ..., "who": ..., "undo": 1}`` |
| a redo | ``{"n": 3, "at": ..., "who": ..., "redo": 1}`` |

A process that is killed while it writes leaves at most one unfinished last line. That line is ignored, and cut off
when the next entry is written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.core.corrections.history import Change, Entry, History, StaleChangeError
from touchline.core.errors import InputError
from touchline.formats.files.guard import MALFORMED, cause_of
from touchline.formats.files.json_files import check_schema, read_bytes

SCHEMA = "touchline.corrections"
VERSION = 1
REMEDY = "restore the file from a copy, or move it away to start the review again"


@dataclass(frozen=True, slots=True)
class Journal:
    """The content of a journal.

    Attributes:
        entries: all complete entries.
        video_fingerprint: fingerprint of the video that was reviewed.
        sound_bytes: length of the complete lines; anything after them is an unfinished line.

    """

    entries: tuple[Entry, ...] = ()
    video_fingerprint: str = ""
    sound_bytes: int = 0


def read_journal(path: Path) -> Journal:
    """Read a journal; a missing file is an empty one.

    Raises:
        InputError: the file cannot be read, is of another schema, or a line other than an unfinished last one is
            damaged or does not fit those before it; the message names the line.

    """
    if not path.exists():
        return Journal()
    data = read_bytes(path)
    sound = data.rfind(b"\n") + 1
    lines = data[:sound].splitlines()
    if not lines:
        return Journal()
    head = _object(lines[0], source=f"{path}: line 1")
    check_schema(head, schema=SCHEMA, version=VERSION, source=str(path), remedy=REMEDY)
    history = History()
    for number, line in enumerate(lines[1:], start=2):
        where = f"{path}: line {number}"
        try:
            history.add(entry_of(_object(line, source=where)))
        except StaleChangeError as error:
            raise InputError(f"{where}: does not fit the lines before it ({error}); {REMEDY}") from error
        except MALFORMED as error:
            raise InputError(f"{where}: not a correction ({cause_of(error)}); {REMEDY}") from error
    return Journal(tuple(history.entries), str(head.get("video_fingerprint", "")), sound)


def entry_of(document: dict[str, Any]) -> Entry:
    """Return the entry that a line's object holds.

    Raises:
        KeyError, TypeError, ValueError: the object is not an entry.

    """
    changes = tuple(change_of(row) for row in document.get("do", ()))
    return Entry(
        number=document["n"],
        at=str(document["at"]),
        who=str(document["who"]),
        changes=changes,
        undo=document.get("undo"),
        redo=document.get("redo"),
    )


def change_of(row: dict[str, Any]) -> Change:
    """Return the change that an object holds; errors as for :func:`entry_of`."""
    return Change(row["what"], row["id"], before=row["before"], after=row["after"])


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return an entry as the object of its line."""
    document: dict[str, Any] = {"n": entry.number, "at": entry.at, "who": entry.who}
    if entry.undo is not None:
        return {**document, "undo": entry.undo}
    if entry.redo is not None:
        return {**document, "redo": entry.redo}
    rows = [{"what": c.what, "id": c.id, "before": c.before, "after": c.after} for c in entry.changes]
    return {**document, "do": rows}


def head_line(*, video_fingerprint: str) -> bytes:
    """Return the first line of a new journal."""
    return line_of({"schema": SCHEMA, "version": VERSION, "video_fingerprint": video_fingerprint})


def line_of(document: dict[str, Any]) -> bytes:
    """Return an object as a line of the journal."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes, *, source: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
        if b"\\u" in line:  # half of a surrogate pair, which no file can hold
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source}: not readable as JSON ({cause_of(error)}); {REMEDY}") from error
    if not isinstance(value, dict):
        raise InputError(f"{source}: a JSON {type(value).__name__}, not an object; {REMEDY}")
    return value
