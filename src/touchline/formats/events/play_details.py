"""What is known of an event of play besides its own fields: keys of ``Event.extra``, and the same as attributes."""

from __future__ import annotations

from touchline.core.events import Event
from touchline.formats.events.attributes import Attribute

OUTCOME, RECEIVER, PLACE_M, TO_M, LENGTH_M, REASON = "outcome", "receiver", "place_m", "to_m", "length_m", "reason"

PLAY_KEYS = frozenset({OUTCOME, RECEIVER, PLACE_M, TO_M, LENGTH_M, REASON})
"""Keys of ``Event.extra``; docs/reference/bundle.md says what they mean."""

_GROUPS = {
    OUTCOME: "Outcome",
    RECEIVER: "Next on the ball",
    PLACE_M: "Place (m)",
    TO_M: "To (m)",
    LENGTH_M: "Length (m)",
    REASON: "Reason",
}
"""Key -> group of the attribute that other tools show."""


def play_attributes(event: Event) -> list[Attribute]:
    """Return the details of an event of play as attributes, in a fixed order; none for other events."""
    return [(group, _text(event.extra[key])) for key, group in _GROUPS.items() if event.extra.get(key) is not None]


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
