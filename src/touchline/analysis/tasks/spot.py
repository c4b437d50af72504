"""Frames of one decode through the spotter, into saved chunks of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.analysis.checkpoint import Checkpoint
from touchline.analysis.events_in_shots import in_wide_shots, remark_on_left_out
from touchline.core.clock import US_PER_S, us_from_frame
from touchline.core.events import Coverage, Scores, Timeline
from touchline.formats.bundle import EVENTS, RESULTS, SCORES, Bundle
from touchline.media.frame import Frame
from touchline.media.sampling import sample_regular
from touchline.spotting.spotter import BaseSpotter

Progress = Callable[[int, int], None]
"""Called with (done_us, total_us) of the video; total_us is 0 while unknown."""

Sample = tuple[int, npt.NDArray[np.uint8]]
"""Index on the model's time grid, and the luma picture (height, width) there, of the video's size."""

_TRACKS = "tracks"


class SpotTask:
    """The events of one video: scores chunk by chunk, then events of them.

    Args:
        spotter: the model, or several.
        thresholds: confidence an event needs, by label; the spotter's where none is named.
        origin: what the video is, as part of the key.
        tracks: names the tracks that the bundle has, or will when :meth:`write` comes; ball actions outside their wide
            shots are left out. None for a video without tracks.

    Attributes:
        name: of the task.
        key: everything that decides the results, as JSON: equal keys mean equal files.
        files: what it writes into the bundle.
        models: with what.
        resumed_from_us: where an earlier run had stopped; None for a run from the start.
        scored: the bundle has the scores already, found along other tracks or none; to be set before :meth:`open`.
        remarks: after :meth:`write`, what a user should know.

    """

    name = "spot"
    files = (EVENTS, RESULTS, SCORES)

    def __init__(
        self,
        spotter: BaseSpotter,
        *,
        thresholds: Mapping[str, float],
        origin: Mapping[str, Any],
        tracks: str | None = None,
    ) -> None:
        self.spotter = spotter
        key = spot_key(spotter, thresholds=spotter.thresholds_with(thresholds), origin=origin)
        self.key = key if tracks is None else {**key, _TRACKS: tracks}
        self.models = tuple({"task": self.name, "name": m.name, "sha256": m.sha256} for m in spotter.members)
        self.resumed_from_us: int | None = None
        self.scored = False
        self.remarks: tuple[str, ...] = ()
        self._tracked = tracks is not None
        self._thresholds = dict(thresholds)
        self._checkpoint: Checkpoint | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        """What is saved of the work."""
        if self._checkpoint is None:
            raise ValueError("open() comes before the work")
        return self._checkpoint

    def open(self, bundle: Path, *, resume: bool) -> None:
        """Find what an earlier run saved."""
        if self.scored:
            return
        self._checkpoint = Checkpoint(bundle, key=self.key, resume=resume)
        saved = self._checkpoint.next_index
        self.resumed_from_us = None if saved is None else us_from_frame(saved, fps=self.spotter.fps)

    def consume(self, frames: Iterable[Frame], *, chunk_s: float) -> None:
        """Score all frames of the video, saving at every ``chunk_s`` seconds."""
        if not self.scored:
            score_missing(frames, spotter=self.spotter, checkpoint=self.checkpoint, chunk_s=chunk_s)

    def write(self, bundle: Bundle, *, game: str) -> None:
        """Find the events and write the task's files."""
        scores = bundle.read_scores() if self.scored else saved_scores(self.checkpoint, spotter=self.spotter)
        found = self.spotter.events(scores, thresholds=self._thresholds)
        timeline = self._believed(found, bundle)
        left_out = len(found) - len(timeline)
        self.remarks = (remark_on_left_out(left_out),) if left_out else ()
        bundle.write_scores(scores)
        bundle.write_events(timeline)
        bundle.write_results(timeline, game=game)

    def candidates(self, bundle: Bundle, *, thresholds: Mapping[str, float], coverage: Coverage) -> Timeline:
        """Every event that reaches the thresholds by the scores in the bundle, for a report's sliders."""
        return self._believed(self.spotter.events(bundle.read_scores(), thresholds=thresholds), bundle)

    def discard(self) -> None:
        """Remove what was saved."""
        if not self.scored:
            self.checkpoint.discard()

    def has_scores_of(self, settings: Mapping[str, Any] | None) -> bool:
        """Whether work with these settings, another task's ``key``, gave this task's very scores."""
        return settings is not None and _without_tracks(settings) == _without_tracks(self.key)

    @property
    def needs_frames(self) -> bool:
        """Whether it has to see the pictures."""
        return not self.scored

    def _believed(self, timeline: Timeline, bundle: Bundle) -> Timeline:
        """The events of wide shots, where the bundle's tracks say which these are; all of them without tracks."""
        return in_wide_shots(timeline, shots=bundle.read_tracks().shots) if self._tracked else timeline


def _without_tracks(key: Mapping[str, Any]) -> dict[str, Any]:
    """What of a key decides the scores and their peaks."""
    return {name: value for name, value in key.items() if name != _TRACKS}


def spot_key(spotter: BaseSpotter, *, thresholds: Mapping[str, float], origin: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that decides the events, as JSON: equal keys mean equal files."""
    models = [
        {
            "name": member.name,
            "sha256": member.sha256,
            "flip": member.flip,
            "backend": member.backend_name,
            "device": member.device_reason.partition(":")[0],
        }
        for member in spotter.members
    ]
    peaks = spotter.config.peaks.model_dump(mode="json")
    return {**origin, "models": models, "thresholds": dict(thresholds), "peaks": peaks}


def score_missing(frames: Iterable[Frame], *, spotter: BaseSpotter, checkpoint: Checkpoint, chunk_s: float) -> None:
    """Put the frames of all chunks that are not saved yet through the spotter, saving chunk by chunk.

    All of ``frames`` is consumed, whatever is saved already, so that the reader's coverage is of the whole video.

    Args:
        frames: the video from its start.
        spotter: the model, or several.
        checkpoint: where chunks are saved, and what of them is there.
        chunk_s: seconds of video between two saves.

    """
    start_index = checkpoint.next_index or 0
    first_needed = spotter.first_frame_needed(start_index) if start_index else 0
    samples = grid_samples(frames, fps=spotter.fps, first_index=first_needed)
    chunk_samples = max(1, round(chunk_s * spotter.fps))
    pending: list[npt.NDArray[np.float32]] = []
    first_index = start_index
    for chunk in spotter.stream(samples, start_index=start_index):
        first_index = first_index if pending else chunk.first_index
        pending.append(chunk.values)
        if sum(map(len, pending)) >= chunk_samples:
            checkpoint.append(first_index, np.concatenate(pending))
            pending = []
    if pending:
        checkpoint.append(first_index, np.concatenate(pending))
    for _ in samples:  # what the spotter left
        pass


def grid_samples(frames: Iterable[Frame], *, fps: float, first_index: int = 0) -> Iterator[Sample]:
    """Samples of a time grid from ``first_index`` on."""
    for index, frame in sample_regular(frames, fps=fps):
        if index >= first_index:
            yield index, frame.luma


def telling_progress(frames: Iterable[Frame], *, duration_us: int, progress: Progress | None) -> Iterator[Frame]:
    """The same frames; at every second of video, ``progress`` hears how far they are."""
    told_us = -US_PER_S
    for frame in frames:
        if progress is not None and frame.time_us - told_us >= US_PER_S:
            told_us = frame.time_us
            progress(frame.time_us, duration_us)
        yield frame


def saved_scores(checkpoint: Checkpoint, *, spotter: BaseSpotter) -> Scores:
    """All saved chunks as one curve."""
    first_index, values = checkpoint.scores(classes=len(spotter.labels))
    fps = spotter.fps
    times_us = [us_from_frame(first_index + i, fps=fps) for i in range(len(values))]
    return Scores(values=values, times_us=np.array(times_us, dtype=np.int64), labels=tuple(spotter.labels))
