"""Text on a rounded plate, to lay over a picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.wording import plain_letters

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

INK: Colour = (12, 18, 26)
CHALK: Colour = (255, 255, 255)

_FONT = cv2.FONT_HERSHEY_DUPLEX
_SHARPER = 4
"""Tags are drawn this many times larger and averaged down, for anti-aliasing."""


@dataclass(frozen=True, slots=True, eq=False)
class Tag:
    """A patch for a picture.

    Attributes:
        rgb: uint8 (h, w, 3).
        opacity: float32 (h, w, 1), 0 to 1.

    """

    rgb: Rgb
    opacity: npt.NDArray[np.float32]


@lru_cache(maxsize=256)
def text_tag(text: str, colour: Colour, *, height_px: int, most: int = 24, opacity: float = 0.92) -> Tag:
    """Return a text on a plate; its arrays are shared between calls and must not be changed.

    Args:
        text: letters that are not in ASCII lose their accents, or are left out.
        colour: of the plate; the text is dark or white, whichever is easier to read.
        height_px: height of the plate.
        most: most characters; the rest is cut off.
        opacity: of the plate, 0 to 1.

    """
    text = plain_letters(text)[:most] or "?"
    tall = height_px * _SHARPER
    scale = 0.62 * tall / cv2.getTextSize("0", _FONT, 1.0, 1)[0][1]
    thick = max(1, round(tall / 11))
    wide = cv2.getTextSize(text, _FONT, scale, thick)[0][0] + round(0.5 * tall)
    wide += -wide % _SHARPER
    canvas = np.full((tall, wide, 3), colour, np.uint8)
    dark_on_light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 145
    ink = INK if dark_on_light else CHALK
    cv2.putText(canvas, text, (round(0.25 * tall), round(0.81 * tall)), _FONT, scale, ink, thick, cv2.LINE_AA)
    size = (wide // _SHARPER, height_px)
    mask = cv2.resize(_rounded(tall, wide), size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    return Tag(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), opacity * mask[:, :, None])


def blend(picture: npt.NDArray[np.uint8], tag: Tag, *, left: int, top: int) -> None:
    """Blend a tag into a picture, in place; parts outside are clipped.

    Args:
        picture: uint8 (height, width, 3).
        tag: the patch.
        left: column of its left edge; may be negative.
        top: row of its upper edge; may be negative.

    """
    height, width = picture.shape[:2]
    y0, y1 = max(0, top), min(height, top + tag.rgb.shape[0])
    x0, x1 = max(0, left), min(width, left + tag.rgb.shape[1])
    if y0 >= y1 or x0 >= x1:
        return
    inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    below = picture[y0:y1, x0:x1]
    below[:] = np.rint(below + tag.opacity[inside] * (tag.rgb[inside].astype(np.float32) - below)).astype(np.uint8)


def _rounded(tall: int, wide: int) -> npt.NDArray[np.uint8]:
    """Return a mask (tall, wide), 255 inside a rectangle with round corners."""
    mask = np.zeros((tall, wide), np.uint8)
    corner = tall // 4
    cv2.rectangle(mask, (corner, 0), (wide - 1 - corner, tall - 1), 255, -1)
    cv2.rectangle(mask, (0, corner), (wide - 1, tall - 1 - corner), 255, -1)
    for x in (corner, wide - 1 - corner):
        for y in (corner, tall - 1 - corner):
            cv2.circle(mask, (x, y), corner, 255, -1)
    return mask
