"""A bundle as a person leaves it: the model's events, and decisions on them in a real journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from touchline.core.corrections.history import Change
from touchline.core.corrections.values import EventValue
from touchline.core.events import Event, Timeline
from touchline.formats.bundle import CORRECTIONS, Bundle, video_fingerprint
from touchline.formats.corrections.writer import JournalWriter
from touchline.formats.events.own_events import event_ids

S = 1_000_000


def event_value(event: Event, *, state: str = "accepted", **changes: Any) -> dict[str, Any]:
    """The value of a decision on an event."""
    names = ("label", "start_us", "end_us", "team", "player", "visible", "half", "confidence")
    value = EventValue(**{name: getattr(event, name) for name in names}, state=state)
    return {**asdict(value), **changes}


def decide(event_id: str, event: Event, *, state: str = "accepted", **changes: Any) -> Change:
    return Change("event", event_id, None, event_value(event, state=state, **changes))


def write_review(
    folder: Path,
    *,
    found: Sequence[Event],
    decisions: Mapping[int, Mapping[str, Any]] | None = None,
    added: Sequence[Event] = (),
    spans: Sequence[tuple[int, int]] = (),
    video: Path | None = None,
) -> Bundle:
    """A reviewed bundle.

    Args:
        folder: the bundle.
        found: the model's events; in order of time.
        decisions: position in ``found`` -> state and changed values.
        added: events that the person added.
        spans: reviewed spans.
        video: the video; None gives a made-up fingerprint.

    """
    bundle, timeline = Bundle(folder), Timeline(tuple(found))
    folder.mkdir(parents=True)
    bundle.write_events(timeline)
    bundle.write_candidates(timeline)
    bundle.write_results(timeline, game=folder.stem)
    ids, events = event_ids(timeline), timeline.events
    changes = [decide(ids[number], events[number], **what) for number, what in (decisions or {}).items()]
    changes += [decide(f"p-{number:012x}", event) for number, event in enumerate(added)]
    if spans:
        changes.append(Change("reviewed", "spans", None, {"spans": [list(span) for span in spans]}))
    fingerprint = "made-up" if video is None else video_fingerprint(video)
    with JournalWriter(folder / CORRECTIONS, video_fingerprint=fingerprint, who="anna") as journal:
        for change in changes:
            journal.do(change)
    return bundle
