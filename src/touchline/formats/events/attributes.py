"""Attributes of an event as other tools keep them: (group, text) pairs, in order, a group as often as it occurs.

They lie in ``Event.extra["attributes"]`` as lists of two, so that they are the same after a round trip through JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from touchline.core.events import Event

ATTRIBUTES = "attributes"
Attribute = tuple[str | None, str]
"""A group, None for a text without one, and a text."""


def attributes_of(event: Event) -> tuple[Attribute, ...]:
    """Return the attributes of an event, in order; anything in that place that is not a list of pairs is left alone."""
    found = event.extra.get(ATTRIBUTES)
    if not isinstance(found, list | tuple):
        return ()
    pairs = [pair for pair in found if isinstance(pair, list | tuple) and len(pair) == 2]
    return tuple((None if group is None else str(group), str(text)) for group, text in pairs)


def attributes_value(attributes: Iterable[Attribute]) -> dict[str, object]:
    """Return the part of ``Event.extra`` for attributes: empty if there are none."""
    rows: list[object] = [[group, text] for group, text in attributes]
    return {ATTRIBUTES: rows} if rows else {}


def with_attributes(event: Event, attributes: Iterable[Attribute]) -> Event:
    """Return an event with these attributes in place of its own."""
    others = {key: value for key, value in event.extra.items() if key != ATTRIBUTES}
    return replace(event, extra={**others, **attributes_value(attributes)})
