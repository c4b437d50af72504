"""Frames at chosen times, anywhere in a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError
from touchline.media.frame import Frame
from touchline.media.video import VideoReader

_READ_ON_US = 5 * US_PER_S
"""Up to this far ahead, reading on is assumed to be cheaper than seeking."""


def read_clip(path: str | Path, *, times_us: Sequence[int], stream: int | None = None) -> list[Frame]:
    """Return the shown frame nearest to each time; ties go to the earlier frame.

    Args:
        path: a local media file.
        times_us: microseconds from the first shown frame, in any order; times past the end get the last frame.
        stream: index of the video stream; None takes the default one.

    Returns:
        One frame for each time, in the order of ``times_us``; an empty list for no times.

    Raises:
        ValueError: a time is negative.
        InputError: the video cannot be read there.

    """
    if any(time_us < 0 for time_us in times_us):
        raise ValueError(f"times_us has the negative time {min(times_us)}; times count from the first shown frame")
    if not times_us:
        return []
    found: dict[int, Frame] = {}
    with VideoReader(path, stream=stream) as video:
        for group in _groups(sorted(set(times_us))):
            found.update(_nearest(video, group))
    missing = [time_us for time_us in times_us if time_us not in found]
    if missing:
        raise InputError(f"{str(path)!r} has no decodable frame near {missing[0] / US_PER_S:.3f} s")
    return [found[time_us] for time_us in times_us]


def _groups(times_us: list[int]) -> Iterator[list[int]]:
    """Yield groups of increasing times, split where the next time lies far ahead."""
    group: list[int] = []
    for time_us in times_us:
        if group and time_us - group[-1] > _READ_ON_US:
            yield group
            group = []
        group.append(time_us)
    yield group


def _nearest(video: VideoReader, times_us: list[int]) -> Iterator[tuple[int, Frame]]:
    """Yield pairs of time and nearest frame, for increasing times that lie close together."""
    waiting = list(times_us)
    last: Frame | None = None
    for frame in video.frames(start_us=times_us[0]):
        while waiting and last is not None and 2 * waiting[0] <= last.time_us + frame.time_us:
            yield waiting.pop(0), last
        if not waiting:
            return
        last = frame
    if last is None and times_us[0] > 0:
        last = _last_frame(video, before_us=times_us[0])
    if last is not None:
        yield from ((time_us, last) for time_us in waiting)


def _last_frame(video: VideoReader, *, before_us: int) -> Frame | None:
    """Return the last frame of a video that ends before a time."""
    back_us = _READ_ON_US
    while True:
        start_us = max(0, min(before_us, video.info.duration_us or before_us) - back_us)
        last = None
        for frame in video.frames(start_us=start_us):
            last = frame
        if last is not None or start_us == 0:
            return last
        back_us *= 4
