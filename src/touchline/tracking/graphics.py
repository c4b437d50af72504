"""Broadcast graphics that lie over the scene: score boards, logos and banners.

What stays in place while the scene behind it moves, or is replaced by a cut, is not in the scene. The evidence is
collected for each pixel of a small picture, kept across cuts, and fades, so that a banner that has left is forgotten.
Without movement and without cuts nothing is found.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.camera_motion import Motion

Picture = npt.NDArray[np.float32]
Boxes = npt.NDArray[np.float32]

WIDTH_PX = 192
"""Width of the picture in which evidence is collected."""

INSIDE = 0.6
"""Share of a detection's box inside graphics above which the detection is not in the scene."""

_MOVED_PX = 3.0
_KNOWN = 0.5
_CHANGED_LUMA = 15.0
_MARGIN_LUMA = 3.0
_SAME_LUMA = 6.0
_TEXTURE_LUMA = 16.0
_GONE_LUMA = 30.0
_FADE = 0.97
_LEAST = 2.5
_SURE = 0.75
_SMALLEST_PX = 40
_LARGEST = 0.2


class GraphicsFinder:
    """A finder of graphics in a stream of frames."""

    def __init__(self) -> None:
        self._reference: Picture | None = None
        self._moved = np.eye(3)
        self._stays = self._goes = np.zeros((0, 0), np.float32)
        self._boxes = no_boxes()

    def update(self, luma: npt.NDArray[np.uint8], motion: Motion, *, cut: bool) -> Boxes:
        """Return the graphics known after a frame.

        Args:
            luma: uint8 (H, W).
            motion: the camera's motion from the previous frame.
            cut: whether the frame starts a shot.

        Returns:
            float32 (n, 4), boxes x0, y0, x1, y1 in pixels of the frame.

        """
        scale = min(1.0, WIDTH_PX / luma.shape[1])
        size = (max(8, round(luma.shape[1] * scale)), max(8, round(luma.shape[0] * scale)))
        now = cv2.GaussianBlur(cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32), (3, 3), 0)
        reference = self._reference
        if reference is None or reference.shape != now.shape:
            self._stays, self._goes = np.zeros_like(now), np.zeros_like(now)
            self._begin(now)
            return self._boxes
        grow = np.array([scale, scale, 1.0])
        self._moved = grow[:, None] * motion.matrix / grow @ self._moved
        apart = cv2.absdiff(now, reference)
        if cut or motion.quality < _KNOWN:
            if float(apart.mean()) > _CHANGED_LUMA or cut:
                self._learn(*_over_a_change(reference, apart))
                self._begin(now)
        elif _shift(self._moved, now.shape) > _MOVED_PX:
            self._learn(*_over_a_movement(reference, now, apart, self._moved))
            self._begin(now)
        self._stays[apart > _GONE_LUMA] = 0
        return self._boxes / np.float32(scale)

    def _begin(self, now: Picture) -> None:
        self._reference, self._moved = now, np.eye(3)

    def _learn(self, stays: npt.NDArray[np.bool_], goes: npt.NDArray[np.bool_]) -> None:
        """Add evidence and find the graphics again."""
        self._stays = self._stays * np.float32(_FADE) + stays
        self._goes = self._goes * np.float32(_FADE) + goes
        total = self._stays + self._goes
        sure = (self._stays > _LEAST) & (self._stays > _SURE * total)
        self._boxes = _boxes_of(sure)


def no_boxes() -> Boxes:
    """Return boxes of nothing, float32 (0, 4)."""
    return np.zeros((0, 4), np.float32)


def covered(boxes_xyxy: npt.NDArray[np.float32], graphics_xyxy: Boxes) -> npt.NDArray[np.bool_]:
    """Return for each box (n, 4) whether it lies mostly inside one of the graphics (m, 4)."""
    if not len(boxes_xyxy) or not len(graphics_xyxy):
        return np.zeros(len(boxes_xyxy), bool)
    low = np.maximum(boxes_xyxy[:, None, :2], graphics_xyxy[None, :, :2])
    high = np.minimum(boxes_xyxy[:, None, 2:], graphics_xyxy[None, :, 2:])
    inner = np.clip(high - low, 0, None).prod(axis=2)
    area = np.maximum((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).prod(axis=1), 1e-6)
    return inner.max(axis=1) > INSIDE * area


def points_covered(points_px: npt.NDArray[np.float32], graphics_xyxy: Boxes) -> npt.NDArray[np.bool_]:
    """Return for each point (n, 2) whether it lies on one of the graphics (m, 4)."""
    x, y = points_px[:, :1], points_px[:, 1:2]
    left, top, right, bottom = graphics_xyxy.T.reshape(4, 1, -1)
    return np.asarray(((x >= left) & (x <= right) & (y >= top) & (y <= bottom)).any(axis=1))


def _shift(matrix: Floats64, shape: tuple[int, ...]) -> float:
    """Return how far the middle of a picture moved, in pixels."""
    centre = np.array([shape[1] / 2, shape[0] / 2, 1.0])
    moved = matrix @ centre
    return float(np.hypot(*(moved[:2] / moved[2] - centre[:2])))


def _over_a_change(reference: Picture, apart: Picture) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return where the picture stayed although the scene was replaced, and where it went."""
    near = cv2.blur(apart, (3, 3))
    textured = _texture(reference) > _TEXTURE_LUMA
    return textured & (near < _SAME_LUMA), near > 2 * _SAME_LUMA


def _over_a_movement(
    reference: Picture, now: Picture, apart: Picture, moved: Floats64
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return where the picture stayed although the camera moved, and where it went along."""
    height, width = now.shape
    carried = cv2.warpPerspective(reference, moved, (width, height), borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpPerspective(np.ones_like(reference), moved, (width, height)) > 1 - 1e-3
    gain = cv2.blur(cv2.absdiff(now, carried) - apart, (3, 3))
    same = cv2.blur(apart, (3, 3)) < _SAME_LUMA
    return same & inside & (gain > _MARGIN_LUMA), inside & (gain < -_MARGIN_LUMA)


def _texture(picture: Picture) -> Picture:
    """Return how much the luma varies around each pixel."""
    return cv2.dilate(picture, np.ones((3, 3))) - cv2.erode(picture, np.ones((3, 3)))


def _boxes_of(sure: npt.NDArray[np.bool_]) -> Boxes:
    """Return the boxes of connected pixels, gaps closed, without specks and without whole pictures."""
    closed = cv2.morphologyEx(sure.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 11), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    boxes = [
        (x - 1, y - 1, x + wide + 1, y + tall + 1)
        for x, y, wide, tall, area in stats[1:]
        if area >= _SMALLEST_PX and wide * tall < _LARGEST * sure.size
    ]
    return np.array(boxes, np.float32).reshape(-1, 4)
