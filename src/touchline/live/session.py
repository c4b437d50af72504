"""A live run: frames from the reader through the spotter, and what is found to everything that listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.clock import format_clock, us_from_frame
from touchline.core.events import Coverage, Gap, Scores
from touchline.live.latency import Latency
from touchline.live.likeness import LiveLikeness
from touchline.live.queueing import FrameQueue, GridFrame
from touchline.live.reading import Reader
from touchline.live.source.pictures import Source
from touchline.live.spotting.dense_stretch import DenseStretch
from touchline.live.spotting.kinds import LiveSpotter, look_ahead_of, nearest_of, seeing, stretch_of
from touchline.live.spotting.revisions import LiveEvent, Revisions
from touchline.live.spotting.stretch import Found, Stretch

QUEUE_S = 20.0
"""Seconds of pictures that the queue holds."""
_TICK_S = 0.25
_LAG_S = 1.0
"""With more than this waiting in the queue, only what is complete is computed, until the analysis has caught up."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An event with its place in the world: when its frame arrived, and how long ago that was.

    Attributes:
        event: the event.
        arrived_at: Unix time at which its frame arrived; None if that is no longer known.
        latency_s: seconds from there to this revision.

    """

    event: LiveEvent
    arrived_at: float | None = None
    latency_s: float | None = None

    def record(self) -> dict[str, Any]:
        """Return the event as a line of JSON shows it."""
        event = self.event
        at = None if self.arrived_at is None else datetime.fromtimestamp(self.arrived_at, UTC).isoformat()
        return {
            "type": "event",
            "id": event.id,
            "revision": event.revision,
            "final": event.final,
            "withdrawn": event.withdrawn,
            "label": event.label,
            "time_us": event.time_us,
            "time": format_clock(event.time_us),
            "confidence": round(event.confidence, 6),
            "arrived_at": at,
            "latency_s": None if self.latency_s is None else round(self.latency_s, 3),
        } | ({} if event.team is None else {"team": event.team})


class Listener(Protocol):
    """Something that wants to know what a live run finds. Calls come from one thread and must return soon."""

    def event(self, stated: Stated) -> None:
        """Take a revision of an event."""
        ...

    def status(self, record: Mapping[str, Any]) -> None:
        """Take how the run stands; called every few seconds and at the end."""
        ...


class Session:
    """One live run, from the first frame to the end of the source.

    Args:
        source: where pictures come from.
        spotter: the model.
        thresholds: confidence threshold of every label.
        listeners: what hears of events and of the state.
        status_s: seconds between two states.
        queue_s: seconds of pictures that may wait.
        clock: seconds on a clock that never goes back.

    Attributes:
        final: the final events so far.
        problems: each returns what is wrong besides the analysis, "" if nothing is.
        likeness: whether the source is like the footage that the model was measured on.
        seen_us: time of the latest frame that was analysed.

    """

    def __init__(
        self,
        source: Source,
        spotter: LiveSpotter,
        *,
        thresholds: Mapping[str, float],
        listeners: Sequence[Listener] = (),
        status_s: float = 5.0,
        queue_s: float = QUEUE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source, self.spotter, self.thresholds = source, spotter, dict(thresholds)
        self.listeners = list(listeners)
        self.problems: list[Callable[[], str]] = []
        self.final: list[LiveEvent] = []
        self.latency = Latency(look_ahead_s=look_ahead_of(spotter) / spotter.fps)
        self._clock, self._status_s = clock, status_s
        self.queue = FrameQueue(max(2, round(queue_s * spotter.fps)), waits=source.waits)
        self.likeness = LiveLikeness(spotter)
        self._reader = Reader(
            source,
            self.queue,
            fps=spotter.fps,
            seeing=seeing(spotter),
            likeness=self.likeness,
            clock=clock,
        )
        self._revisions = Revisions(fps=spotter.fps, distance_samples=nearest_of(spotter))
        self._stretches: list[Stretch | DenseStretch] = []
        self._finished: list[tuple[int, npt.NDArray[np.float32]]] = []
        self._arrivals: dict[int, tuple[float, float]] = {}
        self._stop = Event()
        self._ended = False
        self.seen_us = 0

    def stop(self) -> None:
        """Let :meth:`run` end soon; may be called from another thread."""
        self._stop.set()

    def finish(self) -> None:
        """Decide everything that is provisional, after :meth:`run` was interrupted."""
        if not self._ended:
            self._finish_stretch()
            self._ended = True
            self._tell_status()

    def run(self) -> None:
        """Analyse until the source ends or :meth:`stop` is called; then everything provisional is decided.

        Raises:
            TouchlineError: the source cannot be read.

        """
        self._reader.start()
        next_status_s = self._clock()
        try:
            while not self.queue.ended and not self._stop.is_set():
                frame = self.queue.get(timeout_s=_TICK_S)
                if frame is not None:
                    self._take(frame)
                if self._clock() >= next_status_s:
                    next_status_s = self._clock() + self._status_s
                    self._tell_status()
        finally:
            self.source.stop()
            self.queue.stop()
            self._reader.join(timeout=10)
        self.finish()
        if self._reader.error is not None:
            raise self._reader.error

    def status(self) -> dict[str, Any]:
        """Return how the run stands."""
        coverage = self.coverage()
        return {
            "type": "status",
            "state": "ended" if self._ended else self._state(),
            "source": self.source.shown,
            "labels": list(self.spotter.labels),
            "time_us": self.seen_us,
            "events": len(self.final),
            "queue": round(self.queue.fill, 3),
            "dropped_frames": self.queue.dropped,
            "reconnects": getattr(self.source, "reconnects", 0),
            "likeness": self._verdict(),
            "problems": [text for problem in self.problems if (text := problem())],
            "gaps": [asdict(gap) for gap in coverage.gaps],
            "doubtful": [asdict(gap) for gap in coverage.doubtful],
            "latency": self.latency.record(),
        }

    def coverage(self) -> Coverage:
        """Return what was read and lost, and what was dropped because the analysis was too slow."""
        read = self.source.coverage()
        gaps = sorted((*read.gaps, *self.queue.gaps), key=_start)
        still = (
            () if self.source.waits else self._reader.still.spans
        )  # what a file shows is judged as in touchline spot
        return replace(read, gaps=tuple(gaps), doubtful=tuple(sorted((*read.doubtful, *still), key=_start)))

    def scores(self) -> Scores:
        """Return all final scores so far; where frames were dropped there are none."""
        labels = self.spotter.columns
        parts = [*self._finished, *((one.first_index, one.scores()) for one in self._stretches)]
        values = [np.zeros((0, len(labels)), np.float32), *(part for _, part in parts)]
        indices = [first + step for first, part in parts for step in range(len(part))]
        times_us = [us_from_frame(index, fps=self.spotter.fps) for index in indices]
        return Scores(np.concatenate(values), np.array(times_us, dtype=np.int64), labels)

    def _state(self) -> str:
        own = getattr(self.source, "state", "running")
        return "starting" if own == "running" and not self._stretches else str(own)

    def _verdict(self) -> dict[str, str]:
        found = self.likeness.found
        return {"verdict": found.verdict, "line": found.line, "withheld": found.withheld}

    def _take(self, frame: GridFrame) -> None:
        """Analyse the next frame."""
        if self._stretches and self._stretches[-1].next_index != frame.index:
            self._finish_stretch()
        if not self._stretches:
            self._stretches.append(stretch_of(self.spotter, thresholds=self.thresholds, first_index=frame.index))
        self._remember(frame)
        lags = len(self.queue) > _LAG_S * self.spotter.fps
        found = self._stretches[-1].feed(frame.picture, look=not lags)
        self.seen_us = frame.time_us
        if found is not None:
            self.latency.computed(self._clock() - frame.arrived_s)
            self._tell(found)

    def _finish_stretch(self) -> None:
        """Decide everything that is provisional: what follows does not continue this stretch."""
        for stretch in self._stretches:
            self._tell(stretch.finish())
            self._finished.append((stretch.first_index, stretch.scores()))
        self._stretches.clear()

    def _remember(self, frame: GridFrame) -> None:
        """Remember when a frame arrived, for as long as an event of it may still change."""
        self._arrivals[frame.index] = frame.arrived_s, frame.arrived_at
        oldest = frame.index - 4 * look_ahead_of(self.spotter)
        for index in list(self._arrivals):
            if index >= oldest:
                break
            del self._arrivals[index]

    def _tell(self, found: Found) -> None:
        for event in self._revisions.update(found):
            if event.final and not event.withdrawn:
                self.final.append(event)
            stated = self._stated(event)
            if stated.latency_s is not None and event.final and not event.withdrawn:
                self.latency.emitted(stated.latency_s)
            for listener in self.listeners:
                listener.event(stated)

    def _stated(self, event: LiveEvent) -> Stated:
        index = round(event.time_us * self.spotter.fps / 1e6)
        arrived = self._arrivals.get(index)
        if arrived is None:
            return Stated(event)
        return Stated(event, arrived[1], self._clock() - arrived[0])

    def _tell_status(self) -> None:
        record = self.status()
        for listener in self.listeners:
            listener.status(record)


def _start(gap: Gap) -> tuple[int, int]:
    return gap.start_us, gap.end_us
