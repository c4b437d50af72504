"""Writing of Sportscode's XML: what strict importers accept, with everything that was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from touchline.core.clock import US_PER_S
from touchline.core.events import Event, Timeline
from touchline.formats.events.attributes import Attribute, attributes_of
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import NOTE
from touchline.formats.events.sports.instance_labels import Clip, clip_of, labels_of
from touchline.formats.events.sports.sportscode_reader import FREE_TEXT, KEPT, XML_AFTER, XML_BEFORE
from touchline.formats.events.time_text import seconds_text
from touchline.formats.files.xml_files import xml_text

_TO_16_BITS = 257
_AT_ONCE = 4096


def instances_text(timeline: Timeline, context: ExportContext) -> Iterator[str]:
    """Yield the XML of a timeline in pieces: instances numbered from 1, rows for all labels with events or a style."""
    kept = context.kept.get(KEPT, {})
    yield "\n".join(
        ['<?xml version="1.0" encoding="utf-8"?>', "<file>", *kept.get("before", ()), "<ALL_INSTANCES>", ""]
    )
    numbered = enumerate(timeline, start=1)
    while part := list(islice(numbered, _AT_ONCE)):
        lines = chain.from_iterable(_instance(number, event, context) for number, event in part)
        yield "\n".join([*lines, ""])
    end = ["</ALL_INSTANCES>", "<ROWS>", *_rows(timeline, context, kept.get("rows", {})), "</ROWS>"]
    yield "\n".join([*end, *kept.get("after", ()), "</file>", ""])


def texts_of(event: Event) -> Iterator[str]:
    """Yield all text of an event that a file holds."""
    yield from (event.label, event.team or "", event.player or "", event.source or "", _note(event))
    for group, text in attributes_of(event):
        yield from (group or "", text)


def _instance(number: int, event: Event, context: ExportContext) -> Iterator[str]:
    clip = clip_of(event, context)
    start, end = (_time(time_us, clip) for time_us in (clip.start_us, clip.end_us))
    yield "<instance>"
    yield f"<ID>{number}</ID><start>{start}</start><end>{end}</end><code>{xml_text(event.label)}</code>"
    yield from _own_xml(event, XML_BEFORE)
    yield from map(_label, labels_of(event, clip))
    if _note(event):
        yield f"<{FREE_TEXT}>{xml_text(_note(event))}</{FREE_TEXT}>"
    yield from _own_xml(event, XML_AFTER)
    yield "</instance>"


def _time(time_us: int, clip: Clip) -> str:
    return str(time_us // US_PER_S) if clip.whole else seconds_text(time_us)


def _label(label: Attribute) -> str:
    group, text = label
    in_group = "" if group is None else f"<group>{xml_text(group)}</group>"
    return f"<label>{in_group}<text>{xml_text(text)}</text></label>"


def _note(event: Event) -> str:
    return str(event.extra.get(NOTE) or "")


def _own_xml(event: Event, key: str) -> Iterator[str]:
    found = event.extra.get(key, ())
    yield from map(str, found if isinstance(found, list | tuple) else ())


def _rows(timeline: Timeline, context: ExportContext, kept: Mapping[str, Any]) -> Iterator[str]:
    """Yield the rows: the colour of the file that was read if it still is the label's, else 8 bits made 16."""
    for label, colour in context.colours(timeline.labels).items():
        channels = tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))
        as_read = kept.get(label, {}).get("colour")
        if as_read is not None and _same(as_read, channels):
            red, green, blue = as_read
        else:
            red, green, blue = (channel * _TO_16_BITS for channel in channels)
        values = f"<R>{red}</R><G>{green}</G><B>{blue}</B>"
        others = "".join(kept.get(label, {}).get("xml", ()))
        yield f"<row><code>{xml_text(label)}</code>{values}{others}</row>"


def _same(as_read: tuple[int, int, int], channels: tuple[int, ...]) -> bool:
    """Return whether a colour as read is this one, in 16 bits or in 8 bits times 256."""
    return any(tuple(min(round(value / unit), 255) for value in as_read) == channels for unit in (1, 256, 257))
