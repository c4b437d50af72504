"""Labelled joint sequences in one ``.npz``: ``poses``, ``label``, ``group`` and ``joints``.

``poses`` is float (n, t, joints, 2) as y, x, or (n, t, joints, 3) as x, y, visibility; ``label`` and ``group`` are
strings (n,), ``joints`` the joint names. NaN marks a joint that was not found.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError


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


def read_skeleton_set(path: Path | str) -> SkeletonSet:
    """Read the sequences of a file.

    Raises:
        InputError: the file does not exist or has other content.

    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            poses, label, joints = arrays["poses"], arrays["label"], arrays["joints"]
            group = arrays["group"] if "group" in arrays else np.arange(len(poses)).astype(str)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: no labelled joint sequences ({error})") from error
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
