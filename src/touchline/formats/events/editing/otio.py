"""OpenTimelineIO, ``.otio``: the video as one clip, every event a marker on it.

Written and read through the library of the project (``pip install 'touchline[otio]'``). The metadata of a marker hold
the event as it is, so that reading it back is exact; a marker that was moved in between has its new time.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from touchline.core.clock import exact_rate, us_from_seconds
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.extras import need
from touchline.formats.events.details import half_remarks
from touchline.formats.events.editing.edl import COLOURS
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.event_rows import FIELDS, event_from_row
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.frame_facts import editing_clock, grid_notes, grid_remarks, grid_span
from touchline.formats.files.json_files import parse_object

METADATA = "touchline"
"""Key of a marker's metadata for the event."""

_FRAMES, _NAME = "frames", "name"
_SCHEMA = "OTIO_SCHEMA"
_CONTAINERS = ("Timeline", "Stack", "Track", "Clip")
_LARGEST, _SMALLEST_RATE = 1e12, 0.01


class OpenTimeline(EventFormat):
    """The format of ``.otio`` files."""

    name = "otio"
    title = "OpenTimelineIO timelines"
    suffixes = (".otio",)
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is a JSON object of one of the library's schemas."""
        return source.has_key(_SCHEMA)

    def read(self, source: EventSource) -> FoundEvents:
        """Read markers as points, and those longer than a frame as intervals.

        Raises:
            InputError: the file is damaged, or has markers on several videos.
            MissingPackageError: the library is not installed.

        """
        reader = _Reader(_normal_document(source), source.name)
        events = reader.events()
        notes = [f"{reader.left_out} markers that are on no clip are left out"] if reader.left_out else []
        return FoundEvents(Timeline(tuple(events)), reader.game, tuple(notes), video=VideoFacts(fps=reader.rate))

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events: the metadata hold what the markers do not."""
        clock = editing_clock(context.video)
        remarks = (*(f"markers {line}" for line in grid_remarks(clock)), *half_remarks(timeline))
        return Fitted(timeline, notes=grid_notes(clock), remarks=remarks)

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return the library's JSON."""
        library = _library()
        clock, video = editing_clock(context.video), context.video
        spans = [grid_span(event, clock) for event in timeline]
        last = max([clock.position(video.duration_us or 0), 1, *(end for _, end in spans)])
        whole = _range(library, 0, last, clock.rate)
        place = str(video.path or context.game)
        media = library.schema.ExternalReference(target_url=place, available_range=whole)
        clip = library.schema.Clip(video.name or context.game, media_reference=media, source_range=whole)
        colours = {label: COLOURS[number % len(COLOURS)] for number, label in enumerate(timeline.labels)}
        for event, (start, end) in zip(timeline, spans, strict=True):
            marked = _range(library, start, end - start, clock.rate)
            data = {METADATA: {**asdict(event), "extra": dict(event.extra), _NAME: event.label, _FRAMES: [start, end]}}
            clip.markers.append(library.schema.Marker(event.label, marked, colours[event.label], data))
        track = library.schema.Track("video", kind=library.schema.TrackKind.Video)
        track.append(clip)
        whole_timeline = library.schema.Timeline(context.game)
        whole_timeline.tracks.append(track)
        return (library.adapters.write_to_string(whole_timeline, "otio_json") + "\n").encode()


def _library() -> ModuleType:
    """Return the library.

    Raises:
        MissingPackageError: it is not installed.

    """
    library: ModuleType = need("opentimelineio", what="an OpenTimelineIO file")
    return library


def _range(library: ModuleType, start: int, frames: int, rate: Fraction) -> Any:
    """Return a span of frames as the library's value."""
    time = library.opentime.RationalTime
    return library.opentime.TimeRange(time(start, float(rate)), time(frames, float(rate)))


def _normal_document(source: EventSource) -> dict[str, Any]:
    """Return the JSON of a file in the library's newest schemas.

    Only the library's parser and writer touch a file of unknown origin: what it builds of a damaged one can crash it.
    """
    library = _library()
    _ = source.document  # Refuses nesting so deep that the library's parser would overflow its stack.
    try:
        root = library.adapters.read_from_string(source.text.text, "otio_json")
        text = library.adapters.write_to_string(root, "otio_json")
    except (ValueError, LookupError, TypeError, RuntimeError, library.exceptions.OTIOError) as error:
        raise InputError(f"{source.name}: not readable as an OpenTimelineIO file ({error})") from error
    return parse_object(text.encode(), source=source.name)


class _Reader:
    """The markers of one file."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self._name = name
        kind = _kind(document)
        if kind not in _CONTAINERS:
            raise InputError(f"{name}: holds a {kind or 'list'}, not a timeline")
        parts = list(_parts(document))
        self._clips = [part for part in parts if _kind(part) == "Clip"]
        self.left_out = sum(len(_markers(part)) for part in parts if _kind(part) != "Clip")
        self.game = Path(str(self._clips[0].get("name"))).stem if self._clips else ""
        self.rate: Fraction | None = None

    def events(self) -> list[Event]:
        """Return the events of all markers of the one video."""
        marked = [clip for clip in self._clips if _markers(clip)]
        places = {str(_media(clip).get("target_url") or clip.get("name")) for clip in marked}
        if len(places) > 1:
            raise InputError(
                f"{self._name}: has markers on {len(places)} videos ({', '.join(sorted(places)[:4])}); "
                "a timeline is of one video, so export one"
            )
        return [self._event(marker, clip) for clip in marked for marker in _markers(clip)]

    def _event(self, marker: Mapping[str, Any], clip: Mapping[str, Any]) -> Event:
        """Return the event of a marker."""
        where = f"{self._name}: marker {marker.get('name')!r}"
        try:
            span, available = _object(marker, "marked_range"), _media(clip).get("available_range")
            first = _seconds(_object(_media(clip), "available_range"), "start_time") if available else Fraction(0)
            rate = _rate(_object(span, "start_time"))
            start, length = _seconds(span, "start_time") - first, _seconds(span, "duration")
            held = {"label": marker.get("name"), "start_us": us_from_seconds(start), "end_us": None}
            if length * rate > 1:
                held["end_us"] = us_from_seconds(start + length)
            self.rate = self.rate or rate
            return event_from_row({**held, **_kept(marker, span)})
        except ValueError as error:
            raise InputError(f"{where}: not a possible event ({error})") from error


def _parts(top: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the timeline, stack, tracks and clips of a document."""
    waiting: list[Any] = [top]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, dict) and _kind(part) in _CONTAINERS:
            yield part
            children = part.get("children")
            waiting += [part.get("tracks"), *(children if isinstance(children, list) else ())]


def _kind(part: Mapping[str, Any]) -> str:
    """Return the name of a part's schema, without its version."""
    return str(part.get(_SCHEMA) or "").split(".")[0]


def _markers(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = part.get("markers")
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _media(clip: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the reference to the video of a clip; empty if it has none."""
    media = clip.get("media_references")
    found = media.get(str(clip.get("active_media_reference_key"))) if isinstance(media, dict) else None
    return found if isinstance(found, dict) else {}


def _object(part: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a part that must be an object."""
    found = part.get(key)
    if not isinstance(found, dict):
        raise ValueError(f"{key} is missing")
    return found


def _number(part: Mapping[str, Any], key: str) -> float:
    """Return a value that must be a number of plausible size."""
    found = part.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= _LARGEST:
        raise ValueError(f"{key} {str(found)[:40]!r} is not a number up to {_LARGEST:g}")
    return found


def _rate(time: Mapping[str, Any]) -> Fraction:
    rate = _number(time, "rate")
    if rate < _SMALLEST_RATE:
        raise ValueError(f"rate {rate} must be at least {_SMALLEST_RATE}")
    return _exact(rate)


_exact = functools.lru_cache(maxsize=64)(exact_rate)


def _seconds(span: Mapping[str, Any], key: str) -> Fraction:
    """Return a time in exact seconds."""
    time = _object(span, key)
    return Fraction(_number(time, "value")) / _rate(time)


def _kept(marker: Mapping[str, Any], span: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the event that metadata keep: the times only if the marker lies where it was written."""
    metadata = marker.get("metadata")
    row = metadata.get(METADATA) if isinstance(metadata, dict) else None
    if not isinstance(row, dict):
        return {}
    start, length = (_number(_object(span, key), "value") for key in ("start_time", "duration"))
    moved = {"start_us", "end_us"} if row.get(_FRAMES) != [start, start + length] else set()
    renamed = {"label"} if row.get(_NAME) != marker.get("name") else set()
    return {key: value for key, value in row.items() if key in FIELDS - moved - renamed}
