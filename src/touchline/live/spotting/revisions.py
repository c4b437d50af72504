"""Events of a stream with an id and revisions: provisional first, changed as more is seen, final at last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from touchline.core.clock import us_from_frame
from touchline.live.spotting.settling import Peak
from touchline.live.spotting.stretch import Found

_NOTABLE = 0.05
"""Change of the confidence of a provisional event that makes a new revision."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event of a stream as it stands.

    Attributes:
        id: the same for all revisions of the event.
        revision: from 1, one more with each change.
        label: class name.
        time_us: microseconds from the first shown frame.
        confidence: 0 to 1.
        final: nothing that follows changes it.
        withdrawn: a provisional event that is no more; always final.
        team: ``"left"`` or ``"right"``; None if the model names no team.

    """

    id: str
    revision: int
    label: str
    time_us: int
    confidence: float
    final: bool = False
    withdrawn: bool = False
    team: str | None = None


class Revisions:
    """Turns peaks into events with revisions.

    Args:
        fps: grid points per second.
        distance_samples: peaks of a class that are nearer than this are the same event.

    """

    def __init__(self, *, fps: float, distance_samples: int) -> None:
        self._fps, self._distance = fps, distance_samples
        self._open: dict[str, tuple[LiveEvent, int]] = {}
        self._count = 0

    def update(self, found: Found) -> list[LiveEvent]:
        """Return what is new: events that began, changed, became final or were withdrawn, by time."""
        news = [self._final(peak) for peak in found.final]
        kept: set[str] = set()
        for peak in found.provisional:
            known = self._nearest(peak, but=kept)
            if known is None:
                event = self._new(peak)
                news.append(event)
            else:
                event, changed = self._changed(known, peak)
                news += [event] if changed else []
            self._open[event.id] = event, peak.index
            kept.add(event.id)
        news += [self._withdraw(name) for name in list(self._open) if name not in kept]
        return sorted(news, key=lambda event: (event.time_us, event.label))

    def _final(self, peak: Peak) -> LiveEvent:
        known = self._nearest(peak, but=())
        event = self._new(peak) if known is None else self._at(known, peak, revision=known.revision + 1)
        self._open.pop(event.id, None)
        return replace(event, final=True)

    def _withdraw(self, name: str) -> LiveEvent:
        event, _ = self._open.pop(name)
        return replace(event, revision=event.revision + 1, final=True, withdrawn=True)

    def _changed(self, known: LiveEvent, peak: Peak) -> tuple[LiveEvent, bool]:
        """Return an event with its new place, and whether that is worth a revision."""
        moved = us_from_frame(peak.index, fps=self._fps) != known.time_us
        changed = moved or abs(peak.confidence - known.confidence) >= _NOTABLE
        return (self._at(known, peak, revision=known.revision + 1) if changed else known), changed

    def _at(self, known: LiveEvent, peak: Peak, *, revision: int) -> LiveEvent:
        time_us = us_from_frame(peak.index, fps=self._fps)
        return replace(known, revision=revision, time_us=time_us, confidence=peak.confidence, team=peak.team)

    def _new(self, peak: Peak) -> LiveEvent:
        self._count += 1
        time_us = us_from_frame(peak.index, fps=self._fps)
        return LiveEvent(f"e{self._count}", 1, peak.label, time_us, peak.confidence, team=peak.team)

    def _nearest(self, peak: Peak, *, but: Iterable[str]) -> LiveEvent | None:
        """Return the open event of the same class that is nearest and near enough, except some."""
        near = [
            (abs(index - peak.index), event)
            for event, index in self._open.values()
            if event.label == peak.label and event.id not in but and abs(index - peak.index) < self._distance
        ]
        return min(near, key=lambda pair: pair[0])[1] if near else None
