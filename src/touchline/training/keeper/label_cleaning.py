"""Cleaner joints from several opinions: published poses and other networks' poses of the same pictures.

Each opinion is wrong in its own way; the published poses swap the sides of the body most of all. An opinion whose sides
contradict the others' is mirrored, then every joint goes to where most opinions agree, and its trust is their share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.poses import JOINTS, MIRROR, PELVIS

AGREE = 0.2
"""Opinions agree on a joint within this part of the torso's length."""
SWAPPED = 0.7
"""An opinion is mirrored if that leaves less than this part of its distance from the others."""
LEAST_TRUST = 0.3
"""Joints on which fewer opinions agree are not learnt from."""

_SIDED = np.array([row for row, other in enumerate(MIRROR) if row != other])
_SHOULDERS = [JOINTS.index("right_shoulder"), JOINTS.index("left_shoulder")]
_HIPS = [JOINTS.index("right_hip"), JOINTS.index("left_hip")]
_UPPER = [JOINTS.index("neck"), JOINTS.index("thorax")]
_SMALLEST_TORSO = 0.6
"""Of the median over all opinions of torso and shoulder lengths, for bodies seen from above."""


@dataclass(frozen=True, slots=True, eq=False)
class CleanPoses:
    """Joints on which opinions agree.

    Attributes:
        joints: float64 (n, 16, 2), in the opinions' unit.
        trust: float64 (n, 16), share of the opinions that agree; 0 where too few do.
        swapped: bool (opinions, n), whether an opinion's sides were exchanged.

    """

    joints: Floats64
    trust: Floats64
    swapped: npt.NDArray[np.bool_]


def clean_poses(opinions: Floats64, weights: npt.ArrayLike) -> CleanPoses:
    """Merge opinions on the same pictures.

    Args:
        opinions: (opinions, n, 16, 2), NaN for a joint that an opinion does not have.
        weights: (opinions,), how much each counts.

    Raises:
        ValueError: shapes that do not match.

    """
    weight = np.asarray(weights, np.float64)
    if opinions.ndim != 4 or opinions.shape[2:] != (len(JOINTS), 2) or weight.shape != opinions.shape[:1]:
        raise ValueError(f"opinions {opinions.shape} and weights {weight.shape}: expected (m, n, 16, 2) and (m,)")
    merged = [_clean_one(opinions[:, row], weight) for row in range(opinions.shape[1])]
    joints, trust, swapped = (np.stack(part) for part in zip(*merged, strict=True))
    return CleanPoses(joints, trust, swapped.T)


def _clean_one(poses: Floats64, weight: Floats64) -> tuple[Floats64, Floats64, npt.NDArray[np.bool_]]:
    scale = body_scale(poses)
    poses, swapped = same_sides(poses, weight)
    joints, trust = modes(poses, weight, within=AGREE * scale)
    return *upright_middle(joints, trust, within=AGREE * scale), swapped


def body_scale(poses: Floats64) -> float:
    """Return a robust torso length of opinions (m, 16, 2) on one picture; also for a torso seen end-on."""
    torso = np.linalg.norm(poses[:, _SHOULDERS].mean(axis=1) - poses[:, _HIPS].mean(axis=1), axis=-1)
    legs = np.linalg.norm(poses[:, [1, 4]] - poses[:, [2, 3]], axis=-1).max(axis=1)
    return float(max(np.nanmedian(torso), _SMALLEST_TORSO * np.nanmedian(legs), 1e-6))


def same_sides(poses: Floats64, weight: Floats64) -> tuple[Floats64, npt.NDArray[np.bool_]]:
    """Mirror the opinions (m, 16, 2) whose sides contradict the majority's; return them and which were mirrored."""
    mirrored = poses[:, list(MIRROR)]
    there = np.isfinite(poses[:, _SIDED, 0]).any(axis=1)
    straight, crossed = _apart(poses, poses), _apart(poses, mirrored)
    agree = np.where(crossed < SWAPPED * straight, -1.0, 1.0)
    cost = (weight[:, None] * np.minimum(straight, crossed))[there].sum(axis=0)
    centre = int(np.where(there, cost, np.inf).argmin())
    sides = agree[:, centre]
    if float((weight * sides)[there].sum()) < 0:
        sides = -sides
    swapped = sides < 0
    return np.where(swapped[:, None, None], mirrored, poses), swapped


def _apart(first: Floats64, second: Floats64) -> Floats64:
    """Return mean distances (m, m) of limbs between every two opinions."""
    apart = np.linalg.norm(first[:, None, _SIDED] - second[None, :, _SIDED], axis=-1)
    known = np.isfinite(apart)
    return np.asarray(np.where(known, apart, 0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1))


def modes(poses: Floats64, weight: Floats64, *, within: float) -> tuple[Floats64, Floats64]:
    """Return for each joint the mean of the heaviest group of opinions (m, 16, 2) that agree, and its share (16,)."""
    apart = np.linalg.norm(poses[:, None] - poses[None], axis=-1)
    close = np.where(np.isfinite(apart), np.clip(1 - (apart / within) ** 2, 0, None), 0)
    best = (close * weight[:, None, None]).sum(axis=0).argmax(axis=0)
    share = np.take_along_axis(close > 0, best[None, None], axis=1)[:, 0] * weight[:, None]
    has = np.isfinite(poses[..., 0]) * weight[:, None]
    joints = (np.nan_to_num(poses) * share[..., None]).sum(axis=0) / np.maximum(share.sum(axis=0), 1e-9)[:, None]
    trust = share.sum(axis=0) / np.maximum(has.sum(axis=0), 1e-9)
    return joints, np.where(trust >= LEAST_TRUST, trust, 0.0)


def upright_middle(joints: Floats64, trust: Floats64, *, within: float) -> tuple[Floats64, Floats64]:
    """Put the pelvis between the hips, and neck and thorax between the shoulders if they lie far from there."""
    joints, trust = joints.copy(), trust.copy()
    joints[PELVIS], trust[PELVIS] = joints[_HIPS].mean(axis=0), trust[_HIPS].min()
    middle, sure = joints[_SHOULDERS].mean(axis=0), trust[_SHOULDERS].min()
    for row in _UPPER:
        if np.linalg.norm(joints[row] - middle) > 2 * within:
            joints[row], trust[row] = middle, 0.5 * sure
    return joints, trust
