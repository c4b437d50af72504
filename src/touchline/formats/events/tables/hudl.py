"""Hudl's generic CSV: minutes, seconds and frames of each event, and its code.

Hudl's import dialogue asks for lead and lag, so events are points. Its help names the columns Mins, Secs and Frames;
that frames count inside the second is our reading of it, untried.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from touchline.core.events import Timeline
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import PLAYER, POINT, TEAM
from touchline.formats.events.tables.columns import read_columns, rows_by_columns
from touchline.formats.events.tables.csv_text import first_cells, parse_table, table_text

COLUMNS = MappingProxyType(
    {
        "minutes": "Mins",
        "seconds": "Secs",
        "frames": "Frames",
        "label": "Code",
        "team": "Team",
        "player": "Player",
    }
)
_MUST = ("Mins", "Secs", "Frames", "Code")


class HudlCsv(EventFormat):
    """The format of Hudl's generic CSV."""

    name = "hudl-csv"
    title = "Hudl's rows"
    suffixes = (".hudl.csv",)
    holds = frozenset({POINT, TEAM, PLAYER})
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether its first line names Mins, Secs, Frames and Code."""
        return not source.options.columns and set(_MUST) <= set(first_cells(source.data))

    def read(self, source: EventSource) -> FoundEvents:
        """Read the rows; columns of other names become attributes.

        Raises:
            InputError: rows cannot be used.
            UsageError: the frame rate is not known.

        """
        table = parse_table(source.text, source=source.name)
        columns = {field: name for field, name in COLUMNS.items() if name in table.header or name in _MUST}
        options = ReadOptions(columns=columns, fps=source.options.fps)
        return FoundEvents(read_columns(table, options=options, source=source.name), notes=source.text.notes)

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events, at the frames that are shown at their times."""
        video = context.video
        moved = sum(video.time_of(video.frame_at(event.start_us)) != event.start_us for event in timeline)
        notes = [f"{moved} events: times became those of frames"] if moved else []
        return Fitted(timeline, notes=(*self.losses(timeline), *notes))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return a header and one row an event."""
        options = replace(context.options, columns=COLUMNS)
        return table_text(rows_by_columns(timeline, replace(context, options=options)))
