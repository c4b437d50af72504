"""Recognition along tracks: crops come in picture by picture, scores of windows come out, memory stays bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.actions import WindowScores
from touchline.core.clock import US_PER_S
from touchline.models.specs.spec import ClipSpec
from touchline.recognition.windows import window_count

Rgb = npt.NDArray[np.uint8]

GAP_US = US_PER_S
"""After a gap this long in a track its windows start anew."""

_EARLY = 0.25
"""A picture up to this share of a step before its time on the grid is taken."""


class Recogniser(Protocol):
    """What names clips."""

    name: str
    batch: int

    @property
    def spec(self) -> ClipSpec:
        """The clips it wants."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Its classes."""

    def scores(self, clips: list[Rgb]) -> npt.NDArray[np.float32]:
        """Probabilities (n, classes) of clips."""


@dataclass(slots=True)
class _Run:
    """One uninterrupted part of a track.

    Attributes:
        track_id: whose.
        step_us: between pictures of a window; 0 where every ``stride``-th is taken.
        next_us: when the next picture is due.
        skipped: pictures since the last that was taken.
        pictures: how many were taken.
        crops, times_us: those that a window still needs.

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
    """Puts the windows of many tracks through one recogniser.

    Crops are kept only as long as a window needs them, and windows only until a batch is full: memory grows with the
    number of people who are in the picture together, not with the length of the video.

    Args:
        recogniser: names clips.
        stride: pictures from one window's start to the next one's; half a window by default: 8 of 16.

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
        """The next picture of a track: uint8 (height, width, 3) of the recogniser's size; times increase."""
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
        """A track is over: its last windows are filled up with its last picture."""
        run = self._runs.pop(track_id, None)
        if run is None or not run.pictures:
            return
        wanted = window_count(run.pictures, stride=self._stride)
        while run.emitted < wanted and run.crops:
            self._emit(run)

    def finish(self) -> list[WindowScores]:
        """Everything found since the last call, one entry a track, in the order of their ids; all tracks end."""
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
        """How often a picture is taken: once where it is due, more often where it stands for missing ones."""
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
        """Put the window at the front of a run into the queue, filled up with its last picture where it is short."""
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
        """Put the waiting windows through the recogniser."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        scores = self._recogniser.scores([window.clip for window in waiting])
        for window, values in zip(waiting, scores, strict=True):
            rows = self._found.setdefault(window.track_id, _Found())
            if rows.starts_us and window.start_us <= rows.starts_us[-1]:
                continue  # repeated pictures made two windows start at one time
            rows.starts_us.append(window.start_us)
            rows.ends_us.append(window.end_us)
            rows.padded.append(window.padded)
            rows.values.append(values)
