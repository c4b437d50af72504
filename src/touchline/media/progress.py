"""How far a pass over a video is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from touchline.core.clock import US_PER_S
from touchline.media.frame import Frame

Progress = Callable[[int, int], None]
"""Called with (done_us, total_us) of the video; total_us is 0 while unknown."""


def with_progress(frames: Iterable[Frame], *, duration_us: int, progress: Progress | None) -> Iterator[Frame]:
    """The same frames; once a second of video, ``progress`` is called."""
    last_us = -US_PER_S
    for frame in frames:
        if progress is not None and frame.time_us - last_us >= US_PER_S:
            last_us = frame.time_us
            progress(frame.time_us, duration_us)
        yield frame
