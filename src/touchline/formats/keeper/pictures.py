"""Published pictures of keepers with the published poses, matched to the rows of the pose tables.

The pictures may be smaller than the originals; tables beside them (``one_on_one.csv`` and so on) give the scale, and
joints are in pixels of the stored picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.formats.files.csv_rows import read_csv
from touchline.formats.files.guard import reading
from touchline.formats.keeper.tables import read_amateurs, read_choices, read_penalties, read_poses

ONE_ON_ONE, AMATEUR = "one_on_one", "amateur"
EARLIER_PENALTIES, LATER_PENALTIES = "penalty_17_19", "penalty_19_21"
SOURCES = (ONE_ON_ONE, AMATEUR, EARLIER_PENALTIES, LATER_PENALTIES)
"""Folders of pictures."""

EARLIER_COUNT = 183
"""Row numbers of the earlier penalties."""


@dataclass(frozen=True, slots=True, eq=False)
class KeeperPicture:
    """A picture of one keeper with its published pose.

    Attributes:
        path: the image file.
        source: one of ``SOURCES``.
        name: name of the original, as in the published tables.
        group: shared by the pictures of one shot, or of the amateurs; a group is never split.
        row: row of the pose table of its source.
        joints_px: float64 (16, 2), pixels of this picture.
        joints_3d: float64 (16, 3), fractions of the padded picture's side, pelvis at the origin.
        kept: whether the authors trusted the pose.

    """

    path: Path
    source: str
    name: str
    group: str
    row: int
    joints_px: npt.NDArray[np.float64]
    joints_3d: npt.NDArray[np.float64]
    kept: bool


def read_keeper_pictures(folder: Path) -> list[KeeperPicture]:
    """Read every picture of ``folder/images`` that has a published pose.

    Raises:
        InputError: a table is missing or has another layout, or no picture has a pose.

    """
    choices = read_choices(folder)
    shots, in_space = read_poses(folder, dimensions=2), read_poses(folder)
    rejected = set(choices.rejected_rows)
    rows = {
        str(name): (f"shot-{shot}", row, row not in rejected)
        for row, (name, shot) in enumerate(zip(shots.files, shots.shots, strict=True))
    }
    pictures = _pictures(folder, ONE_ON_ONE, rows, shots.joints, in_space.joints)
    flat, deep = read_amateurs(folder, dimensions=2).joints, read_amateurs(folder).joints
    rows = {f"{row}.png": ("amateurs", row, True) for row in range(len(flat))}
    pictures += _pictures(folder, AMATEUR, rows, flat, deep)
    flat, deep = read_penalties(folder, dimensions=2).joints, read_penalties(folder).joints
    rejected = set(choices.rejected_penalties)
    for source, prefix, first, last in (
        (EARLIER_PENALTIES, "", 0, EARLIER_COUNT),
        (LATER_PENALTIES, "f", EARLIER_COUNT, len(flat)),
    ):
        rows = {f"{prefix}{k - first}.png": (f"penalty-{k}", k, k not in rejected) for k in range(first, last)}
        pictures += _pictures(folder, source, rows, flat, deep)
    if not pictures:
        raise InputError(f"{folder}: no picture of {list(SOURCES)} has a published pose")
    return pictures


def _pictures(
    folder: Path,
    source: str,
    rows: dict[str, tuple[str, int, bool]],
    flat: npt.NDArray[np.float64],
    deep: npt.NDArray[np.float64],
) -> list[KeeperPicture]:
    found = []
    for original, name, scale in _index(folder / "images" / f"{source}.csv"):
        if original not in rows:
            continue
        group, row, kept = rows[original]
        if np.isfinite(flat[row]).all() and np.isfinite(deep[row]).all():
            path = folder / "images" / source / name
            found.append(KeeperPicture(path, source, original, group, row, flat[row] * scale, deep[row], kept))
    return found


def _index(path: Path) -> Iterable[tuple[str, str, float]]:
    """Yield the original name, current name and scale of every picture of a folder."""
    with reading(path, what="a table of original_file, file and scale"):
        return [(row["original_file"], row["file"], float(row["scale"])) for row in read_csv(path).rows]
