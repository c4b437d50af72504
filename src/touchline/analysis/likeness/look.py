"""What one picture looks like, in a few numbers that tell kinds of footage apart."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from touchline.core.arrays import Rgb

LOOK_WIDTH = 640
"""Width in pixels to which a picture is scaled first, so that pictures of different sizes compare."""
_GRASS_LOW, _GRASS_HIGH = (30, 51, 31), (90, 255, 255)
"""Hue (of 180), saturation and value (of 255) of grass, in sun, shade and floodlight."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture looks like.

    Attributes:
        brightness: mean luma, 0 to 1.
        contrast: standard deviation of the luma, 0 to 1.
        saturation: mean saturation, 0 to 1.
        colour: mean distance of a channel from the pixel's mean, 0 to 1; 0 in black and white.
        grass: share of pixels in the colours of grass.
        detail: mean absolute Laplacian at a width of 640 pixels, 0 to 255: low in blurred, enlarged and heavily
            compressed pictures, high with a crowd in the picture.

    """

    brightness: float
    contrast: float
    saturation: float
    colour: float
    grass: float
    detail: float


def look_of(picture: Rgb) -> Look:
    """Return what a picture looks like.

    Args:
        picture: uint8 (height, width, 3), RGB.

    """
    height = max(1, round(picture.shape[0] * LOOK_WIDTH / picture.shape[1]))
    small = cv2.resize(picture, (LOOK_WIDTH, height), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    luma = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    mean, deviation = (float(value[0, 0]) / 255 for value in cv2.meanStdDev(luma))
    red, green, blue = (channel.astype(np.int16) for channel in cv2.split(small))
    total = red + green + blue
    spread = sum(int(np.abs(3 * channel - total).sum(dtype=np.int64)) for channel in (red, green, blue)) / small.size
    return Look(
        brightness=mean,
        contrast=deviation,
        saturation=cv2.sumElems(hsv)[1] / luma.size / 255,
        colour=spread / (3 * 255),
        grass=cv2.countNonZero(cv2.inRange(hsv, _GRASS_LOW, _GRASS_HIGH)) / luma.size,
        detail=cv2.norm(cv2.Laplacian(luma, cv2.CV_16S, ksize=1), cv2.NORM_L1) / luma.size,
    )
