"""The registry of event formats, in order of preference for a game's files; conversion and bundles use it."""

from __future__ import annotations

from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.events import Timeline
from touchline.core.suggestions import did_you_mean
from touchline.formats.events.annotation.boris import BorisProject, BorisRows
from touchline.formats.events.annotation.elan import Elan
from touchline.formats.events.annotation.label_studio import LabelStudio
from touchline.formats.events.editing.davinci_csv import DavinciMarkers
from touchline.formats.events.editing.edl import EditDecisionList
from touchline.formats.events.editing.fcpxml import FinalCutXml
from touchline.formats.events.editing.otio import OpenTimeline
from touchline.formats.events.event_format import Converted, EventFormat, EventSource, FoundEvents, ReadOptions
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.own_events import TouchlineEvents
from touchline.formats.events.soccernet_files import SoccerNetResults, label_formats
from touchline.formats.events.sports.osl import OslEvents
from touchline.formats.events.sports.sportscode import SportscodeEvents
from touchline.formats.events.tables.csv_events import CsvEvents
from touchline.formats.events.tables.hudl import HudlCsv
from touchline.formats.events.tables.losslesscut import LosslessCutCsv
from touchline.formats.events.webvtt import WebVttCaptions, WebVttChapters
from touchline.formats.files.guard import reading
from touchline.formats.files.json_shapes import anything

FORMATS: tuple[EventFormat, ...] = (
    TouchlineEvents(),
    *label_formats(),
    SoccerNetResults(),
    SportscodeEvents("sportscode", "Sportscode's instances", (".xml", ".sportscode.xml")),
    SportscodeEvents("nacsport", "Nacsport's instances", (".nacsport.xml",)),
    OslEvents(),
    EditDecisionList(),
    FinalCutXml(),
    OpenTimeline(),
    DavinciMarkers(),
    Elan(),
    BorisProject(),
    BorisRows(),
    LabelStudio(),
    CsvEvents(),
    HudlCsv(),
    LosslessCutCsv(),
    WebVttChapters(),
    WebVttCaptions(),
)


def file_endings() -> tuple[str, ...]:
    """Return the distinct endings of files that can be read."""
    names = [name for known in FORMATS if known.readable for name in (*known.file_names, *known.suffixes)]
    return tuple(dict.fromkeys(Path(f"x{name}").suffix for name in names))


def format_taking(file_name: str) -> EventFormat | None:
    """Return the format of files with this name, by the longest ending that fits; None if the name decides nothing."""
    exact = next((known for known in FORMATS if file_name in known.file_names), None)
    endings = [(len(end), known) for known in FORMATS for end in known.suffixes if file_name.lower().endswith(end)]
    return exact or max(endings, key=lambda pair: pair[0], default=(0, None))[1]


def format_named(name: str) -> EventFormat:
    """Return a format by name.

    Raises:
        InputError: no format has this name.

    """
    for known in FORMATS:
        if known.name == name:
            return known
    names = [known.name for known in FORMATS]
    raise InputError(f"{name!r} is not an event format; choose one of {', '.join(names)}{did_you_mean(name, names)}")


def known_files() -> str:
    """List the names and endings of files that can be written, for a message."""
    return ", ".join(name for known in FORMATS for name in (*known.file_names, *(f"*{end}" for end in known.suffixes)))


def read_events(data: bytes, *, source: str) -> tuple[Timeline, str]:
    """Read the events in the bytes of a file of any format, and the name of the game if the file has one.

    Raises:
        InputError: the format is unknown, or the file is damaged or has impossible events.

    """
    found = find_events(data, source=source)
    return found.timeline, found.game


def find_events(
    data: bytes | Path, *, source: str, options: ReadOptions | None = None, known: EventFormat | None = None
) -> FoundEvents:
    """Read the events in the bytes of a file, and what else it says.

    Args:
        data: content of the file, or where it is: a large one need not be held whole.
        source: its name, which may help to recognise the format.
        options: what the user states about the file.
        known: its format; None recognises it.

    Raises:
        InputError: the format is unknown, or the file is damaged or has impossible events.

    """
    file = EventSource(source, data, options or ReadOptions())
    named = format_taking(Path(source).name)
    by_content = (one for one in FORMATS if one.recognises(file))
    chosen = known or next(by_content, None) or (None if file.xml_root else named)
    if chosen is not None and chosen.readable:
        with reading(source, what=chosen.title):
            found = chosen.read(file)
            for event in found.timeline:
                if event.extra:
                    anything(event.extra, f"an event {event.label!r:.40}: extra")
            return found
    if chosen is not None:
        raise InputError(f"{source}: {chosen.title} can be written but not read; convert from their source file")
    if file.xml_root:
        raise InputError(f"{source}: XML of <{file.xml_root}>, which is no known format of events")
    keys = sorted(file.outline)[:8]
    raise InputError(f"{source}: has neither 'annotations' nor 'predictions' nor a 'schema'; its keys are {keys}")


def write_events(timeline: Timeline, path: Path, *, game: str = "", context: ExportContext | None = None) -> Converted:
    """Write a timeline in the format that the file name implies.

    Args:
        timeline: the events.
        path: the file.
        game: name of the game, where ``context`` is not given.
        context: what else the writer may use.

    Raises:
        InputError: the name implies no format, or none of the events has a class in it.
        UsageError: the format needs a fact that the context lacks.
        ResourceError: the file cannot be written.

    """
    known = format_taking(path.name)
    if known is None:
        names = [name for known in FORMATS for name in known.file_names]
        near = did_you_mean(path.name, names)
        raise InputError(f"{path}: the name matches no event format; use one of {known_files()}{near}")
    return known.write(timeline, path, context=context or ExportContext(game=game))
