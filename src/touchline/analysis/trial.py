"""An estimate of analysis speed, from a trial on the first seconds of a video."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from touchline.analysis.tasks.task import Job, Task, in_order
from touchline.core.clock import US_PER_S
from touchline.core.events import VideoInfo
from touchline.formats.bundle import Bundle, video_fingerprint
from touchline.media.frame import Frame
from touchline.media.video import VideoReader

_TRIAL_S = 4.0


def trial_speed(video: Path, *, info: VideoInfo, tasks: Sequence[Task]) -> float:
    """Measure the seconds of video analysed per second, on the first seconds of a video; the results are discarded."""
    started_s = time.monotonic()
    with TemporaryDirectory() as folder, VideoReader(video, stream=info.stream_index) as reader:
        job = Job(video, info, video_fingerprint(video), Bundle(folder), stream=info.stream_index)
        frames: Iterator[Frame] = takewhile(lambda frame: frame.time_us < _TRIAL_S * US_PER_S, reader.frames())
        for task in in_order([task for task in tasks if task.recorded]):
            task.begin(job)
            task.open()
            frames = task.watch(frames) if task.watches else frames
        deque(frames, maxlen=0)
    analysed_s = min(_TRIAL_S, info.duration_us / US_PER_S) or _TRIAL_S
    return analysed_s / max(time.monotonic() - started_s, 1e-6)
