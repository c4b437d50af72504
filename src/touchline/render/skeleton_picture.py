"""Drawing of poses: over the picture they were found in, or alone on an empty background."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.poses import BONES, JOINTS, Pose

Colour = tuple[int, int, int]

RIGHT: Colour = (255, 112, 32)
LEFT: Colour = (47, 128, 255)
MIDDLE: Colour = (255, 255, 255)
"""Colours of the body's right side, left side and midline, distinguishable by colour-blind viewers."""

_INK: Colour = (12, 18, 26)
_SHIFT = 3
_FAR_PX = 1 << 14
_DOUBTFUL = 0.5


def draw_pose(rgb: Rgb, pose: Pose, *, sure: float = _DOUBTFUL) -> Rgb:
    """Return a copy of a picture with a pose drawn in.

    Args:
        rgb: uint8 (h, w, 3); not modified.
        pose: pose in its pixels. Joints of confidence 0 are omitted; bones to joints below ``sure`` are thin.
        sure: confidence from which a joint is drawn as reliable, 0 to 1.

    Returns:
        A new picture of the same shape.

    """
    picture = np.array(rgb, order="C")
    thick = max(1, round(min(rgb.shape[:2]) / 90))
    places = np.clip(np.nan_to_num(pose.joints_px), -_FAR_PX, _FAR_PX)
    seen = [(a, b) for a, b in BONES if pose.confidence[a] > 0 and pose.confidence[b] > 0]
    for outline in (True, False):
        for first, second in seen:
            known = min(pose.confidence[first], pose.confidence[second]) >= sure
            width = (thick if known else max(1, thick // 3)) + (2 * max(1, thick // 3) if outline else 0)
            colour = _INK if outline else bone_colour(first, second)
            cv2.line(picture, _point(places[first]), _point(places[second]), colour, width, cv2.LINE_AA, _SHIFT)
    for joint in {joint for bone in seen for joint in bone}:
        radius = round(thick * (1.3 if pose.confidence[joint] >= sure else 0.7) * 2**_SHIFT)
        cv2.circle(picture, _point(places[joint]), max(1, radius), joint_colour(joint), -1, cv2.LINE_AA, _SHIFT)
    return picture


def draw_skeletons(
    joints: Sequence[npt.NDArray[np.floating]], *, cell_px: int = 240, columns: int = 6, ground: Colour = (20, 30, 42)
) -> Rgb:
    """Draw poses (16, 2 or 3) side by side, each scaled to its cell, x right and y down, without their pictures."""
    rows = -(-len(joints) // columns)
    canvas = np.full((rows * cell_px, columns * cell_px, 3), ground, np.uint8)
    for number, pose in enumerate(joints):
        flat = np.asarray(pose, np.float64)[:, :2]
        low, high = flat.min(axis=0), flat.max(axis=0)
        scale = 0.82 * cell_px / max(float((high - low).max()), 1e-9)
        places = (flat - (low + high) / 2) * scale + cell_px / 2
        top, left = (number // columns) * cell_px, (number % columns) * cell_px
        cell = canvas[top : top + cell_px, left : left + cell_px]
        cell[:] = draw_pose(cell, Pose(places.astype(np.float32), np.ones(len(JOINTS), np.float32)))
    return canvas


def bone_colour(first: int, second: int) -> Colour:
    """Return the colour of a bone: that of its side, if either end has one."""
    colours = {joint_colour(first), joint_colour(second)} - {MIDDLE}
    return colours.pop() if len(colours) == 1 else MIDDLE


def joint_colour(joint: int) -> Colour:
    """Return the colour of a joint."""
    side = JOINTS[joint].partition("_")[0]
    return RIGHT if side == "right" else LEFT if side == "left" else MIDDLE


def _point(place: npt.NDArray[np.floating]) -> tuple[int, int]:
    return round(float(place[0]) * 2**_SHIFT), round(float(place[1]) * 2**_SHIFT)
