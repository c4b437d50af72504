"""BORIS: project files, ``.boris``, and rows to paste, ``.boris.tsv``.

BORIS opens a project with the video and the events. It cannot import events, but ``Paste events`` in the menu of its
table of events takes rows separated by tabs, without a header and without an empty line at the end; the TSV is just
that (six columns, for BORIS 8 and 9). The subject of an event is its player, or else its team; its comment holds what
BORIS has no column for, see :mod:`touchline.formats.events.details`, so that reading it back is exact. Written after
project files of version 7.0; never tried in BORIS itself.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from touchline.core.clock import seconds_from_us
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Timeline
from touchline.core.frames import FrameClock
from touchline.formats.events.annotation.boris_rows import Coded, Row, code_name, coded, events_of
from touchline.formats.events.details import half_remarks
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.files.atomic import json_bytes
from touchline.formats.files.text_lines import parse_number

STATE, POINT = "State event", "Point event"
PROJECT_VERSION = "7.0"

_WRITTEN = "2000-01-01T00:00:00"
"""The date that the format demands; always the same one, so that equal events give equal files."""

_PLAYERS = 8
_KEYS = string.ascii_lowercase + string.digits + string.ascii_uppercase
_COLUMNS = (3, 5, 6)
_LARGEST_S = 10**7


class _Boris(EventFormat):
    """What both formats have in common."""

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events: the comments hold what the rows do not."""
        remarks = ["other programs see times in milliseconds"] if len(timeline) else []
        states = coded(timeline, clock=None).states
        split = sorted(set(states) - {code_name(label) for label in timeline.labels})
        if split:
            remarks.append(f"intervals that BORIS could not tell apart have codes of their own: {', '.join(split[:6])}")
        return Fitted(timeline, remarks=(*remarks, *half_remarks(timeline)))


class BorisProject(_Boris):
    """The format of ``.boris`` files."""

    name = "boris"
    title = "projects of BORIS"
    suffixes = (".boris",)
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is a JSON object with observations and behaviours."""
        return source.has_key("observations") and source.has_key("behaviors_conf")

    def read(self, source: EventSource) -> FoundEvents:
        """Read the events of one observation; states are intervals.

        Raises:
            InputError: the file is damaged, a state has no end, or there are several observations and none is chosen.

        """
        document = source.document
        name, observation = _observation(document, source)
        where = f"{source.name}: observation {name!r}"
        rows = observation.get("events")
        if not isinstance(rows, list):
            raise InputError(f"{where}: has no list of events")
        read = [_row(cells, f"event {number}", where) for number, cells in enumerate(rows, 1)]
        events = tuple(events_of(read, _states(document, source.name), source=where))
        media = _media(observation)
        notes = [f"{len(media)} videos one after the other: times count from the start of the first"] * (len(media) > 1)
        path = Path(media[0].replace("\\", "/").rsplit("/", 1)[-1]) if media else None
        return FoundEvents(Timeline(events), name, tuple(notes), video=VideoFacts(path=path))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return a project with one observation."""
        found = coded(timeline, clock=_clock(context.video))
        subjects = sorted({row.subject for row in found.rows if row.subject})
        name = context.game or context.video.name or "video"
        document = {
            "time_format": "hh:mm:ss",
            "project_date": _WRITTEN,
            "project_name": name,
            "project_description": "",
            "project_format_version": PROJECT_VERSION,
            "subjects_conf": {
                str(i): {"key": "", "name": subject, "description": ""} for i, subject in enumerate(subjects)
            },
            "behaviors_conf": _behaviours(found, context),
            "observations": {name: _observation_document(found, context)},
            "behavioral_categories": [],
            "independent_variables": {},
            "coding_map": {},
            "behaviors_coding_map": [],
            "converters": {},
        }
        return json_bytes(document)


class BorisRows(_Boris):
    """The format of ``.boris.tsv`` files."""

    name = "boris-tsv"
    title = "rows to paste into BORIS"
    suffixes = (".boris.tsv",)
    counts_frames = True

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is named so."""
        return source.name.lower().endswith(self.suffixes)

    def read(self, source: EventSource) -> FoundEvents:
        """Read rows of 3, 5 or 6 columns; codes whose comments do not say that they are states are points.

        Raises:
            InputError: a line is not a row, or a state has no end.

        """
        lines = source.text.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        rows = []
        for number, line in enumerate(lines, 1):
            if line.strip():
                cells = line.split("\t")
                rows.append(_row([parse_number(cells[0]), *cells[1:]], f"line {number}", source.name))
        return FoundEvents(Timeline(tuple(events_of(rows, {}, source=source.name))))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return one line a row."""
        found = coded(timeline, clock=_clock(context.video))
        lines = ["\t".join(str(cell) for cell in _cells(row, f"{row.time_ms / 1000:.3f}")) for row in found.rows]
        return "\n".join(lines).encode("utf-8", "replace")


def _clock(video: VideoFacts) -> FrameClock | None:
    """Return the frames of the video; None if nothing is known about them."""
    try:
        return video.frames
    except UsageError:
        return None


def _cells(row: Row, time: object) -> list[object]:
    return [time, row.subject, row.code, row.modifier, row.comment, row.frame]


def _behaviours(found: Coded, context: ExportContext) -> dict[str, dict[str, str]]:
    """Return the codes with keys and colours."""
    colours = context.colours(tuple(found.states))
    return {
        str(number): {
            "type": STATE if state else POINT,
            "key": _KEYS[number] if number < len(_KEYS) else "",
            "code": code,
            "description": "",
            "color": colours[code],
            "category": "",
            "modifiers": "",
            "excluded": "",
            "coding map": "",
        }
        for number, (code, state) in enumerate(found.states.items())
    }


def _observation_document(found: Coded, context: ExportContext) -> dict[str, Any]:
    video = context.video
    media = str(video.path or context.game)
    length_s = seconds_from_us(video.duration_us or 0)
    return {
        "file": {str(player): [media] if player == 1 else [] for player in range(1, _PLAYERS + 1)},
        "type": "MEDIA",
        "date": _WRITTEN,
        "description": "",
        "time offset": 0.0,
        "events": [_cells(row, row.time_ms / 1000) for row in found.rows],
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {media: length_s},
            "fps": {media: float(video.fps or 0)},
            "hasVideo": {media: True},
            "hasAudio": {media: video.has_audio},
            "offset": {"1": 0.0},
        },
    }


def _observation(document: Mapping[str, Any], source: EventSource) -> tuple[str, Mapping[str, Any]]:
    """Return the name and content of the chosen, or only, observation."""
    found = document.get("observations")
    if not isinstance(found, dict) or not found:
        raise InputError(f"{source.name}: has no observation")
    names, item = list(found), source.options.item
    if item is not None and item not in found and item.isdecimal() and 1 <= int(item) <= len(names):
        item = names[int(item) - 1]
    if item is None and len(names) == 1:
        item = names[0]
    if item is None or item not in found:
        listed = ", ".join(f"{i} {name!r}" for i, name in enumerate(names[:8], 1))
        raise InputError(f"{source.name}: has {len(names)} observations; choose one by name or number: {listed}")
    if not isinstance(found[item], dict):
        raise InputError(f"{source.name}: observation {item!r} is not an object")
    return item, found[item]


def _states(document: Mapping[str, Any], source: str) -> dict[str, bool]:
    """Return code -> whether it is a state."""
    rows = document.get("behaviors_conf")
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        raise InputError(f"{source}: behaviors_conf is not an object of behaviours")
    return {str(row.get("code")): str(row.get("type")).lower().startswith("state") for row in rows.values()}


def _media(observation: Mapping[str, Any]) -> list[str]:
    """Return the videos of the first player."""
    players = observation.get("file")
    first = players.get("1") if isinstance(players, dict) else None
    return [str(path) for path in first] if isinstance(first, list) else []


def _row(cells: object, place: str, where: str) -> Row:
    """Return a row of 3, 5 (old files) or 6 cells."""
    if not isinstance(cells, list) or len(cells) not in _COLUMNS:
        count = len(cells) if isinstance(cells, list) else "no"
        raise InputError(f"{where}: {place}: has {count} cells; a row is time, subject, code, modifier, comment, frame")
    time_s = cells[0]
    if isinstance(time_s, bool) or not isinstance(time_s, int | float) or not 0 <= time_s <= _LARGEST_S:
        raise InputError(f"{where}: {place}: the time {str(time_s)[:40]!r} is not a number of seconds from 0")
    subject, code, modifier, comment, *_ = [*map(str, cells[1:5]), "", ""]
    if not code.strip():
        raise InputError(f"{where}: {place}: has no code")
    return Row(round(Fraction(str(time_s)) * 1000), subject, code, modifier, comment, place=place)
