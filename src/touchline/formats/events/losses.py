"""What a format cannot hold of events, counted and put into words in one way for all formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from touchline.core.events import Event, Timeline
from touchline.formats.events.attributes import ATTRIBUTES, attributes_of

CONFIDENCE, TEAM, PLAYER, HALF, VISIBLE, SOURCE = "confidence", "team", "player", "half", "visible", "source"
INTERVAL, OTHER = "interval", "other"

PARTS: Mapping[str, tuple[str, Callable[[Event], bool]]] = MappingProxyType(
    {
        INTERVAL: ("intervals became points", lambda event: event.end_us is not None),
        CONFIDENCE: ("confidences are not stored", lambda event: event.confidence != 1.0),
        TEAM: ("teams are not stored", lambda event: event.team is not None),
        PLAYER: ("players are not stored", lambda event: event.player is not None),
        HALF: ("halves are not stored: times of all halves start at 0", lambda event: event.half != 1),
        VISIBLE: ("'not shown' is not stored", lambda event: not event.visible),
        SOURCE: ("origins are not stored", lambda event: event.source is not None),
        ATTRIBUTES: ("attributes are not stored", lambda event: bool(attributes_of(event))),
        OTHER: ("values of other formats are not stored", lambda event: bool(set(event.extra) - _NOT_OTHER)),
    }
)
"""Part of an event -> the loss in words, and whether an event has that part."""

EVERYTHING = frozenset(PARTS)

_NOT_OTHER = {ATTRIBUTES}


def lost_parts(timeline: Timeline, *, holds: frozenset[str]) -> dict[str, int]:
    """Return loss in words -> number of events, for a format that holds only some of :data:`PARTS`."""
    lost = [words_and_test for part, words_and_test in PARTS.items() if part not in holds]
    return {words: sum(map(has_it, timeline)) for words, has_it in lost}


def lost_precision(timeline: Timeline, *, unit_us: int) -> dict[str, int]:
    """Return loss in words -> number of events, for a format with times in multiples of ``unit_us`` microseconds."""
    if unit_us == 1:
        return {}
    times = [(event.start_us, event.end_us or 0) for event in timeline]
    inexact = sum(start_us % unit_us > 0 or end_us % unit_us > 0 for start_us, end_us in times)
    return {f"times are rounded to {unit_us / 1000:g} ms": inexact}


def count_losses(losses: Mapping[str, int]) -> tuple[str, ...]:
    """Return notes for ``Fitted`` from loss -> number of events, leaving out zeros."""
    return tuple(f"{count} events: {what}" for what, count in losses.items() if count)
