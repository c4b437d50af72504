"""Final Cut Pro's XML 1.10, ``.fcpxml``: the video in a project, points as markers, intervals as keywords with a span.

DaVinci Resolve and Premiere (through a converter) read it, too. The note of a marker holds what it has no field for,
see :mod:`touchline.formats.events.details`, so that reading it back is exact. Written after Apple's document type
1.10; never tried in Final Cut Pro itself.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

from touchline.core.clock import us_from_seconds
from touchline.core.events import Event, Timeline
from touchline.core.frames import FrameClock
from touchline.formats.events.details import Entry, control_character_notes, details_of, event_of, half_remarks
from touchline.formats.events.editing.fcpxml_document import FcpVideo, Mark, fcpxml_bytes, parse_fcpxml
from touchline.formats.events.editing.timecode import Timecode
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.frame_facts import editing_clock, grid_notes, grid_remarks
from touchline.formats.files.xml_files import legal_text

KNOWN_RATES = frozenset(
    Fraction(text) for text in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")
)
"""Frame rates that every Final Cut Pro takes."""


class FinalCutXml(EventFormat):
    """The format of ``.fcpxml`` files."""

    name = "fcpxml"
    title = "Final Cut Pro XML"
    suffixes = (".fcpxml",)
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is XML that begins with ``fcpxml``."""
        return source.xml_root == "fcpxml"

    def read(self, source: EventSource) -> FoundEvents:
        """Read markers as points and keywords as intervals.

        Raises:
            InputError: the file is damaged, or has markers on several videos.

        """
        found = parse_fcpxml(source.data, source=source.name)
        events = [_event(mark, found.rate, where=f"{source.name}: {mark.text!r}") for mark in found.marks]
        notes = [f"{found.left_out} markers on titles, gaps or combined clips are left out"] if found.left_out else []
        video = VideoFacts(fps=found.rate)
        return FoundEvents(Timeline(tuple(events)), game=Path(found.name).stem, notes=tuple(notes), video=video)

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events: the notes hold what the markers do not."""
        clock = editing_clock(context.video)
        remarks = [*(f"markers {line}" for line in grid_remarks(clock)), *half_remarks(timeline)]
        if clock.rate not in KNOWN_RATES:
            remarks.append("Final Cut Pro may refuse this frame rate")
        return Fitted(timeline, notes=(*grid_notes(clock), *control_character_notes(timeline)), remarks=tuple(remarks))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return the document."""
        clock = editing_clock(context.video)
        marks = [_mark(event, clock) for event in timeline]
        last = max((int(mark.end or mark.start + 1) for mark in marks), default=1)
        video = context.video
        frames = max(last, clock.position(video.duration_us or 0))
        facts = FcpVideo(
            name=video.name or context.game,
            url=_url(video.path, context.game),
            rate=clock.rate,
            frames=frames,
            width=video.width,
            height=video.height,
            has_audio=video.has_audio,
            drop=Timecode.usual(clock.rate).drop,
        )
        return fcpxml_bytes(facts, marks, title=context.game)


def _url(path: Path | None, game: str) -> str:
    return quote(game) if path is None else path.absolute().as_uri()


def _mark(event: Event, clock: FrameClock) -> Mark:
    """Return an event as a mark; a keyword is a list at commas, so these become semicolons."""
    start = clock.position(event.start_us)
    end = None if event.end_us is None else max(clock.position(event.end_us), start + 1)
    text = legal_text(event.label) if end is None else legal_text(event.label).replace(",", ";")
    note = details_of(event, label=text, start=str(start), end=str(end))
    return Mark(text, Fraction(start), None if end is None else Fraction(end), note)


def _event(mark: Mark, rate: Fraction, *, where: str) -> Event:
    end_us = None if mark.end is None else _us(mark.end, rate)
    entry = Entry(mark.text, _us(mark.start, rate), end_us, str(mark.start), str(mark.end))
    return event_of(entry, mark.note, where=where)


def _us(frames: Fraction, rate: Fraction) -> int:
    return us_from_seconds(frames / rate)
