"""ELAN, ``.eaf``: one tier for each label, every event an annotation of it.

A tier cannot hold two annotations at a time, so overlapping events of a label go to ``Shot``, ``Shot 2`` and so on. A
point is as long as a frame, or 40 ms if the frame rate is unknown. The value of an annotation holds what it has no
place for, see :mod:`touchline.formats.events.details`, so that reading it back is exact. In files of other people the
tier is the label, its participant the player, and the value a note. The files are valid by the schema of format 3.0;
never tried in ELAN itself.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from touchline.core.clock import ms_from_us, us_from_ms
from touchline.core.events import Event, Timeline
from touchline.formats.events.annotation.elan_document import ROOT, Annotation, Tier, elan_bytes, parse_elan
from touchline.formats.events.annotation.lanes import lane_name, lanes
from touchline.formats.events.details import (
    Entry,
    control_character_notes,
    describes_point,
    details_of,
    event_of,
    half_remarks,
)
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.files.xml_files import legal_text

POINT_MS = 40
"""Length of a point where the frame rate is unknown."""

_UNNAMED = "event"


class Elan(EventFormat):
    """The format of ``.eaf`` files."""

    name = "elan"
    title = "annotations of ELAN"
    suffixes = (".eaf",)

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is XML that begins with ``ANNOTATION_DOCUMENT``."""
        return source.xml_root == ROOT

    def read(self, source: EventSource) -> FoundEvents:
        """Read every annotation with own times.

        Raises:
            InputError: the file is damaged, or has impossible times.

        """
        found, notes = parse_elan(source.data, source=source.name)
        rows = ((tier, row) for tier in found.tiers for row in tier.annotations)
        events = [_event(tier, row, where=f"{source.name}: line {row.line}") for tier, row in rows]
        if found.left_out:
            notes = (*notes, f"{found.left_out} annotations without times of their own are left out")
        media = Path(unquote(found.media)) if found.media else None
        game = "" if media is None else media.stem
        return FoundEvents(Timeline(tuple(events)), game, notes, video=VideoFacts(path=media))

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events: the values hold what the annotations do not."""
        split = sorted({tier.name for tier in _tiers(timeline, _point_ms(context.video))} - _names(timeline))
        remarks = ["other programs see times in milliseconds"] if len(timeline) else []
        if split:
            remarks.append(f"overlapping events of a label are on tiers of their own: {', '.join(split[:6])}")
        remarks += half_remarks(timeline)
        return Fitted(timeline, notes=control_character_notes(timeline), remarks=tuple(remarks))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return the document, tiers in the order of their names."""
        video = context.video
        name = video.name or context.game
        url = quote(name) if video.path is None else video.path.absolute().as_uri()
        kind = mimetypes.guess_type(name)[0] or "video/*"
        tiers = list(_tiers(timeline, _point_ms(video)))
        return elan_bytes(tiers, url=url, relative_url=f"./{quote(name)}", mime_type=kind)


def _point_ms(video: VideoFacts) -> int:
    return POINT_MS if video.fps is None else max(round(1000 / video.fps), 1)


def _names(timeline: Timeline) -> set[str]:
    return {_tier_name(label) for label in timeline.labels}


def _tier_name(label: str) -> str:
    return legal_text(label).strip() or _UNNAMED


def _tiers(timeline: Timeline, point_ms: int) -> Iterator[Tier]:
    """Yield the tiers: one for each label, and more where its events overlap."""
    taken = _names(timeline)
    for name in sorted(taken):
        events = [event for event in timeline if _tier_name(event.label) == name]
        spans = sorted((_span_ms(event, point_ms), place) for place, event in enumerate(events))
        chosen = lanes([span for span, _ in spans])
        for lane in range(max(chosen) + 1):
            tier = lane_name(name, lane, taken=taken)
            taken.add(tier)
            rows = [pair for pair, found in zip(spans, chosen, strict=True) if found == lane]
            yield Tier(tier, tuple(_annotation(events[place], tier, *span) for span, place in rows))


def _span_ms(event: Event, point_ms: int) -> tuple[int, int]:
    start_ms = ms_from_us(event.start_us)
    return start_ms, start_ms + point_ms if event.end_us is None else max(ms_from_us(event.end_us), start_ms + 1)


def _annotation(event: Event, tier: str, start_ms: int, end_ms: int) -> Annotation:
    return Annotation(start_ms, end_ms, details_of(event, label=tier, start=str(start_ms), end=str(end_ms)))


def _event(tier: Tier, row: Annotation, *, where: str) -> Event:
    point = describes_point(row.text) or row.end_ms == row.start_ms
    end_us = None if point else us_from_ms(row.end_ms)
    times = us_from_ms(row.start_ms), end_us, str(row.start_ms), str(row.end_ms)
    return event_of(Entry(tier.name, *times, player=tier.participant or None), row.text, where=where)
