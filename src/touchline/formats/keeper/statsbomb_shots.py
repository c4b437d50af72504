"""Shots of StatsBomb's events: the open data, and the flat form in which statsbombpy and pandas write them.

Every event that is a shot, or a goal without one, is either returned or counted with the reason: penalties, those of a
shoot-out, own goals, events without a place. The keeper's place comes from the freeze frame of the shot. The height of
the end location is not needed; 360 data are a file of their own, without shots.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from touchline.core.errors import InputError
from touchline.core.shots import LENGTH_YD, OUTCOMES, WIDTH_YD, Shot, outcome_named
from touchline.core.wording import counted

_PENALTY = "Penalty"
_SHOOT_OUT = 5
_OWN_GOALS = ("Own Goal For", "Own Goal Against")
_FLAT = "shot_"
_LISTED = 8


def shots_of_events(document: Any, *, source: str) -> tuple[list[Shot], list[str], list[str]]:
    """Return the shots of a file of events, a line for each that cannot be used, and remarks.

    Args:
        document: the JSON: a list of events, or an object of them by id.
        source: name of the file, for messages.

    Raises:
        InputError: these are not StatsBomb's events.

    """
    events = _events(document, source)
    shots: list[Shot] = []
    problems: list[str] = []
    left_out: Counter[str] = Counter()
    alone = 0
    for event in events:
        if _name(event.get("type")) in _OWN_GOALS:
            left_out[_name(event.get("type"))] += 1
        detail = _detail(event)
        if detail is None:
            continue
        if _name(detail.get("type")) == _PENALTY:
            left_out["shoot-out" if event.get("period") == _SHOOT_OUT else _PENALTY] += 1
            continue
        try:
            shots.append(_shot(event, detail))
            alone += detail.get("one_on_one") is True
        except ValueError as error:
            problems.append(f"{source}: shot {event.get('id', '?')}: {error}")
    remarks = [f"{source}: {alone} of {len(shots)} shots are marked as one-on-ones"]
    remarks += [f"{source}: {line}" for line in (*_left_out(left_out), *_missing(shots))]
    return shots, problems, remarks


def outcome_remarks(shots: Sequence[Shot], *, source: str) -> tuple[str, ...]:
    """Return a remark on outcomes that are not StatsBomb's, so that they count as neither saves nor goals."""
    names = Counter(shot.outcome for shot in shots if shot.outcome is not None and shot.outcome not in OUTCOMES)
    if not names:
        return ()
    listed = ", ".join(f"{name!r} ({count})" for name, count in names.most_common(_LISTED))
    more = f" and {len(names) - _LISTED} more names" if len(names) > _LISTED else ""
    what = counted(names.total(), "shot")
    return (
        f"{source}: {what} with outcomes other than {', '.join(OUTCOMES)}, neither saves nor goals: {listed}{more}",
    )


def _events(document: Any, source: str) -> Sequence[Mapping[str, Any]]:
    """Return the events of a document."""
    if isinstance(document, dict):
        inner = document.get("events")
        document = inner if isinstance(inner, list) else list(document.values())
    if not isinstance(document, list):
        raise InputError(f"{source}: not StatsBomb's events, which are a list")
    events = [event for event in document if isinstance(event, dict)]
    if document and not events:
        raise InputError(f"{source}: not StatsBomb's events, which are a list of objects")
    if events and all("event_uuid" in event for event in events):
        raise InputError(f"{source}: StatsBomb's 360 data, which hold no shots; give the file of events of that match")
    return events


def _detail(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what an event says about its shot, from an object or from flat keys; None if it is not one."""
    if isinstance(event.get("shot"), dict):
        detail: Mapping[str, Any] = event["shot"]
        return detail
    flat = {key.removeprefix(_FLAT): value for key, value in event.items() if key.startswith(_FLAT)}
    if _name(event.get("type")) == "Shot":
        return flat
    return flat if flat.get("outcome") is not None and _name(flat["outcome"]) else None


def _shot(event: Mapping[str, Any], detail: Mapping[str, Any]) -> Shot:
    """Return the shot of an event; a ValueError names the missing or impossible value."""
    x_yd, y_yd = _place(event.get("location"), "location")
    keeper = next(filter(_is_keeper, _freeze_frame(detail)), None)
    keeper_yd = None if keeper is None else _place(keeper.get("location"), "the keeper's location")
    outcome = _name(detail.get("outcome"))
    return Shot(
        x_yd,
        y_yd,
        under_pressure=event.get("under_pressure") is True,
        keeper_yd=keeper_yd,
        id=str(event.get("id", "")),
        keeper=None if keeper is None else _name(keeper.get("player")) or None,
        outcome=outcome_named(outcome) if outcome else None,
    )


def _place(value: Any, what: str) -> tuple[float, float]:
    """Return a place in yards; players just outside are moved onto the line, a height is left out."""
    numbers = value[:2] if isinstance(value, list) else []
    if len(numbers) < 2 or not all(_is_number(number) for number in numbers):
        raise ValueError(f"{what} is {str(value)[:40]}, not x and y")
    return min(float(numbers[0]), LENGTH_YD), min(float(numbers[1]), WIDTH_YD)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _freeze_frame(detail: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    frame = detail.get("freeze_frame")
    yield from (player for player in frame if isinstance(player, dict)) if isinstance(frame, list) else ()


def _is_keeper(player: Mapping[str, Any]) -> bool:
    """Return whether a player of a freeze frame is the keeper facing the shot, by position or as 360 data mark it."""
    goalkeeper = _name(player.get("position")) == "Goalkeeper" or player.get("keeper") is True
    return goalkeeper and not player.get("teammate")


def _name(value: Any) -> str:
    """Return a name: itself, or that of an object; empty if there is none."""
    found = value.get("name") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _left_out(counts: Counter[str]) -> Iterator[str]:
    penalties = counts[_PENALTY] + counts["shoot-out"]
    if penalties:
        inside = f", {counts['shoot-out']} of them of a shoot-out" if counts["shoot-out"] else ""
        yield f"{penalties} penalties left out{inside}"
    own_goals = max(counts[name] for name in _OWN_GOALS)
    if own_goals:
        yield f"{counted(own_goals, 'own goal')} left out: no shot at the keeper"


def _missing(shots: Sequence[Shot]) -> Iterator[str]:
    unplaced = sum(shot.keeper_yd is None for shot in shots)
    if unplaced:
        yield f"{unplaced} of {len(shots)} shots without the keeper in a freeze frame: the keeper's place is unknown"
    unknown = sum(shot.outcome is None for shot in shots)
    if unknown:
        yield f"{unknown} of {len(shots)} shots without an outcome: neither saves nor goals"
