"""Rows of BORIS: ``[time, subject, code, modifier, comment, frame]``.

A state is two rows, and only their number in order says which one starts it: rows of a subject and a code are START,
STOP, START, STOP. One row too few would turn everything after it around, so an odd number is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from touchline.core.clock import US_PER_MS, ms_from_us, us_from_ms
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.frames import FrameClock
from touchline.formats.events.annotation.lanes import lane_name, lanes
from touchline.formats.events.attributes import with_attributes
from touchline.formats.events.details import Entry, describes_point, details_of, event_of, holds_details, subject_of

NO_FRAME = "NA"
"""What stands for an unknown frame number."""

_UNNAMED = "event"
_SPAN = "(span)"


@dataclass(frozen=True, slots=True)
class Row:
    """A row; ``place`` says where it stands, for messages."""

    time_ms: int
    subject: str
    code: str
    modifier: str = ""
    comment: str = ""
    frame: int | str = NO_FRAME
    place: str = ""


@dataclass(frozen=True, slots=True)
class Coded:
    """Events as rows in order of time, and which codes are states."""

    rows: tuple[Row, ...]
    states: Mapping[str, bool]


def coded(timeline: Timeline, *, clock: FrameClock | None) -> Coded:
    """Return a timeline as rows.

    Events of one label that overlap for one subject get codes of their own, ``Press``, ``Press 2``; if a label has
    both points and intervals, the intervals are of the code ``Press (span)``.
    """
    labels = {label: code_name(label) for label in timeline.labels}
    points = {labels[event.label] for event in timeline if event.end_us is None}
    spans = {labels[event.label] for event in timeline if event.end_us is not None}
    names = {code: f"{code} {_SPAN}" if code in points else code for code in spans}
    taken = points | set(names.values())
    rows = [_row(event, labels[event.label], clock) for event in timeline if event.end_us is None]
    states: dict[str, bool] = dict.fromkeys(sorted(points), False)
    for event, code in _with_lanes([event for event in timeline if event.end_us is not None], labels, names, taken):
        start = _row(event, code, clock)
        rows += [start, Row(_end_ms(event), start.subject, code, frame=_frame(event.end_us or 0, clock))]
        states[code] = True
    return Coded(tuple(sorted(rows, key=_order)), states)


def code_name(label: str) -> str:
    """Return a label as a code: on one line and without ``|``, which separates modifiers."""
    return " ".join("".join(char if char.isprintable() and char != "|" else " " for char in label).split()) or _UNNAMED


def events_of(rows: Sequence[Row], states: Mapping[str, bool], *, source: str) -> Iterator[Event]:
    """Yield the events of rows.

    Args:
        rows: rows in any order.
        states: code -> whether it is a state; of others the comments decide, and without these it is a point.
        source: name of the file, for messages.

    Raises:
        InputError: a state has no end, or a row is not a possible event.

    """
    ordered = sorted(rows, key=lambda row: (row.subject, row.code, *_order(row)))
    for (subject, code), group in groupby(ordered, key=lambda row: (row.subject, row.code)):
        found = list(group)
        if not states.get(code, _looks_like_state(found)):
            yield from (_point(row, source) for row in found)
            continue
        if len(found) % 2:
            raise InputError(
                f"{source}: {found[-1].place}: {code!r} of subject {subject!r} has {len(found)} rows; a state needs "
                f"START and STOP in turn, so one is missing; the last row is at {found[-1].time_ms / 1000:.3f} s"
            )
        yield from (_interval(start, stop, source) for start, stop in zip(found[::2], found[1::2], strict=True))


def _order(row: Row) -> tuple[int, bool]:
    """Return the place of a row: where a state ends as another begins, the end comes first."""
    return row.time_ms, bool(row.comment)


def _with_lanes(
    events: Sequence[Event], labels: Mapping[str, str], names: Mapping[str, str], taken: Iterable[str]
) -> Iterator[tuple[Event, str]]:
    """Yield intervals with the code of each, so that those of one subject and code do not overlap."""
    used = set(taken)
    lane_codes: dict[tuple[str, int], str] = {}
    ordered = sorted(events, key=lambda event: (labels[event.label], subject_of(event), ms_from_us(event.start_us)))
    for (label, _), group in groupby(ordered, key=lambda event: (labels[event.label], subject_of(event))):
        found = list(group)
        for event, lane in zip(found, lanes([(ms_from_us(e.start_us), _end_ms(e)) for e in found]), strict=True):
            key = names[label], lane
            if key not in lane_codes:
                lane_codes[key] = lane_name(names[label], lane, taken=used)
                used.add(lane_codes[key])
            yield event, lane_codes[key]


def _row(event: Event, code: str, clock: FrameClock | None) -> Row:
    start_ms = ms_from_us(event.start_us)
    details = details_of(event, label=code, start=str(start_ms), end=str(_end_ms(event)))
    return Row(start_ms, subject_of(event), code, comment=details, frame=_frame(event.start_us, clock))


def _end_ms(event: Event) -> int:
    return max(ms_from_us(event.end_us or 0), ms_from_us(event.start_us) + 1)


def _frame(time_us: int, clock: FrameClock | None) -> int | str:
    return NO_FRAME if clock is None else clock.index(time_us)


def _looks_like_state(rows: Sequence[Row]) -> bool:
    """Return whether rows of an unknown code were written for intervals."""
    return any(holds_details(row.comment) and not describes_point(row.comment) for row in rows)


def _point(row: Row, source: str) -> Event:
    times = us_from_ms(row.time_ms), None, str(row.time_ms)
    return _event(Entry(row.code, *times, player=row.subject or None), row, source)


def _interval(start: Row, stop: Row, source: str) -> Event:
    """Return a state as an event; one without length is a point."""
    end_us = stop.time_ms * US_PER_MS if stop.time_ms > start.time_ms else None
    times = us_from_ms(start.time_ms), end_us, str(start.time_ms), str(stop.time_ms)
    return _event(Entry(start.code, *times, player=start.subject or None), start, source)


def _event(entry: Entry, row: Row, source: str) -> Event:
    event = event_of(entry, row.comment, where=f"{source}: {row.place}")
    if not row.modifier:
        return event
    return with_attributes(event, [(None, text) for text in row.modifier.split("|") if text])
