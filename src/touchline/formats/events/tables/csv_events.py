"""CSV files of events: touchline's own, without loss, and those of other tools by named columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from touchline.core.events import Event, Timeline
from touchline.formats.events.attributes import ATTRIBUTES
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import NOTE, count_losses, lost_parts
from touchline.formats.events.tables.columns import held_by, read_columns, rows_by_columns
from touchline.formats.events.tables.csv_text import CsvTable, first_cells, parse_table, table_parts, timeline_of
from touchline.formats.events.time_text import parse_seconds, seconds_text
from touchline.formats.files.decimals import Decimals, refuse_day_fractions
from touchline.formats.files.guard import cause_of

COLUMNS = (
    "label",
    "start_s",
    "end_s",
    "confidence",
    "team",
    "player",
    "half",
    "visible",
    "source",
    "note",
    "attributes",
    "extra",
)
"""Columns of touchline's own files; attributes and extra values are JSON."""

_MUST = frozenset({"label", "start_s"})
_REPEATED = frozenset({"label", "team", "player", "source"})
"""Columns whose texts repeat, so that one copy of each is kept."""

_NOTHING: dict[str, object] = {}
"""The extra values of events that have none: one object for all."""


class CsvEvents(EventFormat):
    """The format of CSV files with a header."""

    name = "csv"
    title = "rows of a table"
    suffixes = (".csv", ".tsv")

    def recognises(self, source: EventSource) -> bool:
        """Return whether it has touchline's columns, or columns that the user named."""
        if not source.name.lower().endswith((*self.suffixes, ".txt")):
            return False
        return bool(source.options.columns) or set(first_cells(source.data)) >= _MUST

    def read(self, source: EventSource) -> FoundEvents:
        """Read the rows.

        Raises:
            InputError: the columns are not known, or rows cannot be used.
            UsageError: a named column does not exist, or frames are counted and the frame rate is not known.

        """
        decoded = source.text
        table = parse_table(decoded, source=source.name)
        if not source.options.columns and set(table.header) >= _MUST:
            return FoundEvents(_own_timeline(table, source=source.name), notes=decoded.notes)
        return FoundEvents(read_columns(table, options=source.options, source=source.name), notes=decoded.notes)

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events; only the columns that the user named may lack something."""
        if not context.options.columns:
            return Fitted(timeline)
        return Fitted(timeline, notes=count_losses(lost_parts(timeline, holds=held_by(context.options.columns))))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return a header and one row an event, in UTF-8."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        if context.options.columns:
            return table_parts(rows_by_columns(timeline, context))
        return table_parts(chain([COLUMNS], map(_own_row, timeline)))


def _own_row(event: Event) -> Sequence[str]:
    extra = {key: value for key, value in event.extra.items() if key not in (ATTRIBUTES, NOTE)}
    attributes, note = event.extra.get(ATTRIBUTES), event.extra.get(NOTE)
    if note is not None and not isinstance(note, str):
        extra, note = {**extra, NOTE: note}, None
    return [
        event.label,
        seconds_text(event.start_us),
        "" if event.end_us is None else seconds_text(event.end_us),
        f"{event.confidence:.6f}".rstrip("0").rstrip("."),
        event.team or "",
        event.player or "",
        str(event.half),
        "yes" if event.visible else "no",
        event.source or "",
        note or "",
        json.dumps(attributes, ensure_ascii=False) if attributes else "",
        json.dumps(extra, ensure_ascii=False) if extra else "",
    ]


def _own_timeline(table: CsvTable, *, source: str) -> Timeline:
    events: list[Event] = []
    problems: list[str] = []
    header = table.header
    refuse_day_fractions(table.cells(("start_s", "end_s")), source=source)
    decimals = table.decimals(("start_s", "end_s", "confidence"))
    interned: dict[str, str] = {}
    for line, cells in table.body():
        row = dict(zip(header, cells, strict=False))
        for name in _REPEATED & row.keys():
            row[name] = interned.setdefault(row[name], row[name])
        try:
            events.append(_own_event(row, decimals))
        except (ValueError, KeyError, RecursionError) as error:
            problems.append(f"line {line}: {cause_of(error)}")
    return timeline_of(events, problems, source=source)


def _own_event(row: Mapping[str, str], decimals: Decimals) -> Event:
    end, visible = row.get("end_s", ""), row.get("visible") or "yes"
    if visible not in ("yes", "no"):
        raise ValueError(f"visible is {visible!r}, not yes or no")
    attributes = _json(row.get("attributes", ""), kind=list)
    return Event(
        label=row["label"],
        start_us=parse_seconds(decimals.plain(row["start_s"])),
        end_us=parse_seconds(decimals.plain(end)) if end else None,
        confidence=float(decimals.plain(row.get("confidence") or "1")),
        team=row.get("team") or None,
        player=row.get("player") or None,
        half=int(row.get("half") or 1),
        visible=visible == "yes",
        source=row.get("source") or None,
        extra={
            **({ATTRIBUTES: attributes} if attributes else {}),
            **({NOTE: row["note"]} if row.get("note") else {}),
            **_json(row.get("extra", ""), kind=dict),
        }
        or _NOTHING,
    )


def _json(text: str, *, kind: type) -> Any:
    """Return the JSON in a cell; empty where the cell is."""
    if not text:
        return kind()
    value = json.loads(text)
    if not isinstance(value, kind):
        raise ValueError(f"{text[:40]!r} is JSON, but not a {kind.__name__}")
    return value
