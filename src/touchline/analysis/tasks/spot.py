"""The task that spots events in frames: scores chunk by chunk, then events from the scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from touchline.analysis.checkpoint import Checkpoint
from touchline.analysis.events_in_shots import in_wide_shots, remark_on_left_out
from touchline.analysis.likeness.marks import heeding
from touchline.analysis.tasks.event_files import HALF_KEY, half_key, write_event_files
from touchline.analysis.tasks.keys import digests_of
from touchline.analysis.tasks.spot_summary import SpotSummary, candidate_thresholds, spot_summary
from touchline.analysis.tasks.task import Job, Task
from touchline.core.clock import us_from_frame
from touchline.core.events import Coverage, Scores
from touchline.formats.bundle import CANDIDATES, EVENTS, RESULTS, SCORES, TRACKS, Bundle, Manifest
from touchline.formats.likeness import LIKENESS, likeness_or_none
from touchline.formats.play import PLAY, PLAY_CURVES
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler
from touchline.spotting.engine import ScoreChunk
from touchline.spotting.spotter import BaseSpotter

_TRACKS = "tracks"
"""Name of the key's entry that identifies the tracks used to filter events; absent if there were none."""
PLAY_KEY = "play"
"""Name of the key's entry that identifies what events of play were found from; absent if they come from the scores."""
LIKENESS_KEY = "likeness"
"""Name of the key's entry that identifies the verdict on the video; absent if there is none."""


class SpotTask(Task):
    """The task that spots events with a frame spotter: scores chunk by chunk, then events from the scores.

    If the bundle holds or will hold the video's tracks, ball actions outside their wide shots are left out. If it says
    that the video is unlike what the spotter was measured on, the events are marked; ball actions are withheld where
    there can be none, as in a still picture.

    Args:
        spotter: the spotter, or an ensemble of spotters.
        thresholds: confidence threshold by label, 0 to 1; other labels keep the spotter's threshold.

    Raises:
        UsageError: a threshold is outside 0 to 1, or for a label that the spotter does not have.

    """

    name = "spot"
    files: ClassVar[tuple[str, ...]] = (EVENTS, CANDIDATES, RESULTS, SCORES)
    needs: ClassVar[tuple[str, ...]] = ("track", "likeness")

    def __init__(self, spotter: BaseSpotter, *, thresholds: Mapping[str, float] | None = None) -> None:
        self.spotter = spotter
        self.models = tuple({"task": self.name, "name": m.name, "sha256": m.sha256} for m in spotter.members)
        self._thresholds = spotter.thresholds_with(thresholds or {})
        self._job: Job
        self._checkpoint: Checkpoint | None = None
        self._remarks: tuple[str, ...] = ()

    def begin(self, job: Job) -> None:
        """Start on a video."""
        self._job = job
        self._checkpoint, self.resumed_from_us, self._remarks = None, None, ()
        key = spot_key(self.spotter, thresholds=self._thresholds, origin=job.origin)
        used = {_TRACKS: job.key_of("track", TRACKS), LIKENESS_KEY: job.key_of("likeness", LIKENESS)}
        self.key = {**key, **half_key(job), **digests_of(used)}

    def open(self) -> None:
        """Load what an earlier run saved; if the bundle already holds the scores, no frames are needed."""
        self.watches = self._job.force or not self._bundle_has_scores()
        self.rates = (self.spotter.fps,)
        if self.watches:
            self._checkpoint = Checkpoint(self._job.bundle.path, key=self.key, resume=self._job.resume)
            saved = self._checkpoint.next_index
            self.resumed_from_us = None if saved is None else us_from_frame(saved, fps=self.spotter.fps)

    @property
    def checkpoint(self) -> Checkpoint:
        """The scores saved so far."""
        if self._checkpoint is None:
            raise ValueError("the task has not been opened; call open() first")
        return self._checkpoint

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames unchanged; score those of chunks not yet saved on the way."""
        start = self.checkpoint.next_index or 0
        first_needed = self.spotter.first_frame_needed(start) if start else 0
        sampler: GridSampler[Frame] = GridSampler(fps=self.spotter.fps)
        scoring = self.spotter.scoring(start_index=start)
        saver = _Saver(self.checkpoint, chunk=max(1, round(self._job.chunk_s * self.spotter.fps)))

        def score(samples: Iterator[tuple[int, Frame]]) -> None:
            for index, frame in samples:
                if index >= first_needed:
                    saver.take(scoring.feed(index, self.spotter.picture_of(frame)))

        for frame in frames:
            score(sampler.push(frame.time_us, frame))
            yield frame
        score(sampler.finish())
        saver.take(scoring.finish())
        saver.save()

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Find the events and write the task's files."""
        scores = self.scores(bundle)
        shots = bundle.read_shots() if _TRACKS in self.key else ()
        likeness = likeness_or_none(bundle.path) if LIKENESS_KEY in self.key else None
        found = self.spotter.events(scores, thresholds=self._thresholds)
        models = [one.name for one in self.spotter.members]
        possible, withheld = heeding(found, likeness=likeness, models=models)
        timeline = in_wide_shots(possible, shots=shots)
        candidates = self.spotter.events(scores, thresholds=candidate_thresholds(self._thresholds))
        candidates, _ = heeding(candidates, likeness=likeness, models=models)
        left_out = len(possible) - len(timeline)
        left_out_remark = (remark_on_left_out(left_out),) if left_out else ()
        self._remarks = (*self.spotter.remarks, *left_out_remark, *withheld)
        bundle.write_scores(scores)
        write_event_files(bundle, timeline, candidates=in_wide_shots(candidates, shots=shots), job=self._job)
        bundle.discard(PLAY, PLAY_CURVES)  # of an earlier run that named events from tracks

    def scores(self, bundle: Bundle) -> Scores:
        """Return the scores of this run, or those in the bundle if no frames were needed."""
        return saved_scores(self.checkpoint, spotter=self.spotter) if self.watches else bundle.read_scores()

    def manifest_parts(self) -> Mapping[str, Any]:
        """Return the remarks on the events, if there are any."""
        return {"spotting": {"remarks": list(self._remarks)} if self._remarks else {}}

    def summary(self, bundle: Bundle, manifest: Manifest) -> SpotSummary:
        """Return the events in the bundle."""
        return spot_summary(bundle, manifest)

    def discard(self) -> None:
        """Remove the saved scores."""
        if self._checkpoint is not None:
            self._checkpoint.discard()

    def _bundle_has_scores(self) -> bool:
        """Return whether the bundle holds these scores, regardless of the tracks that filtered the events."""
        recorded = self._job.recorded_key(self.name, SCORES)
        return recorded is not None and _of_scores(recorded) == _of_scores(self.key)


def _of_scores(key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a key that determines the scores."""
    others = (_TRACKS, LIKENESS_KEY, PLAY_KEY, HALF_KEY, "thresholds", "peaks")
    return {name: value for name, value in key.items() if name not in others}


def spot_key(spotter: BaseSpotter, *, thresholds: Mapping[str, float], origin: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that determines the events, as JSON: equal keys mean equal files."""
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
    return {**origin, "models": models, "thresholds": dict(thresholds), "peaks": spotter.decoding}


class _Saver:
    """A writer that saves scores in chunks of at least ``chunk`` samples."""

    def __init__(self, checkpoint: Checkpoint, *, chunk: int) -> None:
        self._checkpoint = checkpoint
        self._chunk = chunk
        self._first_index = 0
        self._pending: list[npt.NDArray[np.float32]] = []

    def take(self, scored: Iterator[ScoreChunk]) -> None:
        """Take the next scores; save the pending ones once they fill a chunk."""
        for part in scored:
            self._first_index = self._first_index if self._pending else part.first_index
            self._pending.append(part.values)
            if sum(map(len, self._pending)) >= self._chunk:
                self.save()

    def save(self) -> None:
        """Save the pending scores."""
        if self._pending:
            self._checkpoint.append(self._first_index, np.concatenate(self._pending))
            self._pending = []


def saved_scores(checkpoint: Checkpoint, *, spotter: BaseSpotter) -> Scores:
    """Return all saved chunks as one array of scores."""
    first_index, values = checkpoint.scores(classes=len(spotter.columns))
    times_us = [us_from_frame(first_index + i, fps=spotter.fps) for i in range(len(values))]
    return Scores(values=values, times_us=np.array(times_us, dtype=np.int64), labels=spotter.columns)
