"""The task that reads the broadcast's score board: match clock, periods, score and names of the teams."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from touchline.analysis.tasks.chunked import ChunkedTask
from touchline.analysis.tasks.task import Job, Summary
from touchline.core.board.values import MatchClock
from touchline.core.clock import format_clock
from touchline.core.events import Coverage
from touchline.formats.bundle import Bundle, Manifest
from touchline.formats.match_clock import CLOCK, clock_document, clock_from_document, read_clock, write_clock
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler
from touchline.tracking.board.reading import BoardReader, TextReader, sample_fps


@dataclass(frozen=True)
class ClockSummary(Summary):
    """What the score board says: ``clock``."""

    clock: MatchClock

    def record(self) -> dict[str, Any]:
        """Return the content of ``clock.json``."""
        document = clock_document(self.clock)
        return {"clock": {name: value for name, value in document.items() if name not in ("schema", "version")}}

    def lines(self, *, listed: bool) -> list[str]:
        """Return the spans of the clock, the last score, and the remarks."""
        clock = self.clock
        notes = [f"note: {note}" for note in clock.remarks]
        if not clock.found:
            return notes
        first, last = clock.spans[0], clock.spans[-1]
        start, end = first.at(first.start_us), last.at(last.end_us)
        words = f"clock: {start.text} at {format_clock(first.start_us, decimals=0)}"
        words += f" to {end.text} at {format_clock(last.end_us, decimals=0)} of the video"
        if clock.scores:
            names = [team.name if team else side for team, side in ((clock.home, "home"), (clock.away, "away"))]
            words += f"; {names[0]} {clock.scores[-1].text} {names[1]}"
        return [words, *notes]


class ClockTask(ChunkedTask):
    """The task that reads the score board; a video without one is not a failure.

    Args:
        reader: reads lines of text.

    """

    name = "clock"
    files = (CLOCK,)

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self.models = ({"task": self.name, "name": reader.name, "sha256": reader.sha256},)

    def begin(self, job: Job) -> None:
        """Start on a video."""
        super().begin(job)
        self.key = json.loads(json.dumps({**job.origin, "reader": self._reader.sha256, "version": 1}))

    def open(self) -> None:
        """Load what an earlier run saved."""
        super().open()
        self.watches = not self.chunks.count
        self.rates = (sample_fps(self._job.info.duration_us),)
        self.resumed_from_us = None if self.watches else self._job.info.duration_us

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames unchanged; read the board on one of them a second or so."""
        board = BoardReader(self._reader)
        sampler: GridSampler[Frame] = GridSampler(fps=sample_fps(self._job.info.duration_us))
        last_us = 0
        for frame in frames:
            last_us = frame.time_us
            _read(board, sampler.push(frame.time_us, frame))
            yield frame
        _read(board, sampler.finish())
        self._save(board.finish(duration_us=max(self._job.info.duration_us, last_us)))

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the task's file."""
        saved = next(iter(self.chunks.read()))
        write_clock(bundle.path, clock_from_document(json.loads(saved["words"].tobytes())))

    def summary(self, bundle: Bundle, manifest: Manifest) -> ClockSummary:
        """Return the clock stored in the bundle."""
        return ClockSummary(read_clock(bundle.path))

    def _save(self, clock: MatchClock) -> None:
        words = json.dumps(clock_document(clock)).encode()
        self.chunks.save({"words": np.frombuffer(words, np.uint8)})


def _read(board: BoardReader, samples: Iterable[tuple[int, Frame]]) -> None:
    for _, frame in samples:
        board.see(frame.time_us, frame.luma, frame.to_rgb())
