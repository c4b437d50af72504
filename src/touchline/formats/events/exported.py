"""What of a bundle's events goes into a file for another tool, and how its labels look there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from touchline.core.corrections.state import Corrections
from touchline.core.events import Event, Timeline
from touchline.formats.events.export_context import LabelStyle

_REVIEWED = "reviewed"
"""Key of ``Event.extra`` by which a corrected timeline marks what a person decided on; no other tool knows it."""


def exported_events(found: Timeline, *, min_confidence: float = 0.0, labels: Collection[str] = ()) -> Timeline:
    """Return the events that are exported.

    Args:
        found: events of a bundle, after the review.
        min_confidence: least confidence, 0 to 1, of an event that nobody decided on.
        labels: only these labels; empty for all.

    """
    kept = (event for event in found if event.extra.get(_REVIEWED) or event.confidence >= min_confidence)
    return Timeline(tuple(_plain(event) for event in kept if not labels or event.label in labels))


def styles_of(corrections: Corrections) -> dict[str, LabelStyle]:
    """Return colour, lead and lag of each label of a review."""
    styles = (LabelStyle(one.name, one.colour, one.lead_us, one.lag_us) for one in corrections.labels)
    return {style.name: style for style in styles}


def _plain(event: Event) -> Event:
    if _REVIEWED not in event.extra:
        return event
    return replace(event, extra={key: value for key, value in event.extra.items() if key != _REVIEWED})
