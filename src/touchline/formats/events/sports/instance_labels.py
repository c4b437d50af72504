"""What an event says beside its code and clip, as labels of an instance, and back.

An instance of Sportscode has a code, a clip from start to end, and labels: (group, text) pairs. Team, player and the
rest become labels in front of the event's own attributes; the exact time of a point, or of a clip that is cut to whole
seconds, is the label ``t``. Labels of other people's files stay where they are, and set the event's fields too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from touchline.core.clock import US_PER_S
from touchline.core.events import Event
from touchline.formats.events.attributes import Attribute, attributes_of, attributes_value
from touchline.formats.events.export_context import LAG_US, LEAD_US, OWN_LAG, OWN_LEAD, ExportContext
from touchline.formats.events.match_times import MATCH_MINUTE, MATCH_TIME, PERIOD, SCORE
from touchline.formats.events.play_details import play_attributes
from touchline.formats.events.time_text import parse_seconds, seconds_text

TEAM, PLAYER, CONFIDENCE, HALF, VISIBILITY, SOURCE, TIME = (
    "Team",
    "Player",
    "Confidence",
    "Half with its own clock",
    "Visibility",
    "Origin",
    "t",
)
NOT_SHOWN = "not shown"

_TEXTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        TEAM: re.compile(r".+", re.DOTALL),
        PLAYER: re.compile(r".+", re.DOTALL),
        CONFIDENCE: re.compile(r"0(\.\d{1,6})?|1(\.0{1,6})?"),
        HALF: re.compile(r"[1-9]\d?"),
        VISIBILITY: re.compile(NOT_SHOWN),
        SOURCE: re.compile(r".+", re.DOTALL),
        TIME: re.compile(r"\d+\.\d{6}( to \d+\.\d{6}| -\d+\.\d{6} \+\d+\.\d{6})?"),
    }
)
"""Group of a label -> the texts by which it is a field of the event."""

_ANY_CASE = (TEAM, PLAYER)
"""Groups that count in upper and lower case."""

MATCH_GROUPS: Mapping[str, str] = MappingProxyType(
    {PERIOD: "Period", MATCH_TIME: "Match time", MATCH_MINUTE: "Match minute", SCORE: "Score"}
)
"""What a score board says -> group of its label; read back, these are attributes like others."""


@dataclass(frozen=True, slots=True)
class Clip:
    """The clip of an instance, microseconds; whether its times are whole seconds."""

    start_us: int
    end_us: int
    whole: bool = False


def clip_of(event: Event, context: ExportContext) -> Clip:
    """Return the clip of an event: its interval, or its lead and lag; in whole seconds if so chosen."""
    start_us, end_us = context.span_us(event)
    if not context.options.integer_times:
        return Clip(start_us, end_us)
    start_us -= start_us % US_PER_S
    return Clip(start_us, max(-(-end_us // US_PER_S) * US_PER_S, start_us + US_PER_S), whole=True)


def labels_of(event: Event, clip: Clip) -> list[Attribute]:
    """Return the labels of an event: its fields, its attributes, and the details of an event of play.

    A field that is an attribute stays there.
    """
    attributes = list(attributes_of(event))
    front: list[Attribute] = []
    for group, text in _fields_of(event, clip):
        place = _place_of(group, attributes)
        if place is None:
            front.append((group, text))
        else:
            attributes[place] = (attributes[place][0], text)
    known = {group for group, _ in attributes}
    played = (label for label in play_attributes(event) if label[0] not in known)
    return [*front, *attributes, *played, *_match_labels(event)]


def _match_labels(event: Event) -> list[Attribute]:
    """Return what the score board said at the event as labels behind its own ones."""
    return [(group, str(event.extra[key])) for key, group in MATCH_GROUPS.items() if key in event.extra]


def event_of(code: str, clip: Clip, labels: Sequence[Attribute], extra: Mapping[str, object]) -> Event:
    """Return the event of an instance.

    Raises:
        ValueError: the code is empty, or the clip impossible.

    """
    texts = {group: _text_of(group, labels) for group in _TEXTS}
    start_us, end_us, own = _times(clip, texts[TIME])

    def event(attributes: Iterable[Attribute]) -> Event:
        return Event(
            label=code,
            start_us=start_us,
            end_us=end_us,
            confidence=float(texts[CONFIDENCE] or 1.0),
            team=texts[TEAM],
            player=texts[PLAYER],
            half=int(texts[HALF] or 1),
            visible=texts[VISIBILITY] is None,
            source=texts[SOURCE],
            extra={**attributes_value(attributes), **own, **extra},
        )

    front: list[Attribute] = [
        (group, texts[group] or text if group == TIME else text) for group, text in _fields_of(event(()), clip)
    ]
    rest = list(labels[len(front) :])
    in_front = list(labels[: len(front)]) == front and all(_place_of(group, rest) is None for group in _TEXTS)
    return event(rest if in_front else labels)


def _fields_of(event: Event, clip: Clip) -> list[tuple[str, str]]:
    """Return the fields of an event as labels, without those that have the usual value."""
    texts = {
        TEAM: event.team,
        PLAYER: event.player,
        CONFIDENCE: None if event.confidence == 1.0 else _confidence(event.confidence),
        HALF: None if event.half == 1 else str(event.half),
        VISIBILITY: None if event.visible else NOT_SHOWN,
        SOURCE: event.source,
        TIME: _time_text(event, clip),
    }
    return [(group, text) for group, text in texts.items() if text]


def _confidence(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _time_text(event: Event, clip: Clip) -> str | None:
    """Return the exact time of an event, if its clip does not say it."""
    exact = (event.start_us, event.start_us if event.end_us is None else event.end_us)
    if (clip.start_us, clip.end_us) == exact:
        return None
    if event.end_us is not None:
        return f"{seconds_text(event.start_us)} to {seconds_text(event.end_us)}"
    own = [event.extra.get(OWN_LEAD), event.extra.get(OWN_LAG)]
    if not all(isinstance(value, int) for value in own):
        return seconds_text(event.start_us)
    lead, lag = (seconds_text(value) for value in own if isinstance(value, int))
    return f"{seconds_text(event.start_us)} -{lead} +{lag}"


def _times(clip: Clip, text: str | None) -> tuple[int, int | None, dict[str, object]]:
    """Return start and end of an event, and its own lead and lag; from the exact time where it lies in the clip."""
    words = (text or "").split(" ")
    start_us = parse_seconds(words[0]) if words[0] else -1
    if not clip.start_us <= start_us <= clip.end_us:
        return _plain_times(clip)
    if len(words) == 3 and words[1] == "to":
        end_us = parse_seconds(words[2])
        inside = start_us < end_us <= clip.end_us and start_us - clip.start_us < US_PER_S > clip.end_us - end_us
        return (start_us, end_us, {}) if inside else _plain_times(clip)
    stated = tuple(parse_seconds(word[1:]) for word in words[1:])
    lead_us, lag_us = start_us - clip.start_us, clip.end_us - start_us
    wanted_lead, wanted_lag = stated or (LEAD_US, LAG_US)
    slack_us = US_PER_S if clip.whole else 0
    as_wanted = (
        0 <= lead_us - wanted_lead <= slack_us or (clip.start_us == 0 and lead_us <= wanted_lead)
    ) and 0 <= lag_us - wanted_lag <= slack_us
    if as_wanted:
        return start_us, None, {OWN_LEAD: wanted_lead, OWN_LAG: wanted_lag} if stated else {}
    return start_us, None, {OWN_LEAD: lead_us, OWN_LAG: lag_us}


def _plain_times(clip: Clip) -> tuple[int, int | None, dict[str, object]]:
    """Return the clip as it is: a point if it has no length."""
    if clip.end_us < clip.start_us:
        raise ValueError(f"end {seconds_text(clip.end_us)} s lies before start {seconds_text(clip.start_us)} s")
    if clip.end_us == clip.start_us:
        return clip.start_us, None, {OWN_LEAD: 0, OWN_LAG: 0}
    return clip.start_us, clip.end_us, {}


def _place_of(group: str, labels: Sequence[Attribute]) -> int | None:
    """Return the place of the first label that is a field of the event; None if none is."""
    if not labels:
        return None
    names = {group, group.upper(), group.lower()} if group in _ANY_CASE else {group}
    fits = _TEXTS[group].fullmatch
    return next((n for n, (name, text) in enumerate(labels) if name in names and fits(text)), None)


def _text_of(group: str, labels: Sequence[Attribute]) -> str | None:
    place = _place_of(group, labels)
    return None if place is None else labels[place][1]
