"""SoccerNet's event files: ``Labels-v2.json``, ``Labels-ball.json``, ``Labels.json`` and ``results_spotting.json``.

Numbers are stored as text, times in whole milliseconds beside a clock such as ``"1 - 40:2"``. Reading and writing
preserves everything except times below a millisecond; unknown keys are kept in ``Event.extra``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from touchline.core.clock import ms_from_us, parse_game_time, us_from_ms
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.events.match_times import game_time, half_of, without_match_values
from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.json_files import parse_object, read_bytes
from touchline.formats.soccernet.doubts import Doubts
from touchline.formats.soccernet.entries import event_entries, short

NO_TEAM = "not applicable"
NOT_SHOWN = "not shown"
_KNOWN = frozenset({"gameTime", "label", "position", "half", "confidence", "team", "visibility"})
_NOTHING: dict[str, object] = {}
"""The extra values of events that have none: one object for all."""

_MAX_PROBLEMS = 5


def read_labels(path: Path | str) -> Timeline:
    """Read the events of a label or result file.

    Raises:
        InputError: the file is unreadable or not JSON, or has impossible events (the first few are named).

    """
    path = Path(path)
    return parse_labels(read_bytes(path), source=str(path))


def parse_labels(data: bytes, *, source: str) -> Timeline:
    """Parse the bytes of a label or result file, as :func:`read_labels`; ``source`` names it in errors."""
    return parse_document(parse_object(data, source=source), source=source)


def parse_document(document: dict[str, Any], *, source: str) -> Timeline:
    """Return the events of a label or result file's JSON object; ``source`` names it in errors."""
    key, entries = event_entries(document, source=source)
    return parse_entries(entries, key=key, source=source)[0]


def parse_entries(entries: Iterable[Any], *, key: str, source: str) -> tuple[Timeline, Doubts]:
    """Return the events of the list of a label or result file, and what contradicts itself in it.

    Raises:
        InputError: an entry cannot be used; the first few are named.

    """
    origin = "truth" if key == "annotations" else None
    events: list[Event] = []
    problems: list[str] = []
    doubts = Doubts()
    interned: dict[str, str] = {}
    for number, entry in enumerate(entries):
        try:
            events.append(_event_from(entry, origin=origin, interned=interned))
        except KeyError as error:
            problems.append(f"{key}[{number}] has no {error.args[0]!r}: {short(entry)}")
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            problems.append(f"{key}[{number}] cannot be used ({error}): {short(entry)}")
        doubts.look_at(entry, key, number)
    if problems:
        raise InputError(_summary(problems, total=len(events) + len(problems), source=source))
    return Timeline(tuple(events)), doubts


def results_document(timeline: Timeline, *, game: str) -> dict[str, Any]:
    """Return ``results_spotting.json`` of a timeline, with numbers as text, as in SoccerNet's evaluator and archive."""
    return {"UrlLocal": game, "predictions": list(prediction_rows(timeline))}


def labels_document(timeline: Timeline, *, game: str) -> dict[str, Any]:
    """Return a label file (``Labels-v2.json``, ``Labels-ball.json``) of a timeline."""
    return {"UrlLocal": game, "UrlYoutube": "", "annotations": list(annotation_rows(timeline))}


def prediction_rows(timeline: Timeline) -> Iterator[dict[str, Any]]:
    """Yield the entries of a result file."""
    return map(_prediction_of, timeline)


def annotation_rows(timeline: Timeline, *, whole_seconds: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the entries of a label file, or of one of version 1, with whole seconds."""
    return map(_whole_second_entry if whole_seconds else _annotation_of, timeline)


def write_results(timeline: Timeline, path: Path | str, *, game: str) -> None:
    """Write ``results_spotting.json`` atomically.

    Raises:
        ResourceError: the file cannot be written.

    """
    write_json_atomic(path, results_document(timeline, game=game))


def write_labels(timeline: Timeline, path: Path | str, *, game: str) -> None:
    """Write a label file atomically.

    Raises:
        ResourceError: the file cannot be written.

    """
    write_json_atomic(path, labels_document(timeline, game=game))


def _event_from(entry: Mapping[str, Any], *, origin: str | None, interned: dict[str, str]) -> Event:
    """Convert an entry to an event, equal texts becoming one; KeyError or ValueError if it is invalid."""
    clock = entry.get("gameTime")
    half, start_us = parse_game_time(clock) if clock is not None else (int(entry["half"]), -1)
    if "half" in entry:
        half = int(entry["half"])
    if "position" in entry or clock is None:
        start_us = us_from_ms(float(entry["position"]))
    team = entry.get("team")
    return Event(
        label=_text(entry["label"], interned),
        start_us=start_us,
        confidence=float(entry.get("confidence", 1.0)),
        team=None if team in (None, "", NO_TEAM) else _text(team, interned),
        half=half,
        visible=entry.get("visibility") != NOT_SHOWN,
        source=origin,
        extra={name: value for name, value in entry.items() if name not in _KNOWN} or _NOTHING,
    )


def _text(value: object, interned: dict[str, str]) -> str:
    """Return the value if it is text."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return interned.setdefault(value, value)


def _place_of(event: Event) -> dict[str, Any]:
    """Return the fields that labels and results share for a time."""
    return {
        "gameTime": game_time(event),
        "label": event.label,
        "position": str(ms_from_us(event.start_us)),
    }


def _prediction_of(event: Event) -> dict[str, Any]:
    """Return one entry of a result file."""
    team = {} if event.team is None else {"team": event.team}
    return {
        **_place_of(event),
        "half": str(half_of(event)),
        "confidence": str(float(event.confidence)),
        **team,
        **without_match_values(event),
    }


def _annotation_of(event: Event) -> dict[str, Any]:
    """Return one entry of a label file."""
    visibility = "visible" if event.visible else NOT_SHOWN
    return {**_place_of(event), "team": event.team or NO_TEAM, "visibility": visibility, **without_match_values(event)}


def _whole_second_entry(event: Event) -> dict[str, Any]:
    """Return one entry of a label file of version 1."""
    team = {} if event.team is None else {"team": event.team}
    return {"gameTime": game_time(event), "label": event.label, **team, **without_match_values(event)}


def _summary(problems: Iterable[str], *, total: int, source: str) -> str:
    """Summarise all unusable entries in one message."""
    problems = list(problems)
    more = f"; and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
    head = f"{source}: {len(problems)} of {total} events cannot be used: "
    return head + "; ".join(problems[:_MAX_PROBLEMS]) + more
