"""Labelled joint sequences in one ``.npz``: ``poses``, ``label``, ``group`` and ``joints``.

``poses`` is float (n, t, joints, 2) as y, x, or (n, t, joints, 3) as x, y, visibility; ``label`` and ``group`` are
strings (n,), ``joints`` the joint names. NaN marks a joint that was not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.formats.files.guard import guarded
from touchline.formats.files.npz import load_npz


@dataclass(frozen=True, slots=True, eq=False)
class SkeletonSet:
    """A set of labelled joint sequences.

    Attributes:
        sequences: float32 (n, t, joints, 3): x, y, and 1 where the joint was found, 0 elsewhere.
        labels: str (n,), class of each sequence.
        groups: str (n,), match or person.
        joints: joint names.

    """

    sequences: npt.NDArray[np.float32]
    labels: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]
    joints: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


@guarded("labelled joint sequences")
def read_skeleton_set(path: Path | str) -> SkeletonSet:
    """Read the sequences of a file.

    Raises:
        InputError: the file does not exist or has other content.

    """
    path = Path(path)
    arrays = load_npz(path, needed=("poses", "label", "joints"), what="labelled joint sequences")
    poses, label, joints = arrays["poses"], arrays["label"], arrays["joints"]
    group = arrays["group"] if "group" in arrays else np.arange(len(poses)).astype(str)
    if not np.issubdtype(poses.dtype, np.floating) or not label.ndim == group.ndim == joints.ndim == 1:
        raise InputError(f"{path}: poses of {poses.dtype}, labels {label.shape}, joints {joints.shape}")
    if poses.ndim != 4 or poses.shape[3] not in (2, 3) or not len(poses) == len(label) == len(group):
        raise InputError(f"{path}: poses of shape {poses.shape} do not fit {len(label)} labels")
    if poses.shape[2] != len(joints):
        raise InputError(f"{path}: {poses.shape[2]} joints in poses, {len(joints)} names")
    return SkeletonSet(as_sequences(poses), label.astype(str), group.astype(str), tuple(map(str, joints)))


def as_sequences(poses: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Convert (..., joints, 2) as y, x or (..., joints, 3) as x, y, visibility to the latter; NaN becomes 0, unseen."""
    values = np.asarray(poses, np.float32)
    if values.shape[-1] == 2:
        values = np.concatenate([values[..., ::-1], np.ones_like(values[..., :1])], axis=-1)
    broken = np.asarray(~np.isfinite(values).all(axis=-1))
    return np.where(broken[..., None], np.float32(0), values)
