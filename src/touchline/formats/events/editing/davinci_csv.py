"""Markers of DaVinci Resolve as CSV, ``.davinci.csv``: ``No.,Name,Start,End,Duration,Color,Notes``.

Times are non-drop timecode from 00:00:00:00 at the first frame of the video; a timeline in Resolve usually begins at
01:00:00:00. Written after what scripts for Resolve read; never tried in Resolve itself. The notes hold what a marker
has no field for, see :mod:`touchline.formats.events.details`, so that reading it back is exact.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.frames import FrameClock
from touchline.formats.events.details import Entry, describes_point, details_of, event_of, half_remarks
from touchline.formats.events.editing.timecode import Timecode
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.frame_facts import editing_clock, grid_notes, grid_remarks, grid_span
from touchline.formats.files.csv_rows import csv_text, plain_cell

COLUMNS = ("No.", "Name", "Start", "End", "Duration", "Color", "Notes")
COLOURS = ("Blue", "Red", "Green", "Yellow", "Cyan", "Purple", "Pink", "Sand", "Fuchsia", "Mint", "Lavender", "Rose")


class DavinciMarkers(EventFormat):
    """The format of ``.davinci.csv`` files."""

    name = "davinci"
    title = "marker lists of DaVinci Resolve"
    suffixes = (".davinci.csv",)
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether its first line is the header."""
        return source.data[:200].lstrip(b"\xef\xbb\xbf").startswith(",".join(COLUMNS[:6]).encode())

    def read(self, source: EventSource) -> FoundEvents:
        """Read markers as points, and those longer than a frame as intervals.

        Raises:
            InputError: a line is not possible, or the frame rate is unknown, which the file does not say.

        """
        if source.options.fps is None:
            raise InputError(f"{source.name}: a marker list does not say its frame rate; give it with --fps")
        try:
            timecode = Timecode(source.options.fps)
        except ValueError as error:
            raise InputError(f"{source.name}: {error}") from error
        events = [_event(row, timecode, where) for where, row in _rows(source)]
        return FoundEvents(Timeline(tuple(events)), video=VideoFacts(fps=timecode.rate))

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return the events that fit into 24 hours of timecode."""
        clock = editing_clock(context.video)
        last = Timecode(clock.rate).frames_a_day
        kept = tuple(event for event in timeline if grid_span(event, clock)[1] < last)
        lost = len(timeline) - len(kept)
        notes = [f"{lost} events: after the 24 hours of timecode"] if lost else []
        remarks = (*(f"markers {line}" for line in grid_remarks(clock)), *half_remarks(timeline))
        return Fitted(Timeline(kept), notes=(*notes, *grid_notes(clock)), remarks=remarks)

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return one line a marker, in the order of time."""
        clock = editing_clock(context.video)
        timecode = Timecode(clock.rate)
        colours = {label: COLOURS[number % len(COLOURS)] for number, label in enumerate(timeline.labels)}
        rows: list[Sequence[object]] = [COLUMNS]
        for number, event in enumerate(timeline, 1):
            start, end = grid_span(event, clock)
            details = details_of(event, label=event.label, start=str(start), end=str(end))
            times = (timecode.text(start), timecode.text(end), timecode.text(end - start))
            rows.append((number, event.label, *times, colours[event.label], details))
        return csv_text(rows).encode("utf-8", "replace")


def _rows(source: EventSource) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the place of each line, for messages, and its cells by column."""
    reader = csv.DictReader(io.StringIO(source.text.text, newline=""))
    try:
        missing = [name for name in COLUMNS[1:5] if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{source.name}: line 1: has no column {missing[0]!r}; expected {','.join(COLUMNS)}")
        for row in reader:
            yield f"{source.name}: line {reader.line_num}", {key: plain_cell(row.get(key) or "") for key in COLUMNS}
    except csv.Error as error:
        raise InputError(f"{source.name}: line {reader.line_num}: not readable as CSV ({error})") from error


def _event(row: Mapping[str, str], timecode: Timecode, where: str) -> Event:
    clock = FrameClock(timecode.rate)
    try:
        start = timecode.frame(row["Start"].strip())
        length = timecode.frame(row["Duration"].strip()) if row["Duration"].strip() else 1
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error
    end = None if length <= 1 or describes_point(row["Notes"]) else start + length
    end_us = None if end is None else clock.position_time_us(end)
    entry = Entry(row["Name"], clock.position_time_us(start), end_us, str(start), str(start + length))
    return event_of(entry, row["Notes"], where=where)
