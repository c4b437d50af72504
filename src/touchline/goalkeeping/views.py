"""Poses rotated to a common view: about the vertical until the hips are widest, facing the camera.

A keeper may be pictured from any side. Rotating a pose so that the distance between the hips in the image plane is
largest makes it nearly independent of the camera's position (Wear et al., "Learning From The Pros", 2022). The authors
try 19 angles; here the exact angle is available as well: the hips' vector d enters the image plane at atan2(d_z, d_x).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.poses import BONES, JOINTS

GRID_DEG = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 270, 280, 290, 300, 310, 320, 330, 340, 350)
"""The angles that the authors try, in their order: of equal ones the first is kept."""

_RIGHT_HIP, _LEFT_HIP = JOINTS.index("right_hip"), JOINTS.index("left_hip")
_RIGHT_WRIST, _LEFT_WRIST = JOINTS.index("right_wrist"), JOINTS.index("left_wrist")


def turn(joints: Floats64, angles_rad: Floats64) -> Floats64:
    """Rotate poses (n, 16, 3) about the vertical through the pelvis, each by its angle (n,)."""
    cos, sin = np.cos(angles_rad)[:, None], np.sin(angles_rad)[:, None]
    x, y, z = joints[..., 0], joints[..., 1], joints[..., 2]
    return np.stack([cos * x + sin * z, y, -sin * x + cos * z], axis=-1)


def hip_width(joints: Floats64) -> Floats64:
    """Return the distance (n,) between the hips in the image plane (x, y) of poses (n, 16, 3)."""
    apart = joints[:, _RIGHT_HIP, :2] - joints[:, _LEFT_HIP, :2]
    return np.hypot(apart[:, 0], apart[:, 1])


def widest_on_grid(joints: Floats64) -> Floats64:
    """Rotate poses (n, 16, 3) as the authors do: by the angle of ``GRID_DEG`` with the widest hips."""
    turned = np.stack([turn(joints, np.full(len(joints), np.deg2rad(angle))) for angle in GRID_DEG])
    widths = np.stack([hip_width(poses) for poses in turned])
    return turned[widths.argmax(axis=0), np.arange(len(joints))]


def widest(joints: Floats64) -> Floats64:
    """Rotate poses (n, 16, 3) by the exact angle, within a quarter turn, that makes the hips widest."""
    apart = joints[:, _LEFT_HIP] - joints[:, _RIGHT_HIP]
    angles_rad = np.arctan2(apart[:, 2], apart[:, 0])
    angles_rad = np.where(angles_rad >= np.pi / 2, angles_rad - np.pi, angles_rad)
    return turn(joints, np.where(angles_rad < -np.pi / 2, angles_rad + np.pi, angles_rad))


def seen_from_behind(joints: Floats64) -> npt.NDArray[np.bool_]:
    """Return whether each pose (n, 16, 3) shows its back: the right wrist is on the right of the image."""
    return np.asarray(joints[:, _RIGHT_WRIST, 0] > joints[:, _LEFT_WRIST, 0])


def face_camera(joints: Floats64) -> Floats64:
    """Rotate the poses (n, 16, 3) that are seen from behind by half a turn."""
    sign = np.where(seen_from_behind(joints), -1.0, 1.0)[:, None]
    return np.stack([sign * joints[..., 0], joints[..., 1], sign * joints[..., 2]], axis=-1)


def bone_lengths(joints: Floats64) -> Floats64:
    """Return bone lengths (n, 14) of poses (n, 16, 2 or 3), in the order of :data:`touchline.core.poses.BONES`."""
    first, second = np.array(BONES).T
    return np.asarray(np.linalg.norm(joints[:, first] - joints[:, second], axis=-1))


def normalise_bones(joints: Floats64) -> Floats64:
    """Scale poses (n, 16, 2 or 3) to a mean bone length of 1.

    Raises:
        ValueError: all joints of a pose coincide.

    """
    mean = bone_lengths(joints).mean(axis=1)
    if not bool(np.all(mean > 0)):
        raise ValueError(f"joints: all points of poses {np.flatnonzero(~(mean > 0))[:5].tolist()} coincide")
    return joints / mean[:, None, None]


def comparable(joints: Floats64) -> Floats64:
    """Make poses (n, 16, 3) from any camera comparable: rotated exactly, facing the camera, of equal size."""
    return normalise_bones(face_camera(widest(joints)))
