"""The match clock of a video as a file of its bundle, ``clock.json``; times in microseconds of the video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from touchline.core.board.values import BoardPlace, ClockSpan, KickOff, MatchClock, ScoreSpan, TeamName
from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.guard import guarded, reading
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import (
    a_count,
    a_flag,
    a_number,
    a_text,
    a_whole,
    check,
    list_of,
    maybe,
    record,
)

CLOCK = "clock.json"
SCHEMA = "touchline.clock"
VERSION = 1
_REMEDY = "analyse the video again"
_SPAN = record(
    {
        "start_us": a_count,
        "end_us": a_count,
        "clock_us": a_count,
        "rate": a_number,
        "period": a_whole,
        "confidence": a_number,
        "reads": a_count,
    }
)
_SCORE = record({"start_us": a_count, "home": a_count, "away": a_count, "confidence": a_number})
_TEAM = record({"name": a_text, "share": a_number})
_PLACE = record({"x0": a_number, "y0": a_number, "x1": a_number, "y1": a_number})
_SHAPE = record(
    {
        "found": a_flag,
        "reader": a_text,
        "spans": list_of(_SPAN),
        "scores": list_of(_SCORE),
        "kick_offs": list_of(record({"period": a_whole, "time_us": a_count})),
        "home": maybe(_TEAM),
        "away": maybe(_TEAM),
        "place": maybe(_PLACE),
        "pictures": a_count,
        "reads": a_count,
        "remarks": list_of(a_text),
    },
    others=True,
)


def write_clock(folder: Path, clock: MatchClock) -> None:
    """Write the file into a bundle's folder; equal clocks give equal bytes."""
    write_json_atomic(folder / CLOCK, clock_document(clock))


@guarded("a match clock", remedy=_REMEDY)
def read_clock(folder: Path) -> MatchClock:
    """Read the file of a bundle's folder.

    Raises:
        InputError: the file is missing, broken, or of another version.

    """
    document = read_document(folder / CLOCK, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    check(document, _SHAPE, source=folder / CLOCK, remedy=_REMEDY)
    with reading(folder / CLOCK, what="a match clock", remedy=_REMEDY):
        return clock_from_document(document)


def clock_document(clock: MatchClock) -> dict[str, Any]:
    """Return the content of ``clock.json``."""
    return {"schema": SCHEMA, "version": VERSION, "found": clock.found, **asdict(clock)}


def clock_from_document(document: Mapping[str, Any]) -> MatchClock:
    """Return the clock that :func:`clock_document` wrote.

    Raises:
        KeyError, TypeError, ValueError: the document has another layout.

    """
    home, away, place = (document[name] for name in ("home", "away", "place"))
    return MatchClock(
        reader=str(document["reader"]),
        spans=tuple(ClockSpan(**span) for span in document["spans"]),
        scores=tuple(ScoreSpan(**score) for score in document["scores"]),
        kick_offs=tuple(KickOff(**one) for one in document["kick_offs"]),
        home=None if home is None else TeamName(**home),
        away=None if away is None else TeamName(**away),
        place=None if place is None else BoardPlace(**place),
        pictures=int(document["pictures"]),
        reads=int(document["reads"]),
        remarks=tuple(map(str, document["remarks"])),
    )
