"""What a format cannot hold of events, counted and put into words in one way for all formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from touchline.core.events import Event, Timeline
from touchline.formats.events.attributes import ATTRIBUTES, attributes_of
from touchline.formats.events.export_context import OWN_LAG, OWN_LEAD
from touchline.formats.events.match_times import MATCH_KEYS
from touchline.formats.events.play_details import PLAY_KEYS

CONFIDENCE, TEAM, PLAYER, HALF, VISIBLE, SOURCE = "confidence", "team", "player", "half", "visible", "source"
INTERVAL, POINT, NOTE, PLACE, LEAD = "interval", "point", "note", "place", "lead"
PLAY, MATCH, OTHER = "play", "match", "other"

_PLACES = frozenset({"point_px", "point_m"})
_CLIP = frozenset({OWN_LEAD, OWN_LAG})
_REVIEWED = frozenset({"reviewed"})
"""Key of ``Event.extra`` that says how an event came about, of no use to other tools."""

_NOT_OTHER = _PLACES | _CLIP | _REVIEWED | {ATTRIBUTES, NOTE} | PLAY_KEYS | MATCH_KEYS

PARTS: Mapping[str, tuple[str, Callable[[Event], bool]]] = MappingProxyType(
    {
        INTERVAL: ("intervals became points", lambda event: event.end_us is not None),
        POINT: ("points became intervals", lambda event: event.end_us is None),
        CONFIDENCE: ("confidences are not stored", lambda event: event.confidence != 1.0),
        TEAM: ("teams are not stored", lambda event: event.team is not None),
        PLAYER: ("players are not stored", lambda event: event.player is not None),
        HALF: ("halves are not stored: times of all halves start at 0", lambda event: event.half != 1),
        VISIBLE: ("'not shown' is not stored", lambda event: not event.visible),
        SOURCE: ("origins are not stored", lambda event: event.source is not None),
        ATTRIBUTES: ("attributes are not stored", lambda event: bool(attributes_of(event))),
        NOTE: ("notes are not stored", lambda event: bool(event.extra.get(NOTE))),
        PLACE: ("places on picture and pitch are not stored", lambda event: bool(_PLACES & event.extra.keys())),
        PLAY: ("outcomes, receivers and reasons are not stored", lambda event: bool(PLAY_KEYS & event.extra.keys())),
        LEAD: ("leads and lags of single events are not stored", lambda event: bool(_CLIP & event.extra.keys())),
        MATCH: ("match times and scores are not stored", lambda event: bool(MATCH_KEYS & event.extra.keys())),
    }
)
"""Part of an event -> the loss in words, and whether an event has that part; ``other`` is any other extra value."""

EVERYTHING = frozenset({*PARTS, OTHER})


def lost_parts(timeline: Timeline, *, holds: frozenset[str], extras: frozenset[str] = frozenset()) -> dict[str, int]:
    """Return loss in words -> number of events.

    Args:
        timeline: the events.
        holds: the parts that the format stores, of :data:`PARTS` and ``"other"``.
        extras: further keys of ``Event.extra`` that the format stores.

    """
    lost = [words_and_test for part, words_and_test in PARTS.items() if part not in holds]
    counts = {words: sum(map(has_it, timeline)) for words, has_it in lost}
    if OTHER not in holds:
        known = _NOT_OTHER | extras
        counts["values of other formats are not stored"] = sum(bool(event.extra.keys() - known) for event in timeline)
    return counts


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
