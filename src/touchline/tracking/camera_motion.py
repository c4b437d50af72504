"""How the camera moved between two pictures: a homography from points that are followed outside of people."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

WORK_WIDTH_PX = 400
"""Width of the picture that points are followed in."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The camera's motion from the previous picture to the current one.

    Attributes:
        matrix: float64 (3, 3), maps pixels of the previous full picture to pixels of the current one.
        quality: 0 to 1, the share of followed points that agree; 0 when nothing could be followed, and then the
            matrix is the identity.

    """

    matrix: npt.NDArray[np.float64]
    quality: float

    @classmethod
    def unknown(cls) -> Motion:
        """No motion known."""
        return cls(np.eye(3), 0.0)


class CameraMotion:
    """Follows the camera from picture to picture."""

    def __init__(self, *, points: int = 200) -> None:
        """Follow up to so many points."""
        self._points = points
        self._luma: npt.NDArray[np.uint8] | None = None
        self._corners: npt.NDArray[np.float32] | None = None

    def update(self, luma: npt.NDArray[np.uint8], *, boxes_xyxy: npt.NDArray | None = None) -> Motion:
        """Motion since the picture before.

        Args:
            luma: uint8 (H, W).
            boxes_xyxy: (n, 4) people in this picture; no points are taken on them.

        """
        scale = min(1.0, WORK_WIDTH_PX / luma.shape[1])
        size = (max(16, round(luma.shape[1] * scale)), max(16, round(luma.shape[0] * scale)))
        small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA) if scale < 1 else luma
        previous, corners = self._luma, self._corners
        self._luma, self._corners = small, self._find(small, boxes_xyxy, scale)
        if previous is None or corners is None or previous.shape != small.shape:
            return Motion.unknown()
        return _fit(previous, small, corners, scale)

    def reset(self) -> None:
        """Forget the picture before: the next one starts a shot."""
        self._luma, self._corners = None, None

    def _find(
        self, small: npt.NDArray[np.uint8], boxes_xyxy: npt.NDArray | None, scale: float
    ) -> npt.NDArray[np.float32] | None:
        mask = np.full(small.shape, 255, np.uint8)
        if boxes_xyxy is not None:
            for x0, y0, x1, y1 in np.round(boxes_xyxy * scale + (-2, -2, 3, 3)).astype(int):
                mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 0
        found = cv2.goodFeaturesToTrack(small, self._points, 0.01, 6, mask=mask, blockSize=5)
        return None if found is None else np.asarray(found, np.float32)


def _fit(
    previous: npt.NDArray[np.uint8], current: npt.NDArray[np.uint8], corners: npt.NDArray[np.float32], scale: float
) -> Motion:
    """The homography that most followed points agree on, in full pixels."""
    moved, status, _ = cv2.calcOpticalFlowPyrLK(previous, current, corners, None, winSize=(15, 15), maxLevel=3)
    good = status[:, 0] == 1
    if int(good.sum()) < 8:
        return Motion.unknown()
    start, end = corners[good, 0], moved[good, 0]
    matrix, inliers = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=1.0)
    if matrix is None:
        return Motion.unknown()
    full = np.eye(3)
    full[:2] = matrix
    zoom = np.diag([scale, scale, 1.0])
    return Motion(np.linalg.inv(zoom) @ full @ zoom, float(inliers.mean()))
