"""Poses: named joints in a picture or in space, each with a confidence.

The joints are the sixteen of MPII Human Pose (Andriluka et al., CVPR 2014), in its order. In space the pelvis is the
origin, x points right and y down in the picture, z away from the camera; the unit depends on the estimator, often a
fraction of the crop's side; :func:`touchline.goalkeeping.views.normalise_bones` makes poses of two pictures comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

JOINTS = (
    "right_ankle",
    "right_knee",
    "right_hip",
    "left_hip",
    "left_knee",
    "left_ankle",
    "pelvis",
    "thorax",
    "neck",
    "head_top",
    "right_wrist",
    "right_elbow",
    "right_shoulder",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
)
"""Joint names, in the order of every joint array."""

MIRROR = (5, 4, 3, 2, 1, 0, 6, 7, 8, 9, 15, 14, 13, 12, 11, 10)
"""Index of each joint's counterpart on the other side of the body; joints on the midline map to themselves."""

BONES = (
    (0, 1),
    (1, 2),
    (2, 6),
    (6, 3),
    (3, 4),
    (4, 5),
    (10, 11),
    (11, 12),
    (12, 8),
    (8, 13),
    (13, 14),
    (14, 15),
    (6, 8),
    (8, 9),
)
"""Pairs of joints connected by a bone, for drawing and for lengths."""

PELVIS = JOINTS.index("pelvis")


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """The joints of one person in one picture.

    Attributes:
        joints_px: float32 (16, 2): x right, y down, pixels of the upright picture.
        confidence: float32 (16,), 0 to 1; 0 for a joint that is not visible.
        joints_3d: float32 (16, 3): x right, y down, z away from the camera, pelvis at the origin; None if unknown.

    """

    joints_px: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    joints_3d: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        count = len(JOINTS)
        shapes = {"joints_px": (self.joints_px.shape, (count, 2)), "confidence": (self.confidence.shape, (count,))}
        if self.joints_3d is not None:
            shapes["joints_3d"] = (self.joints_3d.shape, (count, 3))
        for name, (shape, wanted) in shapes.items():
            if shape != wanted:
                raise ValueError(f"{name} has shape {shape}, not {wanted}")
        if not bool(np.all((self.confidence >= 0) & (self.confidence <= 1))):
            raise ValueError(f"confidence {self.confidence} is outside 0 to 1")
        seen = self.confidence > 0
        if not bool(np.isfinite(self.joints_px[seen]).all()):
            raise ValueError("joints_px of a joint with confidence above 0 is not finite")
