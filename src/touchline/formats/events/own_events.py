"""touchline's own event file, ``events.json``, without loss: schema ``touchline.events`` version 1."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from touchline.core.columns import IntArray
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import EventFormat, EventSource, FoundEvents
from touchline.formats.events.event_rows import event_from_row
from touchline.formats.events.export_context import ExportContext
from touchline.formats.files.json_files import check_schema
from touchline.formats.files.json_lists import object_with_list

SCHEMA = "touchline.events"
VERSION = 1
LIST = "events"
"""Key of the events."""

_FIELDS = tuple(field.name for field in fields(Event))
_TEXTS = ("label", "team", "player", "source")
_NOTHING: dict[str, object] = {}
"""The extra values of events that have none: one object for all."""

_MAX_PROBLEMS = 5
REMEDY = "analyse the video again"


class TouchlineEvents(EventFormat):
    """The format of ``events.json`` in a bundle."""

    name = "events"
    title = "touchline's own events"
    file_names = ("events.json",)

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is a JSON object that names a schema."""
        return source.has_key("schema")

    def read(self, source: EventSource) -> FoundEvents:
        """Read the timeline; the file names no game."""
        check_schema(source.outline, schema=SCHEMA, version=VERSION, source=source.name, remedy=REMEDY)
        return FoundEvents(_timeline(source.entries(LIST), source=source.name))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return indented JSON; nothing of the context is part of it."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        del context
        return object_with_list({"schema": SCHEMA, "version": VERSION}, LIST, _rows(timeline))


def events_document(timeline: Timeline) -> dict[str, Any]:
    """Return the content of ``events.json``: times in microseconds, confidence to 6 decimals."""
    return {"schema": SCHEMA, "version": VERSION, LIST: list(_rows(timeline))}


def event_ids(timeline: Timeline) -> tuple[str, ...]:
    """Return the id of each event: a hash of its content; equal events get a numbered suffix."""
    return tuple(_ids(timeline))


def _rows(timeline: Timeline) -> Iterator[dict[str, Any]]:
    """Yield the row of each event."""
    for name, event in zip(_ids(timeline), timeline, strict=True):
        row = {field: getattr(event, field) for field in _FIELDS}
        yield {"id": name, **row, "confidence": round(event.confidence, 6), "extra": dict(event.extra)}


def _ids(timeline: Timeline) -> Iterator[str]:
    """Yield the id of each event; only those of equal events are remembered while counting."""
    digests = np.fromiter(map(_digest, timeline), np.int64, len(timeline))
    ordered = np.sort(digests)
    seen = dict.fromkeys(ordered[1:][ordered[1:] == ordered[:-1]].tolist(), 0)
    for digest in digests.tolist():
        if digest in seen:
            seen[digest] += 1
        count = seen.get(digest, 1)
        yield f"{digest:012x}" if count == 1 else f"{digest:012x}-{count}"


def timeline_from_document(document: dict[str, Any], *, source: str) -> Timeline:
    """Return the timeline of an ``events.json`` document; ``source`` names it in messages.

    Raises:
        InputError: the document is of another schema, or holds an invalid event.

    """
    check_schema(document, schema=SCHEMA, version=VERSION, source=source, remedy=REMEDY)
    rows = document.get(LIST, [])
    if not isinstance(rows, list):
        raise InputError(f"{source}: events is a {type(rows).__name__}, not a list; {REMEDY}")
    return _timeline(rows, source=source)


def _timeline(rows: Iterable[Any], *, source: str) -> Timeline:
    """Return the events of rows; see :func:`timeline_from_document`."""
    events: list[Event] = []
    problems: list[tuple[int, str]] = []
    numbers, ids = array("q"), array("q")
    interned: dict[str, str] = {}
    for number, row in enumerate(rows):
        try:
            events.append(_event(row, interned))
        except (AttributeError, TypeError, ValueError) as error:
            problems.append((number, f"event {number} is not valid: {error}"))
            continue
        numbers.append(number)
        ids.append(hash(str(row.get("id", f"number {number}"))))
    problems += _repeated(np.array(ids), np.array(numbers))
    if problems:
        more = f"; and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
        lines = [line for _, line in sorted(problems)[:_MAX_PROBLEMS]]
        raise InputError(f"{source}: {'; '.join(lines)}{more}")
    return Timeline(tuple(events))


def _repeated(ids: IntArray, numbers: IntArray) -> Iterator[tuple[int, str]]:
    """Yield the events with the id of an earlier one, by hashes of 64 bits: a million ids take 8 MB."""
    order = np.argsort(ids, kind="stable")
    again = np.flatnonzero(ids[order[1:]] == ids[order[:-1]]) + 1
    for place in again.tolist():
        first = np.searchsorted(ids[order], ids[order[place]])
        number, earlier = int(numbers[order[place]]), int(numbers[order[first]])
        yield number, f"event {number} has the id of event {earlier}"


def _event(row: Any, interned: dict[str, str]) -> Event:
    """Return the event of a row; equal texts of different rows become one."""
    if not isinstance(row, dict):
        raise TypeError(f"a {type(row).__name__}, not an object")
    plain = {key: value for key, value in row.items() if key != "id"}
    for name in _TEXTS:
        text = plain.get(name)
        if type(text) is str:
            plain[name] = interned.setdefault(text, text)
    if plain.get("extra") == _NOTHING:
        plain["extra"] = _NOTHING
    return event_from_row(plain)


def _digest(event: Event) -> int:
    """Return 48 bits of the hash of an event's content."""
    words = [event.label, event.half, event.start_us, event.end_us, event.team, event.player, event.source]
    return int(hashlib.sha256(json.dumps(words).encode()).hexdigest()[:12], 16)
