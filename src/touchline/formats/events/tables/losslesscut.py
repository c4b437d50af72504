"""LosslessCut's CSV: ``start,end,title`` in seconds, without a header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from touchline.core.events import Event, Timeline
from touchline.formats.events.event_format import EventFormat, EventSource, FoundEvents
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import INTERVAL
from touchline.formats.events.tables.csv_text import first_cells, parse_table, table_parts, timeline_of
from touchline.formats.events.time_text import parse_seconds, seconds_text
from touchline.formats.files.decimals import decimals_of


class LosslessCutCsv(EventFormat):
    """The format of LosslessCut's segments; points are written as clips, so that they can be cut."""

    name = "losslesscut"
    title = "LosslessCut's segments"
    suffixes = (".losslesscut.csv", "-llc.csv")
    holds = frozenset({INTERVAL})

    def recognises(self, source: EventSource) -> bool:
        """Return whether its first line has two times, or one and nothing, and a title."""
        if source.options.columns or not source.name.lower().endswith((".csv", ".txt")):
            return False
        cells = first_cells(source.data)
        return len(cells) >= 3 and _is_time(cells[0]) and _is_time(cells[1]) and bool(cells[0] or cells[1])

    def read(self, source: EventSource) -> FoundEvents:
        """Read the segments; one without an end is a point.

        Raises:
            InputError: rows cannot be used.

        """
        events: list[Event] = []
        problems: list[str] = []
        table = parse_table(source.text, source=source.name)
        decimals = decimals_of((cell for _, cells in table.rows() for cell in cells[:2]), source=source.name)
        for line, cells in table.rows():
            try:
                events.append(_segment([*map(decimals.plain, cells[:2]), *cells[2:]]))
            except ValueError as error:
                problems.append(f"line {line}: {error}")
        return FoundEvents(timeline_of(events, problems, source=source.name), notes=source.text.notes)

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return one line a segment, in order of time."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        spans = ((*context.span_us(event), event.label) for event in timeline)
        return table_parts([seconds_text(start), seconds_text(end), label] for start, end, label in spans)


def _is_time(cell: str) -> bool:
    try:
        parse_seconds(cell or "0")
    except ValueError:
        return False
    return True


def _segment(cells: Sequence[str]) -> Event:
    if len(cells) < 3:
        raise ValueError(f"has {len(cells)} cells, not start, end and title")
    start_us = parse_seconds(cells[0]) if cells[0].strip() else 0
    end_us = parse_seconds(cells[1]) if cells[1].strip() else None
    return Event(cells[2].strip() or "Segment", start_us, None if end_us == start_us else end_us)
