"""How near found joints are to known ones: share of correct joints, and errors in space after scaling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.poses import JOINTS, PELVIS

Floats = npt.NDArray[np.float64]

NECK = JOINTS.index("neck")


def torso_lengths(joints: Floats) -> Floats:
    """Distance (n,) from pelvis to neck of poses (n, 16, 2 or 3)."""
    return np.asarray(np.linalg.norm(joints[:, NECK] - joints[:, PELVIS], axis=-1))


def correct_joints(found: Floats, known: Floats, *, within: float = 0.2) -> npt.NDArray[np.bool_]:
    """Which joints (n, 16) of ``found`` (n, 16, 2) lie within a share of the known torso's length (PCK)."""
    apart = np.linalg.norm(found - known, axis=-1)
    return np.asarray(apart <= within * torso_lengths(known)[:, None])


def scaled_errors(found: Floats, known: Floats) -> Floats:
    """Mean distance (n,) of joints in space, in known torso lengths, pelvis on pelvis, ``found`` scaled at best.

    Args:
        found: (n, 16, 3).
        known: likewise.

    """
    found, known = found - found[:, PELVIS, None], known - known[:, PELVIS, None]
    scale = (found * known).sum((1, 2)) / np.maximum((found * found).sum((1, 2)), 1e-12)
    errors = np.linalg.norm(found * scale[:, None, None] - known, axis=-1).mean(axis=1)
    return np.asarray(errors / np.maximum(torso_lengths(known), 1e-9))


def agreement(first: Sequence[object], second: Sequence[object]) -> tuple[float, float]:
    """Share of pairs that are equal, and Cohen's kappa, which takes away what chance would give."""
    one, other = np.asarray(first), np.asarray(second)
    same = float((one == other).mean())
    values = np.unique(np.concatenate([one, other]))
    chance = float(sum((one == value).mean() * (other == value).mean() for value in values))
    return same, (same - chance) / (1 - chance) if chance < 1 else 1.0
