"""The time of every frame of a video, exactly as :class:`~touchline.media.video.VideoReader` shows them.

The file's packets carry these times, so most videos need not be decoded. Where that is in doubt (missing, repeated or
jumping times, damage, codecs whose packets are not frames) or where the first and last frames, which are decoded to
check, disagree with the packets, the whole video is decoded.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S
from touchline.core.events import Coverage
from touchline.media.decoding import packets
from touchline.media.facts import StreamFacts, choose_stream, inspect
from touchline.media.isolation import apart
from touchline.media.ledger import Ledger
from touchline.media.source import open_media
from touchline.media.video import Progress, VideoReader

TimesUs = npt.NDArray[np.int64]
"""int64 (frames,), strictly increasing, microseconds from the first shown frame."""

_PACKET_IS_FRAME = frozenset({"h264", "hevc", "vp9", "av1", "prores", "dnxhd", "mjpeg"})
"""Codecs of which every packet gives one shown frame."""
_NO_TIMES = frozenset({"h264", "hevc", "m4v", "mpegvideo", "mjpeg", "obu", "dv"})
"""Containers without times."""
_LONGEST_PAUSE_US = 3_600 * US_PER_S
_CHECKED_FRAMES = 48
_CHECKED_TAIL_US = 2 * US_PER_S
_PROGRESS_EVERY = 2_000


def frame_times(
    path: Path, *, stream: int | None = None, coverage: Coverage | None = None, progress: Progress | None = None
) -> TimesUs:
    """Return the time of every shown frame.

    Args:
        path: a local media file.
        stream: index of the video stream; None takes the default one.
        coverage: what an earlier decode of the whole video has found; it saves the checks.
        progress: called with (microseconds done, total; 0 if unknown).

    Returns:
        int64 (frames,), strictly increasing, microseconds from the first shown frame.

    Raises:
        UsageError: the path is not a regular file, or the stream does not exist.
        InputError: nothing in the file can be shown.

    """
    facts = inspect(path, stream=stream)
    times = packet_times(facts, progress=progress)
    if times is not None and _agrees(times, facts=facts, coverage=coverage):
        return times
    return decoded_times(path, stream=stream, progress=progress)


@apart
def packet_times(facts: StreamFacts, *, progress: Progress | None = None) -> TimesUs | None:
    """Return the times that a file's packets state; None if they cannot be those of the shown frames."""
    info = facts.info
    if info.codec not in _PACKET_IS_FRAME or facts.by_dts or facts.start_pts is None:
        return None
    ledger = Ledger(step_us=facts.step_us)
    found: list[int] = []
    with open_media(info.path, max_pixels=facts.max_pixels) as container:
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        if _NO_TIMES & set(container.format.name.split(",")):
            return None
        for packet in packets(container, video, ledger):
            if packet.size == 0:
                break
            time_us = facts.raw_us(packet)
            if time_us is None or packet.is_corrupt:
                return None
            if time_us >= 0 and not packet.is_discard:
                found.append(time_us)
                if progress is not None and len(found) % _PROGRESS_EVERY == 0:
                    progress(time_us, info.duration_us)
    times = np.sort(np.array(found, np.int64))
    steps = np.diff(times)
    steady = len(times) > 0 and times[0] == 0 and bool(np.all((steps > 0) & (steps < _LONGEST_PAUSE_US)))
    return times if steady and not ledger.packets_skipped else None


@apart
def decoded_times(path: Path, *, stream: int | None = None, progress: Progress | None = None) -> TimesUs:
    """Return the times of all frames by decoding the whole video; errors as for :func:`frame_times`."""
    found: list[int] = []
    with VideoReader(path, stream=stream) as video:
        for time_us, _ in video.decoded():
            found.append(time_us)
            if progress is not None and len(found) % _CHECKED_FRAMES == 0:
                progress(time_us, video.info.duration_us)
    return np.array(found, np.int64)


def _agrees(times: TimesUs, *, facts: StreamFacts, coverage: Coverage | None) -> bool:
    """Return whether the video shows frames at exactly these times, as far as its ends and an earlier decode tell."""
    if coverage is not None and coverage.frames_decoded:
        return coverage.frames_decoded == len(times) and not coverage.packets_skipped and not coverage.repairs
    late_us = int(times[-1]) - _CHECKED_TAIL_US
    with VideoReader(facts.info.path, stream=facts.info.stream_index) as video:
        first = [time_us for time_us, _ in islice(video.decoded(), _CHECKED_FRAMES)]
        last = [time_us for time_us, _ in video.decoded(start_us=late_us)] if late_us > 0 else first[-1:]
    return first == times[: len(first)].tolist() and last == times[-len(last) :].tolist()
