"""Decoded frames as H.264 takes them: upright, in square pixels, of one even size, without a detour by RGB."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Interpolation

from touchline.core.arrays import Rgb
from touchline.media.colour.coding import is_hdr
from touchline.media.colour.conversion import rgb_of
from touchline.media.encoding.h264 import Colours
from touchline.media.facts import StreamFacts, choose_stream
from touchline.media.frame import Luma
from touchline.media.isolation import apart
from touchline.media.picture import square_size
from touchline.media.source import open_media

FORMAT = "yuv420p"
_BLACK = (16, 128, 128)
_FULL_RANGE = int(ColorRange.JPEG)


@apart
def colours_of(facts: StreamFacts) -> Colours:
    """Return the colours of a video, as its decoder knows them; errors as for :func:`open_media`."""
    info = facts.info
    with open_media(info.path, max_pixels=facts.max_pixels) as container:
        return Colours.of(choose_stream(container, path=info.path, index=info.stream_index)[0].codec_context)


class PictureFitter:
    """Converts the decoded frames of one stream to yuv420p in the limited range.

    A picture of another size is scaled with its aspect kept and gets black bars; one that is a pixel short, because its
    own size is odd, has its last column or row doubled instead. Frames that need no change are passed as they are.

    Args:
        facts: properties of the stream.
        width: of the result, pixels, even.
        height: of the result, pixels, even.
        colours: of the result; those of the stream itself need no conversion.
        own: the stream's own colours.

    """

    def __init__(self, facts: StreamFacts, *, width: int, height: int, colours: Colours, own: Colours) -> None:
        self._facts, self._size = facts, (width, height)
        self._colours, self._own = colours, own

    def fit(self, frame: VideoFrame) -> VideoFrame:
        """Return a frame as shown; the same object if nothing has to change, so its pixels must not be written."""
        aspect = self._facts.presenter().aspect_of(frame)
        upright = self._facts.orientation.size(*square_size(frame.width, frame.height, aspect=aspect))
        inner = inner_size(upright, self._size)
        coded = self._facts.orientation.size(*inner)
        fitted = self._converted(frame, width=coded[0], height=coded[1])
        turned = self._facts.orientation.rotation_deg or self._facts.orientation.mirrored
        if not turned and inner == self._size:
            return fitted
        smear = max(self._size[0] - inner[0], self._size[1] - inner[1]) == 1
        planes = [self._facts.orientation.apply(plane) for plane in planes_of(fitted)]
        return _on_canvas(planes, self._size, smear=smear)

    def _converted(self, frame: VideoFrame, *, width: int, height: int) -> VideoFrame:
        """Return a frame of this size as yuv420p in the result's colours."""
        if is_hdr(frame):
            frame = VideoFrame.from_ndarray(rgb_of(frame), format="rgb24")
        recoded = self._own.conversion != self._colours.conversion
        ranged = frame.color_range == _FULL_RANGE or frame.format.name != FORMAT
        if (frame.width, frame.height) == (width, height) and not recoded and not ranged:
            return frame
        shrinks = width < frame.width or height < frame.height
        return frame.reformat(
            width=width,
            height=height,
            format=FORMAT,
            src_colorspace=self._own.conversion,
            src_color_range="JPEG" if frame.color_range == _FULL_RANGE else "MPEG",
            dst_colorspace=self._colours.conversion,
            dst_color_range="MPEG",
            interpolation=Interpolation.AREA if shrinks else Interpolation.BICUBIC,
            threads=1,
        )


def inner_size(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """Return the (width, height) that a picture has inside a room: its own, if it is a pixel smaller at most."""
    if all(0 <= most - length <= 1 for length, most in zip(size, room, strict=True)):
        return size
    scale = min(Fraction(room[0], size[0]), Fraction(room[1], size[1]))
    # Even lengths at even places keep luma and chroma together.
    width, height = (min(most, max(2, round(length * scale / 2) * 2)) for length, most in zip(size, room, strict=True))
    return width, height


def planes_of(frame: VideoFrame) -> list[Luma]:
    """Return views of the luma and the two chroma planes of a yuv420p frame, uint8 (rows, columns)."""
    views = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        views.append(rows[: plane.height, : plane.width])
    return views


def frame_of(planes: list[Luma]) -> VideoFrame:
    """Return a yuv420p frame with copies of these planes."""
    height, width = planes[0].shape
    frame = VideoFrame(width, height, FORMAT)
    for target, plane in zip(frame.planes, planes, strict=True):
        rows = np.zeros((target.height, target.line_size), np.uint8)
        rows[:, : target.width] = plane
        target.update(rows)
    return frame


def coded_rgb(rgb: Rgb, *, width: int, height: int, colours: Colours) -> VideoFrame:
    """Return an RGB picture as yuv420p of a size that is up to a pixel larger; the last column or row is doubled."""
    down, right = height - rgb.shape[0], width - rgb.shape[1]
    if down or right:
        rgb = np.pad(rgb, ((0, down), (0, right), (0, 0)), mode="edge")
    frame = VideoFrame.from_numpy_buffer(np.ascontiguousarray(rgb), format="rgb24")
    return frame.reformat(format=FORMAT, dst_colorspace=colours.conversion, dst_color_range="MPEG", threads=1)


def _on_canvas(planes: list[Luma], size: tuple[int, int], *, smear: bool) -> VideoFrame:
    """Return the planes in the middle of a black picture, or with the last column and row doubled."""
    canvas = []
    for plane, black, part in zip(planes, _BLACK, (1, 2, 2), strict=True):
        width, height = size[0] // part, size[1] // part
        if smear:
            down, right = height - plane.shape[0], width - plane.shape[1]
            canvas.append(np.pad(plane, ((0, down), (0, right)), mode="edge"))
            continue
        rows = np.full((height, width), black, np.uint8)
        top, left = (size[1] - planes[0].shape[0]) // 4 * 2 // part, (size[0] - planes[0].shape[1]) // 4 * 2 // part
        rows[top : top + plane.shape[0], left : left + plane.shape[1]] = plane
        canvas.append(rows)
    return frame_of(canvas)
