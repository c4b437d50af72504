"""Lines of text that stand still on the picture while the scene behind them moves: where a score board can be."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
"""uint8 (height, width)."""

WORK_HEIGHT = 720
"""Height in pixels at which lines are looked for, whatever the size of the video."""
STRIP = 0.27
"""Share of the picture's height, at the top and at the bottom, in which boards are looked for."""

_MEMORY = 4
_EDGE = 60.0
"""Least change of brightness over two pixels, summed over Sobel's three rows, of an edge of a letter."""
_HEIGHTS = (9, 60)
_NARROWEST = 0.5
_MOST_LINES = 40
_LEAST_EDGES = 0.12
_TWICE = 0.75
"""Share of two boxes that lies in both, above which they are one line."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box in pixels of the video: left, top, right and bottom."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.y1 - self.y0

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.x1 - self.x0

    @property
    def area(self) -> int:
        """Area in square pixels."""
        return self.width * self.height

    def area_in(self, other: Box) -> int:
        """Return the area that lies in another box, too."""
        width, height = min(self.x1, other.x1) - max(self.x0, other.x0), min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0, width) * max(0, height)

    def grown(self, x: float, y: float, *, width: int, height: int) -> Box:
        """Return the box with a margin, in shares of its height, cut at the edges of the picture."""
        dx, dy = round(x * self.height), round(y * self.height)
        return Box(max(0, self.x0 - dx), max(0, self.y0 - dy), min(width, self.x1 + dx), min(height, self.y1 + dy))

    def cut(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the part of a picture inside the box."""
        return picture[self.y0 : self.y1, self.x0 : self.x1]


class StillLines:
    """A finder of lines of text that stay where they are over the last few pictures."""

    def __init__(self) -> None:
        self._edges: deque[npt.NDArray[np.int16]] = deque(maxlen=_MEMORY)
        self._shape: tuple[int, int] = (0, 0)

    @property
    def ready(self) -> bool:
        """Whether enough pictures were seen."""
        return len(self._edges) == _MEMORY

    def see(self, picture: Grey) -> None:
        """Take the next picture, a second or so after the previous one; one of another size starts again."""
        if picture.shape != self._shape:
            self._shape = (picture.shape[0], picture.shape[1])
            self._edges.clear()
        self._edges.append(_edges(picture))

    def find(self) -> list[Box]:
        """Return the boxes of lines in pixels of the video, the most edges first; none before it is ready."""
        if not self.ready:
            return []
        still = _persisting(self._edges)
        scale = self._shape[0] / WORK_HEIGHT
        strip = still.shape[0] // 2
        offset = self._shape[0] - round(strip * scale)
        found = [(edges, _scaled(box, scale, 0)) for edges, box in _lines(still[:strip])]
        found += [(edges, _scaled(box, scale, offset)) for edges, box in _lines(still[strip:])]
        found.sort(key=lambda one: -one[0])
        kept: list[Box] = []
        for _, box in found:
            if all(_shared(box, other) < _TWICE for other in kept):
                kept.append(box)
        return kept[:_MOST_LINES]


def _shared(a: Box, b: Box) -> float:
    """Return the area in both boxes over the area in either."""
    both = a.area_in(b)
    return both / max(1, a.area + b.area - both)


def _edges(picture: Grey) -> npt.NDArray[np.int16]:
    """Return the horizontal changes of brightness in both strips, one above the other."""
    height, width = picture.shape
    rows = round(height * STRIP)
    size = (max(1, round(width * WORK_HEIGHT / height)), round(WORK_HEIGHT * STRIP))
    inter = cv2.INTER_AREA if height > WORK_HEIGHT else cv2.INTER_CUBIC
    strips = [cv2.resize(part, size, interpolation=inter) for part in (picture[:rows], picture[-rows:])]
    return np.vstack([cv2.Sobel(strip, cv2.CV_16S, 1, 0) for strip in strips])


def _persisting(edges: Sequence[npt.NDArray[np.int16]]) -> npt.NDArray[np.int16]:
    """Return what is left of the edges that have the same direction in all pictures."""
    low, high = edges[0], edges[0]
    for other in list(edges)[1:]:
        low, high = np.minimum(low, other), np.maximum(high, other)
    return np.where(low > 0, low, np.where(high < 0, -high, 0)).astype(np.int16)


def _lines(still: npt.NDArray[np.int16]) -> list[tuple[float, tuple[int, int, int, int]]]:
    """Return the number of edges and the box (left, top, width, height) of each line of one strip."""
    mask = (still > _EDGE).astype(np.uint8)
    found: dict[tuple[int, int, int, int], float] = {}
    for reach in (9, 17, 31):
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, reach), np.uint8))
        joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((5, 3), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined)
        for left, top, width, height, _ in stats[1:].tolist():
            edges = float(mask[top : top + height, left : left + width].sum())
            if _is_line(width, height, edges):
                found[(left, top, width, height)] = edges
    return [(edges, box) for box, edges in found.items()]


def _is_line(width: int, height: int, edges: float) -> bool:
    fits = _HEIGHTS[0] <= height <= _HEIGHTS[1] and width >= _NARROWEST * height
    return fits and edges >= _LEAST_EDGES * width * height


def _scaled(box: tuple[int, int, int, int], scale: float, offset: int) -> Box:
    left, top, width, height = (value * scale for value in box)
    return Box(int(left), int(top) + offset, int(np.ceil(left + width)), int(np.ceil(top + height)) + offset)
