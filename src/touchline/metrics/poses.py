"""Accuracy of poses: share of correct joints, errors in space after scaling, and agreement between labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.poses import JOINTS, PELVIS

NECK = JOINTS.index("neck")


def torso_lengths(joints: Floats64) -> Floats64:
    """Return the distance (n,) from pelvis to neck of poses (n, 16, 2 or 3)."""
    return np.asarray(np.linalg.norm(joints[:, NECK] - joints[:, PELVIS], axis=-1))


def correct_joints(found: Floats64, known: Floats64, *, within: float = 0.2) -> npt.NDArray[np.bool_]:
    """Return which joints (n, 16) of ``found`` (n, 16, 2) lie within a fraction of the known torso length (PCK)."""
    apart = np.linalg.norm(found - known, axis=-1)
    return np.asarray(apart <= within * torso_lengths(known)[:, None])


def scaled_errors(found: Floats64, known: Floats64) -> Floats64:
    """Return the mean joint error (n,) in known torso lengths, pelvis aligned and ``found`` optimally scaled.

    Args:
        found: (n, 16, 3).
        known: (n, 16, 3).

    """
    found, known = found - found[:, PELVIS, None], known - known[:, PELVIS, None]
    scale = (found * known).sum((1, 2)) / np.maximum((found * found).sum((1, 2)), 1e-12)
    errors = np.linalg.norm(found * scale[:, None, None] - known, axis=-1).mean(axis=1)
    return np.asarray(errors / np.maximum(torso_lengths(known), 1e-9))


def agreement(first: Sequence[object], second: Sequence[object]) -> tuple[float, float]:
    """Return the share of equal pairs, and Cohen's kappa, which corrects for chance."""
    one, other = np.asarray(first), np.asarray(second)
    same = float((one == other).mean())
    values = np.unique(np.concatenate([one, other]))
    chance = float(sum((one == value).mean() * (other == value).mean() for value in values))
    return same, (same - chance) / (1 - chance) if chance < 1 else 1.0
