"""Places of labels on a picture, where they hide as little as possible."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from touchline.core.arrays import Floats64

Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge, pixels."""


class LabelPlaces:
    """Finds a place beside a box for each label of a picture: where it hides least, and where it was before.

    Args:
        width: of the pictures, pixels.
        height: of the pictures, pixels.
        gap_px: space between a label and its box.

    """

    _DISLIKE = (0.0, 0.2, 0.3, 0.3, 0.35, 0.35)
    """What each place costs by itself, as a share of the label's area: above first, then below, then the sides."""
    _STAY = 0.25
    """What a place other than that in the picture before costs more; labels would jump to and fro without it."""
    _OUTSIDE = 4.0

    def __init__(self, *, width: int, height: int, gap_px: int) -> None:
        self._picture: Box = (0.0, 0.0, float(width), float(height))
        self._gap_px = gap_px
        self._before: dict[Hashable, int] = {}
        self._taken: list[Box] = []

    def begin(self, boxes: list[Box]) -> None:
        """Start a picture with what labels must not hide: the people in it."""
        self._taken = list(boxes)

    def take(self, box: Box) -> None:
        """Keep labels away from another part of the picture."""
        self._taken.append(box)

    def find(self, key: Hashable, box: Box, size: tuple[int, int]) -> tuple[int, int]:
        """Return the left and top edge of a label.

        Args:
            key: the label, the same in every picture.
            box: what it belongs to; it may hide none of it.
            size: (width, height) of the label.

        """
        places = self._beside(box, size)
        taken = np.array(self._taken).reshape(-1, 4)
        cost = _overlaps(places, taken).sum(axis=1)
        area = float(size[0] * size[1])
        cost += self._OUTSIDE * (area - _overlaps(places, np.array([self._picture]))[:, 0])
        cost += area * np.array(self._DISLIKE)
        before = self._before.get(key)
        if before is not None:
            cost[np.arange(len(cost)) != before] += self._STAY * area
        best = self._before[key] = int(cost.argmin())
        left, top = places[best, :2].tolist()
        left = min(max(0.0, left), max(0.0, self._picture[2] - size[0]))
        top = min(max(0.0, top), max(0.0, self._picture[3] - size[1]))
        self._taken.append((left, top, left + size[0], top + size[1]))
        return round(left), round(top)

    def _beside(self, box: Box, size: tuple[int, int]) -> Floats64:
        """Return the places around a box, float64 (6, 4)."""
        width, height = size
        x0, y0, x1, y1 = box
        middle, gap = (x0 + x1 - width) / 2, self._gap_px
        above, below, beside = y0 - gap - height, y1 + gap, y0
        corners = np.array(
            [
                (middle, above),
                (middle, below),
                (x1 + gap, beside),
                (x0 - gap - width, beside),
                (x1 - width / 4, above - height),
                (x0 - 3 * width / 4, above - height),
            ]
        )
        return np.concatenate([corners, corners + np.array([width, height])], axis=1)


def _overlaps(one: Floats64, other: Floats64) -> Floats64:
    """Return the area that each box of one (n, 4) shares with each of the other (m, 4): (n, m), pixels."""
    inner = np.minimum(one[:, None, 2:], other[None, :, 2:]) - np.maximum(one[:, None, :2], other[None, :, :2])
    return np.asarray(inner.clip(min=0.0).prod(axis=2))
