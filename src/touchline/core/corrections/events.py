"""Corrected events: the model's events and candidates with a person's decisions on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from touchline.core.corrections.state import Corrections
from touchline.core.corrections.values import EventValue
from touchline.core.events import Event, Timeline

UNREVIEWED, ACCEPTED, REJECTED = "unreviewed", "accepted", "rejected"

_OF_PERSON = frozenset({"outcome", "reason"})
"""Keys of ``Event.extra`` that depend on who did it."""

REVIEWED_BY_PERSON = "review"
"""``source`` of an event that a person added or changed."""


@dataclass(frozen=True, slots=True)
class CorrectedEvent:
    """An event after the review.

    Attributes:
        id: its id, see :func:`touchline.formats.events.own_events.event_ids`.
        event: the event as corrected; team and player are ids.
        state: ``"unreviewed"``, ``"accepted"`` or ``"rejected"``.
        model: the event as the model reported it; None for one that a person added.
        value: the correction; None while unreviewed.

    """

    id: str
    event: Event
    state: str
    model: Event | None = None
    value: EventValue | None = None

    @property
    def changed(self) -> bool:
        """Whether a person added it or changed more than its state."""
        return self.value is not None and (self.model is None or not _same(self.value, self.model))


def corrected_events(candidates: Mapping[str, Event], corrections: Corrections) -> tuple[CorrectedEvent, ...]:
    """Return all candidates with the decisions on them, and the added events, in order of time.

    Args:
        candidates: the model's events and candidates by id.
        corrections: what a person corrected.

    """
    found = [
        CorrectedEvent(name, event, UNREVIEWED, event)
        for name, event in candidates.items()
        if name not in corrections.events
    ]
    for name, value in corrections.events.items():
        model = candidates.get(name)
        kept = model is not None and _same(value, model)
        source = model.source if kept and model is not None else REVIEWED_BY_PERSON
        event = replace(value.event(source=source), extra=_still_true(value, model))
        found.append(CorrectedEvent(name, event, value.state, model, value))
    return tuple(sorted(found, key=lambda one: (one.event.half, one.event.start_us, one.event.label, one.id)))


def corrected_timeline(
    events: Iterable[CorrectedEvent],
    corrections: Corrections,
    *,
    thresholds: Mapping[str, float],
    reviewed_only: bool = False,
    names: bool = True,
) -> Timeline:
    """Return the timeline after the review.

    Args:
        events: see :func:`corrected_events`.
        corrections: what a person corrected; its thresholds come before ``thresholds``.
        thresholds: confidence by label from which an unreviewed event counts; 0 for a missing label.
        reviewed_only: leave out unreviewed events.
        names: replace ids of teams and players by their names.

    Returns:
        Accepted events, and unreviewed ones outside reviewed spans from their threshold up. ``extra`` holds ``note``,
        ``point_px`` (pixels), ``point_m`` (metres), ``lead_us`` and ``lag_us`` where a person gave them, and
        ``reviewed``.

    """
    limits = {**thresholds, **corrections.thresholds}
    kept = []
    for one in events:
        unreviewed = one.state == UNREVIEWED
        if one.state == REJECTED or (unreviewed and reviewed_only):
            continue
        if unreviewed and (
            one.event.confidence < limits.get(one.event.label, 0.0) or corrections.is_reviewed(one.event.start_us)
        ):
            continue
        event = replace(one.event, extra={**one.event.extra, **_given(one)})
        kept.append(corrections.named(event) if names else event)
    return Timeline(tuple(kept))


def _same(value: EventValue, model: Event) -> bool:
    """Return whether a decision left the model's event as it was."""
    return value.event(source=model.source) == replace(model, extra={}) and value.note == "" and value.point_px is None


def _still_true(value: EventValue, model: Event | None) -> dict[str, Any]:
    """Return what the model knows of an event, as far as a person's decision left it true."""
    if model is None or (value.label, value.start_us) != (model.label, model.start_us):
        return {}
    if (value.team, value.player) == (model.team, model.player):
        return dict(model.extra)
    return {name: known for name, known in model.extra.items() if name not in _OF_PERSON}


def _given(one: CorrectedEvent) -> dict[str, Any]:
    value = one.value
    if value is None:
        return {"reviewed": False}
    given = {
        "note": value.note or None,
        "point_px": value.point_px,
        "point_m": value.point_m,
        "lead_us": value.lead_us,
        "lag_us": value.lag_us,
    }
    return {"reviewed": True, **{name: what for name, what in given.items() if what is not None}}
