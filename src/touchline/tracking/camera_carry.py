"""Points and boxes carried between the frames of a camera shot, following the camera's motion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.camera_motion import Motion

Indices = npt.NDArray[np.int64] | int

Motions: TypeAlias = "Sequence[Motion | None] | Camera | None"
"""The camera's motion over a shot: one per sampled frame, each from the previous frame; None for a fixed camera.

A :class:`Camera` of the whole shot serves all its tracklets; motions are turned into one for each of them.
"""

_SINGULAR = 1e13
"""Condition number from which on a motion cannot be undone: the picture is pressed into a line."""
_FARTHEST_PX = 1e7


class Camera:
    """The camera's motion over a shot, between any two of its frames.

    Args:
        motions: one per frame, each from the previous frame; unknown ones count as no motion. None for a fixed camera.
        count: number of frames in the shot.

    """

    def __init__(self, motions: Sequence[Motion | None] | None, *, count: int) -> None:
        self._from_first: Floats64 | None = None
        if motions is None:
            return
        if len(motions) < count:
            raise ValueError(f"motions has {len(motions)} entries, but the shot has {count} frames; pass one per frame")
        matrices = np.tile(np.eye(3), (max(count, 1), 1, 1))
        for index in range(1, count):
            motion = motions[index]
            step = matrices[index - 1] if motion is None else motion.matrix @ matrices[index - 1]
            size = np.linalg.norm(step)
            whole = bool(np.isfinite(size)) and size > 0 and np.linalg.cond(step) < _SINGULAR
            matrices[index] = step / size if whole else matrices[index - 1]
        self._from_first = matrices
        self._to_first = np.linalg.inv(matrices)

    @classmethod
    def of(cls, motions: Motions, *, count: int) -> Camera:
        """Return the camera of the motions of a shot's first ``count`` frames, or the given camera itself."""
        return motions if isinstance(motions, Camera) else cls(motions, count=count)

    def carry(self, points_px: Floats64, *, start: Indices, end: Indices) -> Floats64:
        """Carry ground points (n, 2) of frames ``start`` to frames ``end``; both are indices (n,) or a single one."""
        if self._from_first is None:
            return np.array(points_px, np.float64)
        matrix = self._from_first[end] @ self._to_first[start]
        whole = np.concatenate([points_px, np.ones((len(points_px), 1))], axis=1)
        moved = np.einsum("...ij,...j->...i", matrix, whole)
        depth = moved[:, 2:]
        carried = moved[:, :2] / np.where(np.abs(depth) < 1e-12, 1e-12, depth)
        return np.clip(np.nan_to_num(carried), -_FARTHEST_PX, _FARTHEST_PX)

    def carry_boxes(self, boxes_xyxy: npt.NDArray, *, start: Indices, end: Indices) -> Floats64:
        """Carry boxes (n, 4) of frames ``start`` to frames ``end``; their feet stay on the ground."""
        x0, y0, x1, y1 = np.asarray(boxes_xyxy, np.float64).T
        feet = ((x0 + x1) / 2, y1), (x0, y1), (x1, y1)
        middle, left, right = (self.carry(np.stack(foot, axis=1), start=start, end=end) for foot in feet)
        width = np.linalg.norm(right - left, axis=1)
        height = width * (y1 - y0) / np.maximum(x1 - x0, 1e-6)
        centre, foot = middle.T
        return np.stack([centre - width / 2, foot - height, centre + width / 2, foot], axis=1)
