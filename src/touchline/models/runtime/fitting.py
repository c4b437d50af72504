"""Fitting of pictures to a network's input size: stretched, cropped, padded, in a corner, or centred in a square.

Networks were trained with different ways of fitting; each network gets its pictures exactly as it was trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from touchline.core.arrays import Rgb

Rounding = Literal["nearest", "down"]
"""Rounding of scaled sides to pixels; also decides on which side a crop loses an odd pixel: the first, the last."""

_SHRUNK = 0.7
"""A square crop is averaged if its scale is below this, and interpolated otherwise."""


def resize(rgb: Rgb, *, width: int, height: int, cubic: bool = False) -> Rgb:
    """Resize a picture: by averaging when it shrinks, linearly when it grows, or cubically either way."""
    if rgb.shape[:2] == (height, width):
        return rgb
    shrinks = rgb.shape[0] >= height and rgb.shape[1] >= width
    how = cv2.INTER_CUBIC if cubic else cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=how), np.uint8)


def fit(
    rgb: Rgb,
    *,
    width: int,
    height: int,
    how: Literal["stretch", "resize", "crop", "pad"],
    rounding: Rounding = "nearest",
    cubic: bool = False,
) -> Rgb:
    """Fit a picture to a size in the way a model's configuration specifies.

    Args:
        rgb: uint8 (h, w, 3), or luma (h, w).
        width: width of the result, pixels.
        height: height of the result, pixels.
        how: ``"stretch"`` or ``"resize"`` ignores the aspect ratio; ``"crop"`` keeps it, fills the result and crops
            the excess on both sides; ``"pad"`` keeps it and centres the picture on black.
        rounding: rounding of scaled sides.
        cubic: use cubic interpolation.

    Returns:
        uint8 (height, width, 3) or (height, width); the input array itself if the size already fits.

    """
    if rgb.shape[:2] == (height, width) or how in ("stretch", "resize"):
        return resize(rgb, width=width, height=height, cubic=cubic)
    scales = (width / rgb.shape[1], height / rgb.shape[0])
    scale = max(scales) if how == "crop" else min(scales)
    wide, high = (_whole(side * scale, rounding=rounding) for side in (rgb.shape[1], rgb.shape[0]))
    if how == "crop":
        wide, high = max(wide, width), max(high, height)
    scaled = resize(rgb, width=wide, height=high, cubic=cubic)
    if how == "crop":
        return _cropped(scaled, width=width, height=height, rounding=rounding)
    return _padded(scaled, width=width, height=height)


def _whole(side: float, *, rounding: Rounding) -> int:
    return max(1, round(side) if rounding == "nearest" else int(side + 1e-6))


def _cropped(rgb: Rgb, *, width: int, height: int, rounding: Rounding) -> Rgb:
    """Crop to the centre."""
    odd = 1 if rounding == "nearest" else 0
    top, left = (rgb.shape[0] - height + odd) // 2, (rgb.shape[1] - width + odd) // 2
    return np.ascontiguousarray(rgb[top : top + height, left : left + width])


def _padded(rgb: Rgb, *, width: int, height: int) -> Rgb:
    """Centre the picture on black."""
    canvas = np.zeros((height, width, *rgb.shape[2:]), np.uint8)
    top, left = (height - rgb.shape[0]) // 2, (width - rgb.shape[1]) // 2
    canvas[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
    return canvas


def fit_at_corner(rgb: Rgb, /, *, into: Rgb) -> float:
    """Draw a picture (h, w, 3), scaled to fit, into the upper left corner of a black one; return the scale."""
    height, width = into.shape[:2]
    scale = min(width / rgb.shape[1], height / rgb.shape[0])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    if size != (rgb.shape[1], rgb.shape[0]):
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
    into[: size[1], : size[0]] = rgb
    return scale


@dataclass(frozen=True, slots=True)
class Square:
    """The placement of a crop of (height, width) in the centre of the smallest square around it."""

    height: int
    width: int

    @property
    def side(self) -> int:
        """Side of the square, in pixels of the crop."""
        return max(self.height, self.width)

    @property
    def offset(self) -> tuple[float, float]:
        """Position of the crop's upper left corner in the square: x and y."""
        return (self.side - self.width) / 2, (self.side - self.height) / 2


def fit_in_square(crop: Rgb, /, *, into: Rgb) -> Square:
    """Draw a crop (h, w, 3) into the centre of a black square, scaled to fit; return its placement.

    Raises:
        ValueError: the crop is not uint8 (h, w, 3).

    """
    if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] != 3 or crop.size == 0:
        raise ValueError(f"crop is {crop.dtype} {crop.shape}; it must be uint8 (h, w, 3)")
    square = Square(*crop.shape[:2])
    scale = into.shape[0] / square.side
    if scale < _SHRUNK:
        small = (max(1, round(square.width * scale)), max(1, round(square.height * scale)))
        left, top = (into.shape[1] - small[0]) // 2, (into.shape[0] - small[1]) // 2
        into[top : top + small[1], left : left + small[0]] = cv2.resize(crop, small, interpolation=cv2.INTER_AREA)
        return square
    shift = scale * np.array(square.offset) + (scale - 1) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    cv2.warpAffine(crop, matrix, (into.shape[1], into.shape[0]), dst=into, flags=cv2.INTER_LINEAR)
    return square
