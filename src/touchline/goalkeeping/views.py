"""Poses as seen from one and the same side: turned about the vertical until the hips are widest, facing the camera.

A keeper is pictured from anywhere. Turning a pose so that the distance between the hips in the picture plane is largest
makes it nearly independent of where the camera stood (Wear et al., "Learning From The Pros", 2022). The authors try 19
angles; here the best angle is exact as well: the hips' vector d turns into the picture plane at atan2(d_z, d_x).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.core.poses import BONES, JOINTS

Floats = npt.NDArray[np.float64]

GRID_DEG = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 270, 280, 290, 300, 310, 320, 330, 340, 350)
"""The angles the authors try, in their order: among equals the first is kept."""

_RIGHT_HIP, _LEFT_HIP = JOINTS.index("right_hip"), JOINTS.index("left_hip")
_RIGHT_WRIST, _LEFT_WRIST = JOINTS.index("right_wrist"), JOINTS.index("left_wrist")


def turn(joints: Floats, angles_rad: Floats) -> Floats:
    """Poses (n, 16, 3) turned about the vertical through the pelvis, each by its angle (n,)."""
    cos, sin = np.cos(angles_rad)[:, None], np.sin(angles_rad)[:, None]
    x, y, z = joints[..., 0], joints[..., 1], joints[..., 2]
    return np.stack([cos * x + sin * z, y, -sin * x + cos * z], axis=-1)


def hip_width(joints: Floats) -> Floats:
    """Distance (n,) between the hips in the picture plane (x, y) of poses (n, 16, 3)."""
    apart = joints[:, _RIGHT_HIP, :2] - joints[:, _LEFT_HIP, :2]
    return np.hypot(apart[:, 0], apart[:, 1])


def widest_on_grid(joints: Floats) -> Floats:
    """Poses (n, 16, 3) turned as the authors turn them: by the angle of ``GRID_DEG`` with the widest hips."""
    turned = np.stack([turn(joints, np.full(len(joints), np.deg2rad(angle))) for angle in GRID_DEG])
    widths = np.stack([hip_width(poses) for poses in turned])
    return turned[widths.argmax(axis=0), np.arange(len(joints))]


def widest(joints: Floats) -> Floats:
    """Poses (n, 16, 3) turned by exactly the angle, within a quarter turn, that makes the hips widest."""
    apart = joints[:, _LEFT_HIP] - joints[:, _RIGHT_HIP]
    angles_rad = np.arctan2(apart[:, 2], apart[:, 0])
    angles_rad = np.where(angles_rad >= np.pi / 2, angles_rad - np.pi, angles_rad)
    return turn(joints, np.where(angles_rad < -np.pi / 2, angles_rad + np.pi, angles_rad))


def seen_from_behind(joints: Floats) -> npt.NDArray[np.bool_]:
    """Whether each pose (n, 16, 3) shows its back: the right wrist is on the picture's right."""
    return np.asarray(joints[:, _RIGHT_WRIST, 0] > joints[:, _LEFT_WRIST, 0])


def face_camera(joints: Floats) -> Floats:
    """Poses (n, 16, 3), those seen from behind turned round by half a turn."""
    sign = np.where(seen_from_behind(joints), -1.0, 1.0)[:, None]
    return np.stack([sign * joints[..., 0], joints[..., 1], sign * joints[..., 2]], axis=-1)


def bone_lengths(joints: Floats) -> Floats:
    """Lengths (n, 14) of the bones of poses (n, 16, 2 or 3), in the order of :data:`touchline.core.poses.BONES`."""
    first, second = np.array(BONES).T
    return np.asarray(np.linalg.norm(joints[:, first] - joints[:, second], axis=-1))


def normalise_bones(joints: Floats) -> Floats:
    """Poses (n, 16, 2 or 3) scaled so that the mean length of their bones is 1.

    Raises:
        ValueError: a pose whose joints all lie in one point.

    """
    mean = bone_lengths(joints).mean(axis=1)
    if not bool(np.all(mean > 0)):
        raise ValueError(f"poses {np.flatnonzero(~(mean > 0))[:5].tolist()} have no extent")
    return joints / mean[:, None, None]


def comparable(joints: Floats) -> Floats:
    """Poses (n, 16, 3) from any camera made comparable: exactly turned, facing the camera, of one size."""
    return normalise_bones(face_camera(widest(joints)))
