"""The kinds of values that a person corrects, each validated on construction.

| kind | id | value |
|---|---|---|
| ``event`` | id of a model's event, or ``p-`` and 12 hex digits for an added one | :class:`EventValue` |
| ``reviewed`` | ``spans`` | :class:`ReviewedValue`: parts of the video that were gone through completely |
| ``threshold`` | a label | :class:`ThresholdValue` |
| ``team`` | id of a team, such as ``A`` | :class:`TeamValue` |
| ``player`` | ``pl-`` and 6 hex digits | :class:`PlayerValue` |
| ``cut`` | ``TRACK@TIME_US`` | :class:`CutValue`: the track, or fragment of a track, is split there |
| ``track`` | a track's number, or the id of the cut at which the fragment starts | :class:`TrackValue` |
| ``box`` | ``TRACK:FRAME`` | :class:`BoxValue` |
| ``labels`` | ``set`` | :class:`LabelsValue` |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from touchline.core.events import LATEST_US, Event
from touchline.core.tracks import DETECTION_LABELS

STATES = ("accepted", "rejected")
"""Decisions on an event; an event without a value is unreviewed."""

MAX_SHIRT_NUMBER = 99
"""Largest number on a shirt; the smallest is 0."""

REVIEWED_ID, LABELS_ID = "spans", "set"

_LARGEST = 1e9
"""Largest coordinate, pixels or metres."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_TRACK = r"[1-9][0-9]*"
_FRAGMENT = re.compile(rf"{_TRACK}(@[0-9]+)?")
_CUT = re.compile(rf"{_TRACK}@[0-9]+")
_BOX = re.compile(rf"{_TRACK}:[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventValue:
    """An event as a person left it: the whole event, so that it can be read without the model's.

    Attributes:
        state: one of :data:`STATES`.
        note: remark on the event.
        point_px: point of the picture (x, y), pixels.
        point_m: the same point on the pitch (x, y), metres.
        lead_us, lag_us: time before and after the event that belongs to its clip; None for the label's.

    The other attributes are those of :class:`touchline.core.events.Event`.

    """

    label: str
    start_us: int
    end_us: int | None
    team: str | None
    player: str | None
    visible: bool
    half: int
    confidence: float
    state: str
    note: str = ""
    point_px: tuple[float, float] | None = None
    point_m: tuple[float, float] | None = None
    lead_us: int | None = None
    lag_us: int | None = None

    def __post_init__(self) -> None:
        for name in ("start_us", "end_us", "half", "lead_us", "lag_us"):
            _whole(getattr(self, name), name=name)
        for name in ("label", "note", "team", "player"):
            _text(getattr(self, name), name=name, optional=name in ("team", "player"))
        if type(self.visible) is not bool:
            raise ValueError(f"visible={self.visible!r} must be true or false")
        self.event()
        _one_of(self.state, STATES, name="state")
        for name in ("point_px", "point_m"):
            object.__setattr__(self, name, _numbers(getattr(self, name), count=2, name=name))
        for name in ("lead_us", "lag_us"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name}={value} must be 0 or more")

    def event(self, *, source: str | None = None) -> Event:
        """Return the event."""
        return Event(
            self.label,
            self.start_us,
            self.end_us,
            self.confidence,
            team=self.team,
            player=self.player,
            half=self.half,
            visible=self.visible,
            source=source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedValue:
    """Reviewed spans (start_us, end_us) of the video: sorted, and with time between them."""

    spans: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        spans = tuple((start, end) for start, end in self.spans)
        for time_us in (time_us for span in spans for time_us in span):
            _whole(time_us, name="spans")
        if any(not 0 <= start < end for start, end in spans):
            raise ValueError(f"spans={spans}: every span must satisfy 0 <= start < end")
        if any(end >= start for (_, end), (start, _) in pairwise(spans)):
            raise ValueError(f"spans={spans} must be sorted and must not touch each other")
        object.__setattr__(self, "spans", spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdValue:
    """Confidence threshold of a label, 0 to 1."""

    value: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ValueError(f"value={self.value} is outside 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamValue:
    """A team's name, and the colour of its kit as ``#rrggbb``."""

    name: str
    colour: str | None = None

    def __post_init__(self) -> None:
        _filled(self.name, name="name")
        _colour(self.colour)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerValue:
    """A player: name (may be empty if there is a number), shirt number from 0 to ``MAX_SHIRT_NUMBER``, and team id."""

    name: str
    number: int | None = None
    team: str | None = None

    def __post_init__(self) -> None:
        _whole(self.number, name="number")
        _text(self.name, name="name")
        _text(self.team, name="team", optional=True)
        if self.number is not None and not 0 <= self.number <= MAX_SHIRT_NUMBER:
            raise ValueError(f"number={self.number} must be a shirt number from 0 to {MAX_SHIRT_NUMBER}")
        if not self.name.strip() and self.number is None:
            raise ValueError("a player needs a name or a number")

    @property
    def shown(self) -> str:
        """Number and name, as in ``10 Smith``."""
        return " ".join(part for part in ("" if self.number is None else str(self.number), self.name.strip()) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutValue:
    """A split of a track; its id says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackValue:
    """Corrections of a track or a fragment of one; None leaves what the model says.

    Attributes:
        role: one of :data:`touchline.core.tracks.DETECTION_LABELS`.
        team: id of the team; ``""`` for neither team.
        player: id of the player.
        same_as: id of the track or fragment that shows the same person and that this one is joined to.

    """

    role: str | None = None
    team: str | None = None
    player: str | None = None
    same_as: str | None = None

    def __post_init__(self) -> None:
        for name in ("team", "player", "same_as"):
            _text(getattr(self, name), name=name, optional=True)
        if self.role is not None:
            _one_of(self.role, DETECTION_LABELS, name="role")
        if self.same_as is not None and not _FRAGMENT.fullmatch(self.same_as):
            raise ValueError(f"same_as={self.same_as!r} is not the id of a track or fragment")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxValue:
    """A corrected box of a track in a frame, pixels; None if nobody is there."""

    box_xyxy: tuple[float, float, float, float] | None

    def __post_init__(self) -> None:
        box = _numbers(self.box_xyxy, count=4, name="box_xyxy")
        if box is not None and not (box[2] > box[0] and box[3] > box[1]):
            raise ValueError(f"box_xyxy={box} must have x1 > x0 and y1 > y0")
        object.__setattr__(self, "box_xyxy", box)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelButton:
    """A label that can be given: colour ``#rrggbb``, hot key, and time before and after for clips."""

    name: str
    colour: str | None = None
    key: str | None = None
    lead_us: int | None = None
    lag_us: int | None = None

    def __post_init__(self) -> None:
        _filled(self.name, name="name")
        _colour(self.colour)
        _text(self.key, name="key", optional=True)
        for name in ("lead_us", "lag_us"):
            _whole(getattr(self, name), name=name)
        if self.key is not None and len(self.key) != 1:
            raise ValueError(f"key={self.key!r} of label {self.name!r} must be one character")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsValue:
    """The labels that can be given, in order; names and keys are distinct."""

    labels: tuple[LabelButton, ...]

    def __post_init__(self) -> None:
        labels = tuple(one if isinstance(one, LabelButton) else LabelButton(**one) for one in self.labels)
        for what, values in (("name", [b.name for b in labels]), ("key", [b.key for b in labels if b.key])):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"two labels have the {what} {twice[0]!r}; {what}s must be distinct")
        object.__setattr__(self, "labels", labels)


KINDS: Mapping[str, type] = {
    "event": EventValue,
    "reviewed": ReviewedValue,
    "threshold": ThresholdValue,
    "team": TeamValue,
    "player": PlayerValue,
    "cut": CutValue,
    "track": TrackValue,
    "box": BoxValue,
    "labels": LabelsValue,
}

_IDS = {
    "reviewed": re.compile(REVIEWED_ID),
    "labels": re.compile(LABELS_ID),
    "cut": _CUT,
    "track": _FRAGMENT,
    "box": _BOX,
}


def check_value(what: str, name: str, value: Mapping[str, Any]) -> None:
    """Raise an error for an id or a value that its kind does not allow.

    Raises:
        ValueError: unknown or missing keys, a value of the wrong type or out of range.

    """
    allowed = _IDS.get(what)
    if allowed is not None and not allowed.fullmatch(name):
        raise ValueError(f"id={name!r} is not the id of a {what}; it must match {allowed.pattern}")
    typed_value(what, value)


def typed_value(what: str, value: Mapping[str, Any]) -> Any:
    """Return the dataclass of a kind for a value as stored.

    Raises:
        ValueError: as for :func:`check_value`.

    """
    try:
        return KINDS[what](**value)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"value of {what}: {error}") from error


def track_of(fragment: str) -> int:
    """Return the number of the model's track that a fragment is part of."""
    return int(fragment.partition("@")[0])


def start_of(fragment: str) -> int:
    """Return the time from which a fragment lasts, microseconds; 0 for a whole track."""
    return int(fragment.partition("@")[2] or 0)


def _whole(value: object, *, name: str) -> None:
    if value is not None and (type(value) is not int or abs(value) > LATEST_US):
        raise ValueError(f"{name}={value!r:.60} must be a whole number")


def _text(value: object, *, name: str, optional: bool = False) -> None:
    if not isinstance(value, str) and not (optional and value is None):
        raise ValueError(f"{name}={value!r:.60} must be a text")


def _filled(value: str, *, name: str) -> None:
    _text(value, name=name)
    if not value.strip():
        raise ValueError(f"{name}={value!r} is empty")


def _one_of(value: str, allowed: tuple[str, ...], *, name: str) -> None:
    if value not in allowed:
        raise ValueError(f"{name}={value!r} must be one of {', '.join(allowed)}")


def _colour(value: str | None) -> None:
    if value is not None and not _COLOUR.fullmatch(value):
        raise ValueError(f"colour={value!r} must be #rrggbb")


def _numbers(value: Any, *, count: int, name: str) -> tuple[float, ...] | None:
    if value is None:
        return None
    numbers = tuple(float(number) for number in value)
    if len(numbers) != count or not all(abs(number) <= _LARGEST for number in numbers):
        raise ValueError(f"{name}={value} must be {count} finite numbers")
    return numbers
