"""Choice of a seek position from which decoding is certain to reach a given time."""

from __future__ import annotations

import av

from touchline.core.clock import US_PER_S
from touchline.media.decoding import decode_stream
from touchline.media.facts import StreamFacts, choose_stream, prepare
from touchline.media.isolation import apart
from touchline.media.ledger import Ledger
from touchline.media.source import open_media

_STEPS_BACK_US = (0, 2 * US_PER_S, 8 * US_PER_S, 32 * US_PER_S, 128 * US_PER_S)
_WORTH_IT_US = US_PER_S
_NO_INDEX = {"h264", "hevc", "m4v", "mpegvideo", "mjpeg", "obu", "dv"}
"""Raw streams: they carry no timestamps, so only counting from the start is correct."""


def seek_target(facts: StreamFacts, *, time_us: int) -> int | None:
    """Return a seek time, in the stream's time base, that puts the first decoded frame not after ``time_us``.

    Args:
        facts: properties of the stream.
        time_us: microseconds from the first shown frame.

    Returns:
        None if only decoding from the start is safe: near the start, or in files with a broken index or times.

    """
    if time_us < _WORTH_IT_US or facts.start_pts is None or facts.by_dts:
        return None
    info = facts.info
    with open_media(info.path, max_pixels=facts.max_pixels) as container:
        if container.format.name in _NO_INDEX:
            return None
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        prepare(video, path=info.path, max_pixels=facts.max_pixels)
        if not video.time_base:
            return None
        for back_us in _STEPS_BACK_US:
            if time_us - back_us < _WORTH_IT_US:
                return None
            target = facts.start_pts + int((time_us - back_us) / US_PER_S / video.time_base)
            try:
                container.seek(target, stream=video, backward=True)
            except av.FFmpegError:
                return None
            frame = next(decode_stream(container, video, ledger=Ledger(step_us=facts.step_us)), None)
            if frame is None:
                continue
            raw_us = facts.raw_us(frame)
            if raw_us is None:
                return None
            if raw_us <= time_us:
                return target
    return None


@apart
def key_times(facts: StreamFacts) -> tuple[int, ...]:
    """Return the times of a stream's key frames as far as the container's index lists them, without decoding.

    They are those of the order of decoding, which may lie a little before a picture is shown.

    Args:
        facts: properties of the stream.

    Returns:
        Microseconds from the first shown frame, increasing; nothing if the container has no index.

    """
    info = facts.info
    with open_media(info.path, max_pixels=facts.max_pixels) as container:
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        times = {facts.us_of(entry.timestamp) for entry in video.index_entries if entry.is_keyframe}
    return tuple(sorted(times))
