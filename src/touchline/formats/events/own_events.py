"""touchline's own event file, ``events.json``, without loss: schema ``touchline.events`` version 1."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import EventFormat, EventSource, FoundEvents
from touchline.formats.events.event_rows import event_from_row
from touchline.formats.events.export_context import ExportContext
from touchline.formats.files.atomic import json_bytes
from touchline.formats.files.json_files import check_schema

SCHEMA = "touchline.events"
VERSION = 1
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
        return FoundEvents(timeline_from_document(source.document, source=source.name))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return indented JSON; nothing of the context is part of it."""
        del context
        return json_bytes(events_document(timeline))


def events_document(timeline: Timeline) -> dict[str, Any]:
    """Return the content of ``events.json``: times in microseconds, confidence to 6 decimals."""
    rows = []
    for name, event in zip(event_ids(timeline), timeline, strict=True):
        row = {**asdict(event), "confidence": round(event.confidence, 6), "extra": dict(event.extra)}
        rows.append({"id": name, **row})
    return {"schema": SCHEMA, "version": VERSION, "events": rows}


def event_ids(timeline: Timeline) -> tuple[str, ...]:
    """Return the id of each event: a hash of its content; equal events get a numbered suffix."""
    seen: dict[str, int] = {}
    return tuple(_event_id(event, seen) for event in timeline)


def timeline_from_document(document: dict[str, Any], *, source: str) -> Timeline:
    """Return the timeline of an ``events.json`` document; ``source`` names it in messages.

    Raises:
        InputError: the document is of another schema, or holds an invalid event.

    """
    check_schema(document, schema=SCHEMA, version=VERSION, source=source, remedy=REMEDY)
    rows = document.get("events", [])
    if not isinstance(rows, list):
        raise InputError(f"{source}: events is a {type(rows).__name__}, not a list; {REMEDY}")
    events: list[Event] = []
    problems: list[str] = []
    places: dict[str, int] = {}
    for number, row in enumerate(rows):
        try:
            events.append(_event(row))
        except (AttributeError, TypeError, ValueError) as error:
            problems.append(f"event {number} is not valid: {error}")
            continue
        place = places.setdefault(str(row.get("id", f"number {number}")), number)
        if place != number:
            problems.append(f"event {number} has the id of event {place}")
    if problems:
        more = f"; and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
        raise InputError(f"{source}: {'; '.join(problems[:_MAX_PROBLEMS])}{more}")
    return Timeline(tuple(events))


def _event(row: Any) -> Event:
    if not isinstance(row, dict):
        raise TypeError(f"a {type(row).__name__}, not an object")
    return event_from_row({key: value for key, value in row.items() if key != "id"})


def _event_id(event: Event, seen: dict[str, int]) -> str:
    words = [event.label, event.half, event.start_us, event.end_us, event.team, event.player, event.source]
    digest = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:12]
    count = seen[digest] = seen.get(digest, 0) + 1
    return digest if count == 1 else f"{digest}-{count}"
