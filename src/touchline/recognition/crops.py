"""Crops of people at a network's input size, without distortion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.models.runtime.fitting import resize

MARGIN = 0.15
"""Share of the box's size added on each side, so that arms and the ball stay inside."""


def crop_person(rgb: Rgb, box_xyxy: npt.ArrayLike, *, width: int, height: int, margin: float = MARGIN) -> Rgb | None:
    """Crop a picture around a box, keeping the aspect ratio.

    The box is enlarged by the margin, then in width or height until it has the requested aspect ratio. Pixels outside
    the picture are black.

    Args:
        rgb: uint8 (H, W, 3).
        box_xyxy: (4,), pixels; may reach beyond the picture.
        width: width of the crop, pixels.
        height: height of the crop, pixels.
        margin: margin on each side as a share of the box, see ``MARGIN``.

    Returns:
        uint8 (height, width, 3), or None if the box is invalid or lies wholly outside the picture.

    """
    x0, y0, x1, y1 = (float(value) for value in np.asarray(box_xyxy, np.float64))
    if not np.isfinite([x0, y0, x1, y1]).all() or x1 <= x0 or y1 <= y0:
        return None
    if x1 <= 0 or y1 <= 0 or x0 >= rgb.shape[1] or y0 >= rgb.shape[0]:
        return None
    box_height = max((y1 - y0) * (1 + 2 * margin), (x1 - x0) * (1 + 2 * margin) * height / width)
    box_width = box_height * width / height
    left, top = round((x0 + x1 - box_width) / 2), round((y0 + y1 - box_height) / 2)
    right, bottom = left + max(1, round(box_width)), top + max(1, round(box_height))
    inside = rgb[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if inside.size == 0:
        return None
    if inside.shape[:2] != (bottom - top, right - left):
        padded = np.zeros((bottom - top, right - left, 3), np.uint8)
        row, column = max(0, -top), max(0, -left)
        padded[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
        inside = padded
    return resize(inside, width=width, height=height)
