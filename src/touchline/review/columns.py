"""Events as columns, which a page reads several times faster than a list of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from touchline.core.events import Event


def event_columns(events: Sequence[Event], ids: Sequence[str]) -> dict[str, Any]:
    """Return events and their ids as the JSON values of :class:`~touchline.review.schema.EventColumns`."""
    labels = {label: k for k, label in enumerate(dict.fromkeys(event.label for event in events))}
    known = dict.fromkeys(event.source for event in events if event.source is not None)
    sources = {source: k for k, source in enumerate(known)}
    return dict(
        labels=list(labels),
        id=list(ids),
        label=[labels[event.label] for event in events],
        start_us=[event.start_us for event in events],
        end_us=[event.end_us for event in events],
        confidence=[round(event.confidence, 6) for event in events],
        team=[event.team for event in events],
        player=[event.player for event in events],
        half=[event.half for event in events],
        hidden=[k for k, event in enumerate(events) if not event.visible],
        sources=list(sources),
        source=[None if event.source is None else sources[event.source] for event in events],
    )
