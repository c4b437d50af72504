"""An estimate of analysis speed, from a trial on the first seconds of a video."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from touchline.analysis.tasks.task import Job, Task, in_order, rates_of
from touchline.analysis.threads.side_by_side import pass_on
from touchline.core.clock import US_PER_S
from touchline.core.events import VideoInfo
from touchline.formats.bundle import Bundle, video_fingerprint
from touchline.media.video import VideoReader
from touchline.models.runtime.device import available_threads

_TRIAL_S = 4.0


def trial_speed(video: Path, *, info: VideoInfo, tasks: Sequence[Task], threads: int | None = None) -> float:
    """Measure the seconds of video analysed per second, on the first seconds of a video; the results are discarded.

    Args:
        video: the video file.
        info: properties of the video.
        tasks: the tasks of the analysis.
        threads: CPU threads to use; None takes all that are available.

    """
    started_s = time.monotonic()
    with TemporaryDirectory() as folder, VideoReader(video, stream=info.stream_index) as reader:
        threads = threads or available_threads()
        job = Job(video, info, video_fingerprint(video), Bundle(folder), stream=info.stream_index, threads=threads)
        ordered = in_order([task for task in tasks if task.recorded])
        for task in ordered:
            task.begin(job)
            task.open()
        watching = [task for task in ordered if task.watches]
        frames = reader.frames(rates=rates_of(watching))
        first = takewhile(lambda frame: frame.time_us < _TRIAL_S * US_PER_S, frames)
        pass_on(first, tasks=watching, video=video, threads=threads)
    analysed_s = min(_TRIAL_S, info.duration_us / US_PER_S) or _TRIAL_S
    return analysed_s / max(time.monotonic() - started_s, 1e-6)
