"""How fast a video would be analysed, from a trial on its first seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from touchline.analysis.tasks.spot import grid_samples
from touchline.analysis.tasks.spot_streams import VideoStreamSpotter
from touchline.analysis.tasks.track import VideoTracker
from touchline.core.events import VideoInfo
from touchline.media.frame import Frame
from touchline.media.video import VideoReader
from touchline.spotting.spotter import BaseSpotter

_TRIAL_S = 4.0


def trial_speed(
    video: Path,
    *,
    info: VideoInfo,
    spotter: BaseSpotter | VideoStreamSpotter | None = None,
    tracker: VideoTracker | None = None,
) -> float:
    """Seconds of video analysed a second, over the first seconds of a video; nothing is written."""
    started_s = time.monotonic()
    with VideoReader(video, stream=info.stream_index) as reader:
        frames: Iterator[Frame] = takewhile(lambda frame: frame.time_us < _TRIAL_S * 1e6, reader.frames())
        if tracker is not None:
            frames = _observed(frames, tracker=tracker, info=info)
        if isinstance(spotter, VideoStreamSpotter):
            spotter.try_on(frames, info=info)
        elif spotter is not None:
            deque(spotter.stream(grid_samples(frames, fps=spotter.fps)), maxlen=0)
        deque(frames, maxlen=0)
    analysed_s = min(_TRIAL_S, info.duration_us / 1e6) or _TRIAL_S
    return analysed_s / max(time.monotonic() - started_s, 1e-6)


def _observed(frames: Iterable[Frame], *, tracker: VideoTracker, info: VideoInfo) -> Iterator[Frame]:
    """The very same frames, each looked at as tracking does."""
    observer = tracker.observer(info)
    for number, frame in enumerate(frames):
        deque(observer.push(number, frame), maxlen=0)
        yield frame
    deque(observer.finish(), maxlen=0)
