"""How the colours of a frame are coded, by the numbers of H.273, also where its file does not say."""

from __future__ import annotations

from typing import Protocol

BT709, UNSPECIFIED, BT601, BT2020 = 1, 2, 5, 9
PQ, HLG = 16, 18
FULL_RANGE = 2

_HD_LINES, _HD_COLUMNS = 720, 1280
"""Untagged pictures at least this high or wide are BT.709, as players assume; smaller ones BT.601."""


class Coded(Protocol):
    """A frame or decoder that knows how its colours are coded; the numbers may be unspecified."""

    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def height(self) -> int:
        """Height in pixels."""

    @property
    def colorspace(self) -> int:
        """Matrix of luma and chroma."""

    @property
    def color_trc(self) -> int:
        """Transfer from light to values."""


def is_hdr(coded: Coded) -> bool:
    """Return whether the colours are HDR: PQ or HLG of BT.2100."""
    return int(coded.color_trc) in (PQ, HLG)


def matrix_of(coded: Coded) -> int:
    """Return the matrix of luma and chroma: the one stated, or the one that players assume for the picture's size."""
    stated = int(coded.colorspace)
    if stated != UNSPECIFIED:
        return stated
    if is_hdr(coded):
        return BT2020
    return BT709 if coded.height >= _HD_LINES or coded.width >= _HD_COLUMNS else BT601
