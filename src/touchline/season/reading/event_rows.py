"""Rows of events and passes of a match, as they are after the review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from touchline.core.board.values import MatchClock
from touchline.core.corrections.state import FROM_TRACKS, Corrections
from touchline.core.events import Event
from touchline.formats.bundle import Bundle
from touchline.formats.events.own_events import event_ids
from touchline.season.reading.ends import Halves
from touchline.season.reading.people import Person

Row = dict[str, Any]
_NOBODY = Person(None, None, None)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of a match besides its events.

    Attributes:
        persons: the person of each track, by number.
        halves: its halves.
        clock: the match clock; None if it was not read.
        corrections: what a person corrected.

    """

    persons: Mapping[int, Person]
    halves: Halves
    clock: MatchClock | None
    corrections: Corrections


def season_events(bundle: Bundle, corrections: Corrections) -> list[tuple[str, Event]]:
    """Return the events that count, with their ids: those of the model, or what a review left of them.

    Raises:
        InputError: a file is broken.

    """
    if not corrections:
        timeline = bundle.read_events()
        return list(zip(event_ids(timeline), timeline, strict=True))
    timeline = bundle.read_corrected(names=False)
    ids = {_place(one.event): one.id for one in bundle.read_corrected_events(corrections)}
    return [(ids[_place(event)], event) for event in timeline]


def _place(event: Event) -> tuple[object, ...]:
    return event.half, event.start_us, event.label, event.team, event.player, event.source


def event_rows(events: list[tuple[str, Event]], known: Known) -> Iterator[Row]:
    """Yield a row for each event."""
    for name, event in events:
        yield _event_row(name, event, known)


def pass_rows(events: list[tuple[str, Event]], known: Known) -> Iterator[Row]:
    """Yield a row for each event that plays the ball to somebody."""
    for name, event in events:
        if "outcome" in event.extra:
            yield _pass_row(name, event, known)


def _event_row(name: str, event: Event, known: Known) -> Row:
    track, person = _who(event, known)
    at = None if known.clock is None else known.clock.at(event.start_us)
    return {
        **_common(name, event, known),
        **person.row(),
        "team": event.team,
        "end_us": event.end_us,
        "match_minute": None if at is None else at.minute,
        "confidence": event.confidence,
        "track": track,
        "outcome": _text(event.extra.get("outcome")),
        "source": event.source,
        "demonstration": event.extra.get("trust") == "demonstration",
    }


def _pass_row(name: str, event: Event, known: Known) -> Row:
    _, start = _who(event, known)
    receiver = event.extra.get("receiver")
    end = known.persons.get(receiver, _NOBODY) if isinstance(receiver, int) else _NOBODY
    return {
        **_common(name, event, known),
        "from_person": start.person,
        "from_given_name": start.given_name,
        "to_person": end.person,
        "to_given_name": end.given_name,
        "outcome": _text(event.extra.get("outcome")),
        "confidence": event.confidence,
    }


def _common(name: str, event: Event, known: Known) -> Row:
    """Return the columns that events and passes share."""
    one_half = len(known.halves.numbers) == 1
    x_m, y_m = _point(event.extra.get("place_m") or event.extra.get("point_m"))
    to_x_m, to_y_m = _point(event.extra.get("to_m"))
    length_m = event.extra.get("length_m")
    return {
        "event": name,
        "half": event.half if one_half else known.halves.number_at(event.start_us),
        "time_us": event.start_us,
        "label": event.label,
        "team": event.team,
        "x_m": x_m,
        "y_m": y_m,
        "to_x_m": to_x_m,
        "to_y_m": to_y_m,
        "length_m": float(length_m) if isinstance(length_m, int | float) else None,
        "attack": known.halves.attack_of(event.team, event.start_us),
        "reviewed": event.extra.get("reviewed") is True,
    }


def _who(event: Event, known: Known) -> tuple[int | None, Person]:
    """Return the track and the person of an event, as far as they are known."""
    player, corrections = event.player, known.corrections
    if player is None:
        return None, _NOBODY
    if player in corrections.players:
        return None, Person(None, corrections.players[player].shown, event.team)
    if (event.source or "").startswith((FROM_TRACKS, "review")) and player.isdecimal() and player.isascii():
        return int(player), known.persons.get(int(player), _NOBODY)
    return None, Person(None, player, event.team)


def _point(value: object) -> tuple[float | None, float | None]:
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(one, int | float) for one in value):
        return float(value[0]), float(value[1])
    return None, None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
