"""Every event format, in the order in which a game's files are preferred; conversion and bundles look here."""

from __future__ import annotations

from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.events import Timeline
from touchline.formats.events.event_format import Converted, EventFormat, EventSource
from touchline.formats.events.own_events import TouchlineEvents
from touchline.formats.events.soccernet_files import SoccerNetResults, label_formats

FORMATS: tuple[EventFormat, ...] = (
    TouchlineEvents(),
    *label_formats(),
    SoccerNetResults(),
)


def file_endings() -> tuple[str, ...]:
    """Return the endings of files that can be read, each once."""
    names = [name for known in FORMATS if known.readable for name in (*known.file_names, *known.suffixes)]
    return tuple(dict.fromkeys(Path(f"x{name}").suffix for name in names))


def format_taking(file_name: str) -> EventFormat | None:
    """Return the format that files of a name are of, None where the name says nothing."""
    return next((known for known in FORMATS if known.takes(file_name)), None)


def format_named(name: str) -> EventFormat:
    """Return a format by its name.

    Raises:
        InputError: no format has that name.

    """
    for known in FORMATS:
        if known.name == name:
            return known
    raise InputError(f"{name!r} is not an event format; name one of {', '.join(known.name for known in FORMATS)}")


def known_files() -> str:
    """Return the names and endings of files that can be written, to list in a message."""
    return ", ".join(name for known in FORMATS for name in (*known.file_names, *(f"*{end}" for end in known.suffixes)))


def read_events(data: bytes, *, source: str) -> tuple[Timeline, str]:
    """Return the events in the bytes of a file of any format, and the game that it names itself.

    Raises:
        InputError: of no known format, damaged, or events that cannot be.

    """
    file = EventSource(source, data)
    for known in FORMATS:
        if known.recognises(file):
            return known.read(file)
    by_name = format_taking(Path(source).name)
    if by_name is not None and not by_name.readable:
        raise InputError(f"{source}: {by_name.title} are written, never read; convert from the file they were made of")
    keys = sorted(file.document)[:8]
    raise InputError(f"{source}: has neither 'annotations' nor 'predictions' nor a 'schema'; its keys are {keys}")


def write_events(timeline: Timeline, path: Path, *, game: str) -> Converted:
    """Write a timeline in the format that the file's name stands for.

    Raises:
        InputError: the name stands for none, or none of the events has a class in it.
        ResourceError: it cannot be written.

    """
    known = format_taking(path.name)
    if known is None:
        raise InputError(
            f"{path}: no version of SoccerNet's has that name, nor has another event format; name it {known_files()}"
        )
    return known.write(timeline, path, game=game)
