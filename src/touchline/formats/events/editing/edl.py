"""CMX3600 edit decision lists, ``.edl``: every event as a cut of the video with a locator at its time.

Editing programs make a sequence of the events from it: relink the reel to the video. A point is cut with its lead and
lag. Timecode is drop frame at 29.97 and 59.94, and counts from 00:00:00:00 at the first frame of the video.

Read back with :mod:`touchline.formats.events.details` it is exact. Never tried in a program of a vendor.
"""

from __future__ import annotations

import unicodedata
from fractions import Fraction

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.frames import FrameClock
from touchline.formats.events.details import Entry, describes_point, details_of, event_of, half_remarks
from touchline.formats.events.editing.edl_text import Edit, Locator, distinct, edl_bytes, one_line, parse_edl, reel_name
from touchline.formats.events.editing.timecode import Timecode
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.frame_facts import editing_clock, grid_notes, grid_remarks

COLOURS = ("RED", "GREEN", "BLUE", "CYAN", "MAGENTA", "YELLOW", "WHITE")
"""Colours of locators, one for each label in turn."""

_MOST_EDITS = 999
_DEFAULT_LABEL = "event"


class EditDecisionList(EventFormat):
    """The format of ``.edl`` files."""

    name = "edl"
    title = "edit decision lists (CMX3600)"
    suffixes = (".edl",)
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is named ``.edl`` or begins with a title and a frame code mode."""
        return source.name.lower().endswith(".edl") or source.data[:2].lstrip(b"\xef\xbb\xbf") == b"TITLE:"

    def read(self, source: EventSource) -> FoundEvents:
        """Read cuts as intervals and locators as points.

        Raises:
            InputError: a line is not possible, the frame rate is unknown, or there are cuts of several videos.

        """
        edits, timecode = parse_edl(source.text.text, source=source.name, rate=source.options.fps)
        names = distinct([edit.reel for edit in edits]), distinct([edit.name for edit in edits])
        for found in names:
            if len(found) > 1:
                raise InputError(
                    f"{source.name}: cuts from {len(found)} sources ({', '.join(found[:4])}); "
                    "a timeline is of one video, so export a list with cuts from one source"
                )
        clock = FrameClock(timecode.rate)
        events = [event for edit in edits for event in _events(edit, clock, where=f"{source.name}: line {edit.line}")]
        name = next(iter(names[1]), "")
        return FoundEvents(Timeline(tuple(events)), game=name.rsplit(".", 1)[0], video=VideoFacts(fps=timecode.rate))

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return the events that fit into 24 hours of timecode."""
        clock = editing_clock(context.video)
        timecode = Timecode.usual(clock.rate)
        cuts = _Cuts(context, clock, timecode)
        kept = tuple(event for event in timeline if cuts.fits(event))
        lost = len(timeline) - len(kept)
        notes = [f"{lost} events: after the 24 hours of timecode"] if lost else []
        remarks = [
            f"locators and cuts {'in drop frame ' if timecode.drop else ''}{line}" for line in grid_remarks(clock)
        ]
        remarks += half_remarks(timeline)
        if len(kept) > _MOST_EDITS:
            remarks.append(f"{len(kept)} cuts: some programs stop after {_MOST_EDITS}")
        return Fitted(Timeline(kept), notes=(*notes, *grid_notes(clock)), remarks=tuple(remarks))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return the list of cuts in the order of time."""
        clock = editing_clock(context.video)
        timecode = Timecode.usual(clock.rate)
        cuts = _Cuts(context, clock, timecode)
        colours = {label: COLOURS[number % len(COLOURS)] for number, label in enumerate(timeline.labels)}
        clip = context.video.name or context.game
        edits = [cuts.edit(event, colours[event.label]) for event in timeline]
        return edl_bytes(edits, title=context.game, reel=reel_name(clip), clip=clip, timecode=timecode)


class _Cuts:
    """Events as cuts."""

    def __init__(self, context: ExportContext, clock: FrameClock, timecode: Timecode) -> None:
        self._context = context
        self._clock = clock
        self._timecode = timecode
        self._record = round(Fraction(3600) * timecode.rate)

    def fits(self, event: Event) -> bool:
        """Return whether a cut still fits, and count it if so."""
        start, end = self._frames(event)
        last = self._record + end - start
        if max(end, last) >= self._timecode.frames_a_day:
            return False
        self._record = last
        return True

    def edit(self, event: Event, colour: str) -> Edit:
        """Return the cut of an event."""
        start, end = self._frames(event)
        mark = self._clock.position(event.start_us)
        text = plain_text(event.label) or _DEFAULT_LABEL
        details = details_of(event, label=text, start=str(mark), end=str(end))
        return Edit(start, end, (Locator(mark, colour, text),), details)

    def _frames(self, event: Event) -> tuple[int, int]:
        start_us, end_us = self._context.span_us(event)
        start, mark = self._clock.position(start_us), self._clock.position(event.start_us)
        return start, max(self._clock.position(end_us), mark + 1)


def plain_text(text: str) -> str:
    """Return a text in ASCII on one line: letters without accents, ``?`` for what has no such letter."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return one_line(letters.encode("ascii", "replace").decode("ascii"))


def _events(edit: Edit, clock: FrameClock, *, where: str) -> list[Event]:
    """Return the events of a cut: one with details, otherwise a point for each locator, or the cut as an interval."""
    label = edit.locators[0].text if edit.locators else edit.name or edit.reel
    span = Entry(
        label, clock.position_time_us(edit.start), clock.position_time_us(edit.end), str(edit.start), str(edit.end)
    )
    if describes_point(edit.comment):
        mark = edit.locators[0].frame if edit.locators else None
        at_us = clock.position_time_us(edit.start if mark is None else mark)
        point = Entry(label, at_us, None, None if mark is None else str(mark))
        return [event_of(point, edit.comment, where=where)]
    if not edit.locators or edit.comment:
        return [event_of(span, edit.comment, where=where)]
    points = [
        Entry(m.text or _DEFAULT_LABEL, clock.position_time_us(m.frame), None, str(m.frame)) for m in edit.locators
    ]
    return [event_of(point, "", where=where) for point in points]
