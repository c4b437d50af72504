"""A contact sheet: a row of frames for each clip, with a line of words above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.errors import ResourceError

FRAMES = 4
"""Frames of a clip that are shown, evenly spread over it."""

_HEIGHT_PX, _WORDS_PX, _GAP_PX, _LETTER_PX = 120, 22, 4, 8
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_INK = (30, 30, 30)
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SheetRow:
    """A clip on the sheet.

    Attributes:
        words: the line above it.
        frames: uint8 (t, h, w, 3), RGB.

    """

    words: str
    frames: npt.NDArray[np.uint8]


def write_contact_sheet(path: Path, rows: Sequence[SheetRow]) -> None:
    """Write clips below each other as PNG.

    Raises:
        ValueError: there is no row.
        ResourceError: the file cannot be written.

    """
    if not rows:
        raise ValueError("rows must hold at least one clip")
    strips = [_strip(row) for row in rows]
    width = max(strip.shape[1] for strip in strips)
    sheet = np.full((sum(strip.shape[0] for strip in strips), width, 3), 255, np.uint8)
    top = 0
    for strip in strips:
        sheet[top : top + strip.shape[0], : strip.shape[1]] = strip
        top += strip.shape[0]
    if not cv2.imwrite(str(path), sheet[:, :, ::-1]):
        raise ResourceError(f"{path}: cannot be written; is it a .png in a folder that exists?")


def _strip(row: SheetRow) -> Picture:
    taken = row.frames[np.round(np.linspace(0, len(row.frames) - 1, FRAMES)).astype(int)]
    width = max(1, round(taken.shape[2] * _HEIGHT_PX / taken.shape[1]))
    pictures = [cv2.resize(picture, (width, _HEIGHT_PX), interpolation=cv2.INTER_AREA) for picture in taken]
    across = max(FRAMES * (width + _GAP_PX), len(row.words) * _LETTER_PX + 2 * _GAP_PX)
    strip = np.full((_WORDS_PX + _HEIGHT_PX + _GAP_PX, across, 3), 255, np.uint8)
    cv2.putText(strip, row.words, (_GAP_PX, _WORDS_PX - 7), _FONT, 0.42, _INK, 1, cv2.LINE_AA)
    for number, picture in enumerate(pictures):
        left = number * (width + _GAP_PX)
        strip[_WORDS_PX : _WORDS_PX + _HEIGHT_PX, left : left + width] = picture
    return strip
