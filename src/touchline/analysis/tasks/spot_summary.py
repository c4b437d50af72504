"""The summary of spotted events, for people and for ``--json``; the same for all kinds of spotters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from touchline.analysis.tasks.task import Summary
from touchline.core.clock import format_clock
from touchline.core.events import Event, Timeline
from touchline.core.wording import counted
from touchline.formats.bundle import Bundle, Manifest

CANDIDATE_THRESHOLD = 0.05
"""Confidence from which peaks are kept as candidates, for the report's sliders and for the review."""


@dataclass(frozen=True)
class SpotSummary(Summary):
    """The events of a video.

    Attributes:
        timeline: the events.
        remarks: remarks for the user on the events.
        degraded: whether a stream of a head was missing or differed in length from the video.

    """

    timeline: Timeline
    remarks: tuple[str, ...] = ()
    degraded: bool = False

    def record(self) -> dict[str, Any]:
        """Return the number of events."""
        return {"events": len(self.timeline)}

    def rows(self) -> list[dict[str, Any]]:
        """Return a record of each event."""
        return [_event_row(event) for event in self.timeline]

    def counts(self) -> list[str]:
        """Return the number of events in words."""
        return [counted(len(self.timeline), "event")]

    def lines(self, *, listed: bool) -> list[str]:
        """Return the number of events of each label, or a table of all events if ``listed``."""
        if listed:
            return _table(self.timeline.events)
        counts = Counter(event.label for event in self.timeline)
        return [", ".join(f"{label} {count}" for label, count in sorted(counts.items()))] if counts else []


def candidate_thresholds(thresholds: Mapping[str, float]) -> dict[str, float]:
    """Return the confidence from which a peak is kept as a candidate, by label."""
    return {label: min(threshold, CANDIDATE_THRESHOLD) for label, threshold in thresholds.items()}


def spot_summary(bundle: Bundle, manifest: Manifest) -> SpotSummary:
    """Return the summary of the events in a bundle."""
    about = manifest.spotting
    return SpotSummary(bundle.read_events(), tuple(about.get("remarks", ())), bool(about.get("degraded")))


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "type": "event",
        "label": event.label,
        "time_us": event.start_us,
        "time": format_clock(event.start_us),
        "confidence": round(event.confidence, 6),
        **({} if event.team is None else {"team": event.team}),
        **({} if event.player is None else {"player": event.player}),
        **event.extra,
    }


def _table(events: tuple[Event, ...]) -> list[str]:
    """Return time, label and confidence of events as aligned lines."""
    if not events:
        return ["no event reached its confidence threshold; lower it with --threshold all=VALUE"]
    width = max(len(event.label) for event in events)
    rows = [f"{'time':>11}  {'label':<{width}}  confidence"]
    return rows + [f"{format_clock(e.start_us):>11}  {e.label:<{width}}  {e.confidence:10.2f}{_who(e)}" for e in events]


def _who(event: Event) -> str:
    """Return who did it and what became of the ball, as far as it is known."""
    who = " ".join(word for word in (event.team, event.player and f"no. {event.player}") if word)
    outcome, receiver = event.extra.get("outcome"), event.extra.get("receiver")
    became = [f"{outcome}" + (f", no. {receiver} next on the ball" if receiver else "")] if outcome else []
    return "".join(f"  {word}" for word in (who, *became) if word)
