"""touchline's own event file, ``events.json``, without loss: schema ``touchline.events`` version 1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import EventFormat, EventSource, FoundEvents
from touchline.formats.events.export_context import ExportContext
from touchline.formats.files.atomic import json_bytes
from touchline.formats.files.json_files import check_schema

SCHEMA = "touchline.events"
VERSION = 1
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
    return Timeline(tuple(_event(row, f"{source}: event {n}") for n, row in enumerate(document.get("events", ()))))


def _event(row: Mapping[str, Any], where: str) -> Event:
    try:
        return Event(**{key: value for key, value in row.items() if key != "id"})
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{where} is not valid: {error}") from error


def _event_id(event: Event, seen: dict[str, int]) -> str:
    words = [event.label, event.half, event.start_us, event.end_us, event.team, event.player, event.source]
    digest = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:12]
    count = seen[digest] = seen.get(digest, 0) + 1
    return digest if count == 1 else f"{digest}-{count}"
