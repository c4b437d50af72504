"""The registry of event formats, in order of preference for a game's files; conversion and bundles use it."""

from __future__ import annotations

from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.events import Timeline
from touchline.core.suggestions import did_you_mean
from touchline.formats.events.event_format import Converted, EventFormat, EventSource
from touchline.formats.events.own_events import TouchlineEvents
from touchline.formats.events.soccernet_files import SoccerNetResults, label_formats

FORMATS: tuple[EventFormat, ...] = (
    TouchlineEvents(),
    *label_formats(),
    SoccerNetResults(),
)


def file_endings() -> tuple[str, ...]:
    """Return the distinct endings of files that can be read."""
    names = [name for known in FORMATS if known.readable for name in (*known.file_names, *known.suffixes)]
    return tuple(dict.fromkeys(Path(f"x{name}").suffix for name in names))


def format_taking(file_name: str) -> EventFormat | None:
    """Return the format of files with this name; None if the name decides nothing."""
    return next((known for known in FORMATS if known.takes(file_name)), None)


def format_named(name: str) -> EventFormat:
    """Return a format by name.

    Raises:
        InputError: no format has this name.

    """
    for known in FORMATS:
        if known.name == name:
            return known
    raise InputError(f"{name!r} is not an event format; choose one of {', '.join(known.name for known in FORMATS)}")


def known_files() -> str:
    """List the names and endings of files that can be written, for a message."""
    return ", ".join(name for known in FORMATS for name in (*known.file_names, *(f"*{end}" for end in known.suffixes)))


def read_events(data: bytes, *, source: str) -> tuple[Timeline, str]:
    """Read the events in the bytes of a file of any format, and the name of the game if the file has one.

    Raises:
        InputError: the format is unknown, or the file is damaged or has impossible events.

    """
    file = EventSource(source, data)
    for known in FORMATS:
        if known.recognises(file):
            return known.read(file)
    by_name = format_taking(Path(source).name)
    if by_name is not None and not by_name.readable:
        raise InputError(f"{source}: {by_name.title} can be written but not read; convert from their source file")
    keys = sorted(file.document)[:8]
    raise InputError(f"{source}: has neither 'annotations' nor 'predictions' nor a 'schema'; its keys are {keys}")


def write_events(timeline: Timeline, path: Path, *, game: str) -> Converted:
    """Write a timeline in the format that the file name implies.

    Raises:
        InputError: the name implies no format, or none of the events has a class in it.
        ResourceError: the file cannot be written.

    """
    known = format_taking(path.name)
    if known is None:
        names = [name for known in FORMATS for name in known.file_names]
        near = did_you_mean(path.name, names)
        raise InputError(f"{path}: the name matches no event format; use one of {known_files()}{near}")
    return known.write(timeline, path, game=game)
