"""The usual frame rate of a stream, also where its container states none or nonsense."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, pairwise
from statistics import median

import av
from av.container import InputContainer
from av.video.stream import VideoStream

_RAW = frozenset({"h264", "hevc", "m4v", "mpegvideo", "mjpeg", "obu", "dv"})
"""Containers without times; FFmpeg gives them an average rate of its own, the guess is from the stream itself."""
_PACKETS = 64
_FASTEST = 240
"""Stated rates above this need proof: some containers state their clock's rate instead."""
_FAR = Fraction(9, 5)
"""A stated average this many times the rate of the first packets is wrong; a lower one may be due to pauses."""
_CLOSE = Fraction(1, 100)
_USUAL = tuple(Fraction(rate) for rate in (24, 25, 30, 48, 50, 60, 100, 120, 240))
_USUAL_RATES = tuple(sorted([*_USUAL, *(rate * 1000 / 1001 for rate in _USUAL if rate % 24 == 0 or rate % 30 == 0)]))


def frame_rate(container: InputContainer, video: VideoStream) -> Fraction | None:
    """Return the usual number of frames per second of a stream; None if nothing tells it.

    It is the stated average, unless that is implausible or contradicts the times of the packets that follow, which
    are read.
    """
    rates = [video.average_rate, video.guessed_rate, video.base_rate]
    if container.format.name in _RAW:
        rates = [video.guessed_rate, video.average_rate]
    stated = [Fraction(rate) for rate in rates if rate and rate > 0]
    measured = _measured(container, video)
    if measured is None:
        return next((rate for rate in stated if rate <= _FASTEST), None)
    if stated and stated[0] <= _FASTEST and stated[0] < _FAR * measured:
        return stated[0]
    known = (*stated, *sorted(_USUAL_RATES, key=lambda rate: abs(rate - measured)))
    return next((rate for rate in known if abs(rate - measured) <= _CLOSE * measured), measured)


def _measured(container: InputContainer, video: VideoStream) -> Fraction | None:
    """Return the rate at which the next packets follow each other; None if they have no times, or are too few."""
    if not video.time_base:
        return None
    try:
        found = [(packet.pts, packet.dts) for packet in islice(container.demux(video), _PACKETS) if packet.size]
    except (av.FFmpegError, MemoryError):
        return None
    for times in zip(*found, strict=True):
        known = sorted({time for time in times if time is not None})
        steps = [late - early for early, late in pairwise(known)]
        if len(known) * 2 > len(times) and len(steps) > 1:
            usual = median(steps)
            steps = [step for step in steps if usual / 2 < step < usual * 3 / 2] or steps
            return len(steps) / (sum(steps) * video.time_base)
    return None
