"""Conversion of a decoder's frame to the picture as shown: luma plane, rotation, square pixels, one size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import Interpolation

from touchline.core.arrays import Rgb
from touchline.media.colour.coding import is_hdr
from touchline.media.colour.conversion import rgb_of, sdr_luma
from touchline.media.frame import Luma
from touchline.media.pixel_shape import plausible, shape_of

_HIGH_BITS = ("p010", "p012", "p016", "p210", "p212", "p216", "p410", "p412", "p416")
"""Semi-planar formats with their significant bits at the top of 16."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """The transformation that makes a coded picture upright: a left-right flip, then a clockwise rotation.

    Attributes:
        rotation_deg: clockwise rotation, 0, 90, 180 or 270.
        mirrored: whether it is flipped left to right before the rotation.

    """

    rotation_deg: int = 0
    mirrored: bool = False

    def apply(self, picture: Luma) -> Luma:
        """Return the upright picture; a view of ``(height, width, ...)`` where possible."""
        if self.mirrored:
            picture = picture[:, ::-1]
        return np.rot90(picture, k=-self.rotation_deg // 90)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the ``(width, height)`` of the upright picture."""
        return (height, width) if self.rotation_deg in (90, 270) else (width, height)


def orientation_of(frame: VideoFrame) -> Orientation:
    """Return the orientation given by a frame's display matrix, rounded to the nearest quarter turn."""
    for data in frame.side_data:
        if data.type == SideDataType.DISPLAYMATRIX:
            a, b, _, c, d = np.frombuffer(bytes(data)[:20], dtype=np.int32).astype(np.int64)
            mirrored = bool(a * d - b * c < 0)
            if mirrored:
                a, b = -a, -b
            turn_deg = round(float(np.degrees(np.arctan2(b, a))) / 90) * 90 % 360
            return Orientation(rotation_deg=turn_deg, mirrored=mirrored)
    return Orientation()


def square_size(width: int, height: int, *, aspect: Fraction) -> tuple[int, int]:
    """Return the size in square pixels: the height stays, the width follows the sample aspect ratio."""
    return max(1, round(width * aspect)), height


def luma_plane(frame: VideoFrame) -> Luma:
    """Return the brightness of a decoded frame as coded, uint8 (height, width); deeper samples lose their lowest bits.

    Only formats without a luma plane (RGB, packed) are converted, and HDR, whose brightness is that of SDR.
    """
    layout = frame.format
    first = layout.components[0]
    grey = layout.name.startswith("gray")
    planar = first.is_luma and first.plane == 0 and (layout.is_planar or grey) and first.bits <= 16
    if is_hdr(frame) and not planar:
        return luma_plane(VideoFrame.from_ndarray(rgb_of(frame), format="rgb24"))
    if not planar or layout.is_big_endian or layout.has_palette:
        full_range = layout.is_rgb or layout.has_palette or grey
        return luma_plane(frame.reformat(format="gray" if full_range else "yuv444p"))
    plane = frame.planes[0]
    if first.bits == 8:
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        shallow = np.ascontiguousarray(rows[: frame.height, : frame.width])
        return sdr_luma(shallow, frame, bits=8) if is_hdr(frame) else shallow
    deep = np.frombuffer(plane, np.uint16).reshape(plane.height, plane.line_size // 2)[: frame.height, : frame.width]
    bits = 16 if layout.name.startswith(_HIGH_BITS) else first.bits
    return sdr_luma(deep, frame, bits=bits) if is_hdr(frame) else (deep >> bits - 8).astype(np.uint8)


def resize(picture: Luma, *, width: int, height: int) -> Luma:
    """Resize luma or RGB: area averaging when it shrinks, linear interpolation when it grows.

    Args:
        picture: uint8 (h, w) or (h, w, 3).
        width: of the result, pixels.
        height: of the result, pixels.

    """
    if picture.shape[:2] == (height, width):
        return picture
    layout = "gray" if picture.ndim == 2 else "rgb24"
    shrinks = height < picture.shape[0] or width < picture.shape[1]
    source = VideoFrame.from_numpy_buffer(np.require(picture, requirements=["C", "W"]), format=layout)
    how = Interpolation.AREA if shrinks else Interpolation.BILINEAR
    return source.reformat(width=width, height=height, interpolation=how, threads=1).to_ndarray()


def fit(picture: Luma, *, width: int, height: int) -> Luma:
    """Fit a picture into another size: aspect kept, centred, padded with zeros ("letterbox").

    Args:
        picture: uint8 (h, w) or (h, w, 3).
        width: of the result, pixels.
        height: of the result, pixels.

    """
    old_height, old_width = picture.shape[:2]
    if (old_height, old_width) == (height, width):
        return picture
    scale = min(Fraction(width, old_width), Fraction(height, old_height))
    inner_width = min(width, max(1, round(old_width * scale)))
    inner_height = min(height, max(1, round(old_height * scale)))
    canvas = np.zeros((height, width, *picture.shape[2:]), dtype=np.uint8)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    canvas[top : top + inner_height, left : left + inner_width] = resize(
        picture, width=inner_width, height=inner_height
    )
    return canvas


@dataclass(frozen=True, slots=True)
class Presenter:
    """A converter of decoded frames to pictures of one upright, square-pixel size.

    A stream whose picture size or pixel shape changes midway keeps its first size: later pictures are fitted into it.

    Attributes:
        width, height: size of every resulting picture, pixels.
        aspect: width of a coded pixel over its height.
        coded_aspect: the same as the first frame's decoder states it; frames that state another have that.
        orientation: transformation that makes coded pictures upright.

    """

    width: int
    height: int
    aspect: Fraction = Fraction(1)
    coded_aspect: Fraction | None = None
    orientation: Orientation = Orientation()

    def luma(self, frame: VideoFrame) -> Luma:
        """Return the luma as shown, uint8 (height, width)."""
        return self._show(luma_plane(frame), aspect=self.aspect_of(frame))

    def rgb(self, frame: VideoFrame) -> Callable[[], Rgb]:
        """Return a function that makes the colours as shown, uint8 (height, width, 3)."""
        return lambda: self._show(rgb_of(frame), aspect=self.aspect_of(frame))

    def aspect_of(self, frame: VideoFrame) -> Fraction:
        """Return width over height of a frame's pixels."""
        stated = shape_of(frame)
        return self.aspect if stated in (None, self.coded_aspect) else plausible(stated)

    def _show(self, picture: Luma, *, aspect: Fraction) -> Luma:
        """Return a coded picture in square pixels, upright, and at this size."""
        height, width = picture.shape[:2]
        square_width, square_height = square_size(width, height, aspect=aspect)
        picture = self.orientation.apply(resize(picture, width=square_width, height=square_height))
        return np.ascontiguousarray(fit(picture, width=self.width, height=self.height))
