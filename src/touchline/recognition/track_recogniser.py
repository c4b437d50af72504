"""Recognition along tracks: takes crops frame by frame, returns scores of windows, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.actions import WindowScores
from touchline.core.arrays import Rgb
from touchline.core.clock import US_PER_S
from touchline.models.specs.spec import ClipSpec
from touchline.recognition.windows import window_count

GAP_US = US_PER_S
"""Gap in a track, microseconds, after which its windows start afresh."""

_EARLY = 0.25
"""A frame is taken up to this share of a step before its time on the grid."""


class Recogniser(Protocol):
    """The interface of recognisers of clips."""

    name: str
    batch: int

    @property
    def spec(self) -> ClipSpec:
        """The clips it expects."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the scores' columns."""

    def scores(self, clips: list[Rgb]) -> npt.NDArray[np.float32]:
        """Return probabilities (n, classes) of clips."""


@dataclass(slots=True)
class _Run:
    """An uninterrupted part of a track.

    Attributes:
        track_id: id of the track.
        next_us: time at which the next frame is due, where frames are sampled by ``fps``.
        skipped: frames since the last one taken, where every ``stride``-th frame is taken.
        last_us: time of the last frame seen.
        pictures: number of frames taken.
        emitted: number of windows emitted.
        crops, times_us: the frames taken that a window still needs.

    """

    track_id: int
    next_us: float = -np.inf
    skipped: int = 0
    last_us: int = 0
    pictures: int = 0
    emitted: int = 0
    crops: list[Rgb] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """The windows of one track."""

    starts_us: list[int] = field(default_factory=list)
    ends_us: list[int] = field(default_factory=list)
    padded: list[bool] = field(default_factory=list)
    values: list[npt.NDArray[np.float32]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    track_id: int
    start_us: int
    end_us: int
    padded: bool
    clip: Rgb


class TrackRecogniser:
    """A recogniser of actions along many tracks: cuts tracks into windows and classifies these in batches.

    Crops are kept only as long as a window needs them, and windows only until a batch is full: memory grows with the
    number of people in view at the same time, not with the length of the video.

    Args:
        recogniser: recogniser of clips.
        stride: frames from the start of one window to the next; half a window by default, such as 8 of 16.

    """

    def __init__(self, recogniser: Recogniser, *, stride: int | None = None) -> None:
        stride = max(1, recogniser.spec.frames // 2) if stride is None else stride
        if not 1 <= stride <= recogniser.spec.frames:
            raise ValueError(f"stride={stride} must be 1 to {recogniser.spec.frames}, the window's length")
        self._recogniser = recogniser
        self._spec = recogniser.spec
        self._stride = stride
        self._runs: dict[int, _Run] = {}
        self._waiting: list[_Window] = []
        self._found: dict[int, _Found] = {}

    @property
    def crops_held(self) -> int:
        """Crops in memory now."""
        return sum(len(run.crops) for run in self._runs.values()) + len(self._waiting) * self._spec.frames

    def push(self, track_id: int, *, time_us: int, crop: Rgb) -> None:
        """Add the next frame of a track: a crop uint8 (height, width, 3) of the recogniser's size; times increase."""
        run = self._runs.get(track_id)
        if run is not None and time_us - run.last_us > GAP_US:
            self.end(track_id)
            run = None
        if run is None:
            run = self._runs[track_id] = _Run(track_id)
        run.last_us = time_us
        for _ in range(self._due(run, time_us)):
            self._take(run, time_us, crop)

    def end(self, track_id: int) -> None:
        """End a track; its last windows are padded with its last crop."""
        run = self._runs.pop(track_id, None)
        if run is None or not run.pictures:
            return
        wanted = window_count(run.pictures, stride=self._stride)
        while run.emitted < wanted and run.crops:
            self._emit(run)

    def finish(self) -> list[WindowScores]:
        """End all tracks and return everything found since the last call, one entry per track, ordered by id."""
        for track_id in list(self._runs):
            self.end(track_id)
        self._work()
        found, self._found = self._found, {}
        return [
            WindowScores(
                track_id,
                np.array(rows.starts_us, np.int64),
                np.array(rows.ends_us, np.int64),
                np.stack(rows.values),
                np.array(rows.padded, np.bool_),
            )
            for track_id, rows in sorted(found.items())
        ]

    def _due(self, run: _Run, time_us: int) -> int:
        """Return how often a frame is taken: 0 if not due, 1 if due, more if it also replaces missing frames."""
        if self._spec.fps is None:
            due = run.pictures == 0 or run.skipped + 1 >= self._spec.stride
            run.skipped = 0 if due else run.skipped + 1
            return int(due)
        step_us = US_PER_S / self._spec.fps
        if run.pictures == 0:
            run.next_us = float(time_us)
        times = 0
        while time_us >= run.next_us - _EARLY * step_us:
            run.next_us += step_us
            times += 1
        return times

    def _take(self, run: _Run, time_us: int, crop: Rgb) -> None:
        run.crops.append(crop)
        run.times_us.append(time_us)
        run.pictures += 1
        if len(run.crops) == self._spec.frames:
            self._emit(run)

    def _emit(self, run: _Run) -> None:
        """Queue the first window of a run, padded with its last crop if it is short."""
        frames = self._spec.frames
        missing = frames - len(run.crops)
        clip = np.stack(run.crops + [run.crops[-1]] * missing)
        span_us = run.times_us[-1] - run.times_us[0]
        step_us = span_us // max(1, len(run.times_us) - 1) or 1
        window = _Window(run.track_id, run.times_us[0], run.times_us[-1] + step_us, missing > 0, clip)
        self._waiting.append(window)
        run.emitted += 1
        del run.crops[: self._stride], run.times_us[: self._stride]
        if len(self._waiting) >= self._recogniser.batch:
            self._work()

    def _work(self) -> None:
        """Classify the waiting windows."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        scores = self._recogniser.scores([window.clip for window in waiting])
        for window, values in zip(waiting, scores, strict=True):
            rows = self._found.setdefault(window.track_id, _Found())
            if rows.starts_us and window.start_us <= rows.starts_us[-1]:
                continue  # repeated frames can make two windows start at the same time
            rows.starts_us.append(window.start_us)
            rows.ends_us.append(window.end_us)
            rows.padded.append(window.padded)
            rows.values.append(values)
