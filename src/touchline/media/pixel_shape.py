"""The shape of each frame's pixels, which a broadcast changes midway: from 4:3 to 16:9 with as many pixels."""

from __future__ import annotations

from collections import OrderedDict
from fractions import Fraction

from av import Packet, VideoFrame
from av.video.stream import VideoStream

MAX_ASPECT = 8
"""Pixel aspect ratios beyond this are assumed to be a damaged header and replaced by square pixels."""
_REMEMBERED = 128


def plausible(aspect: Fraction | None) -> Fraction:
    """Return width over height of a pixel; 1 if it is not stated or nonsense."""
    return aspect if aspect and 1 / MAX_ASPECT <= aspect <= MAX_ASPECT else Fraction(1)


def shape_of(frame: VideoFrame) -> Fraction | None:
    """Return width over height of a frame's pixels as its decoder states it; None if it does not."""
    return frame.opaque if isinstance(frame.opaque, Fraction) else None


def set_shape(frame: VideoFrame, aspect: Fraction | None) -> None:
    """Keep the shape of a frame's pixels with it, also through filters."""
    frame.opaque = aspect


class PixelShapes:
    """Gives each decoded frame the pixel shape that its own packet stated: frames come later than their packets.

    Args:
        stream: the stream that is decoded.

    """

    def __init__(self, stream: VideoStream) -> None:
        self._context = stream.codec_context
        self._stated: OrderedDict[int, Fraction | None] = OrderedDict()

    def decoded(self, packet: Packet) -> None:
        """Remember the shape that holds once a packet is decoded."""
        time = packet.dts if packet.pts is None else packet.pts
        if time is not None:
            self._stated[time] = self._context.sample_aspect_ratio
            self._stated.move_to_end(time)
            if len(self._stated) > _REMEMBERED:
                self._stated.popitem(last=False)

    def mark(self, frame: VideoFrame) -> VideoFrame:
        """Return a frame with its shape."""
        time = frame.dts if frame.pts is None else frame.pts
        set_shape(frame, self._stated.get(-1 if time is None else time, self._context.sample_aspect_ratio))
        return frame
