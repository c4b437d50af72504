"""Frames of one decode through the spotter, into saved chunks of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from touchline.analysis.checkpoint import Checkpoint
from touchline.clock import US_PER_S, us_from_frame
from touchline.media.frame import Frame
from touchline.media.sampling import sample_regular
from touchline.spotting.spotter import BaseSpotter
from touchline.types import Scores

Progress = Callable[[int, int], None]
"""Called with (done_us, total_us) of the video; total_us is 0 while unknown."""

Sample = tuple[int, npt.NDArray[np.uint8]]
"""Index on the model's time grid, and the luma picture (height, width) there, of the video's size."""


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
