"""The published tables of Learning From The Pros: shots on goal, goalkeepers' poses, amateurs, penalties.

The pitch is StatsBomb's: 120 x 80 yards, the centre of the goal at (120, 40), its posts at y = 36 and 44.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.core.poses import JOINTS
from touchline.formats.files.csv_rows import read_csv
from touchline.formats.files.guard import guarded, reading
from touchline.formats.files.json_files import parse_object
from touchline.formats.files.text_lines import read_data

OUTCOMES_ON_TARGET = ("Saved", "Goal")
_SHOTS = "events/1v1_events.csv"
_POSES = "pose/pose_1v1_{dimensions}d.csv"
_AMATEUR_SHOTS = "events/amateur_1v1.csv"
_AMATEUR_POSES = "pose/amateur_{dimensions}d_1v1s.csv"
_PENALTIES = ("pose/pen_pose_{dimensions}d_17_18_18_19.csv", "pose/pen_pose_{dimensions}d_19_20_20_21.csv")
_FILTERS = "filters.json"
_YARDS_PER_PERCENT = (1.2, 0.8)


@dataclass(frozen=True, slots=True, eq=False)
class ShotTable:
    """One-on-one shots, one row per shot; the row number is the shot's id.

    Attributes:
        outcome: str (n,), StatsBomb's names: Saved, Goal, Off T, Blocked, Wayward, Post.
        under_pressure: bool (n,).
        distance_yd: float64 (n,), to the centre of the goal, yards.
        angle_deg: float64 (n,), off the goal's axis, 0 to 90; the side is not known.
        engagement: float64 (n,), keeper to shooter over goal to shooter (GKEM).
        keeper: str (n,).

    """

    outcome: npt.NDArray[np.str_]
    under_pressure: npt.NDArray[np.bool_]
    distance_yd: npt.NDArray[np.float64]
    angle_deg: npt.NDArray[np.float64]
    engagement: npt.NDArray[np.float64]
    keeper: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def on_target(self) -> npt.NDArray[np.bool_]:
        """Mask (n,) of the shots that were saved or goals."""
        return np.isin(self.outcome, OUTCOMES_ON_TARGET)


@dataclass(frozen=True, slots=True, eq=False)
class PoseTable:
    """Published poses, one row per picture.

    Attributes:
        files: str (n,), names of the pictures.
        shots: int64 (n,), id of each picture's shot.
        joints: float64 (n, 16, 2) pixels of the picture, or (n, 16, 3) with the pelvis at the origin.

    """

    files: npt.NDArray[np.str_]
    shots: npt.NDArray[np.int64]
    joints: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True, slots=True, eq=False)
class AmateurTable:
    """Amateurs' attempts, one row per picture: positions in yards, poses, and the engagement from the positions."""

    shooter_yd: npt.NDArray[np.float64]
    keeper_yd: npt.NDArray[np.float64]
    joints: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.joints)


@dataclass(frozen=True, slots=True, eq=False)
class PenaltyTable:
    """Penalties, the seasons one after the other.

    Attributes:
        outcome: str (n,): ``"Goal"``, ``"Saved"`` or ``"Off T"``.
        keeper: str (n,).
        joints: float64 (n, 16, 3), NaN for a penalty without a picture.

    """

    outcome: npt.NDArray[np.str_]
    keeper: npt.NDArray[np.str_]
    joints: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True, slots=True)
class PublishedChoices:
    """The authors' manual decisions.

    Attributes:
        rejected_rows: rows of the pose table that were excluded.
        rejected_penalties: rows of the penalties that were excluded, counted over both periods.
        technique: technique of each included picture, by its name.

    """

    rejected_rows: tuple[int, ...]
    rejected_penalties: tuple[int, ...]
    technique: Mapping[str, str]


@guarded("a folder of published tables")
def read_shots(folder: Path) -> ShotTable:
    """Read the shots of a folder with the published tables.

    Raises:
        InputError: the table is missing, or a cell is invalid.

    """
    path = folder / _SHOTS
    rows = read_csv(path).rows
    return ShotTable(
        outcome=np.array([_cell(row, "shot_outcome_name", path) for row in rows]),
        under_pressure=_numbers(rows, "under_pressure", path) > 0,
        distance_yd=_numbers(rows, "distance_to_goal", path),
        angle_deg=_numbers(rows, "shot_angle", path),
        engagement=_numbers(rows, "gk_engage", path),
        keeper=np.array([_cell(row, "gk_name", path) for row in rows]),
    )


@guarded("a folder of published tables")
def read_poses(folder: Path, *, dimensions: int = 3) -> PoseTable:
    """Read the poses of the shots' pictures, in 2 or 3 dimensions.

    Raises:
        InputError: as :func:`read_shots`.

    """
    path = folder / _POSES.format(dimensions=dimensions)
    rows = read_csv(path).rows
    files = [_cell(row, "file", path) for row in rows]
    shots = [re.match(r"\d+", name) for name in files]
    wrong = [name for name, shot in zip(files, shots, strict=True) if shot is None]
    if wrong:
        raise InputError(f"{path}: names without a shot number: {wrong[:5]}")
    ids = np.array([int(shot[0]) for shot in shots if shot is not None], np.int64)
    return PoseTable(np.array(files), ids, _joints(rows, path, dimensions=dimensions))


@guarded("a folder of published tables")
def read_amateurs(folder: Path, *, dimensions: int = 3) -> AmateurTable:
    """Read the amateurs' attempts, with poses in 2 or 3 dimensions.

    Raises:
        InputError: as :func:`read_shots`.

    """
    path = folder / _AMATEUR_SHOTS
    rows = read_csv(path).rows

    def place(x: str, y: str) -> npt.NDArray[np.float64]:
        percent = np.stack([_numbers(rows, x, path), _numbers(rows, y, path)], axis=1)
        return percent * np.array(_YARDS_PER_PERCENT)

    poses = folder / _AMATEUR_POSES.format(dimensions=dimensions)
    joints = _joints(read_csv(poses).rows, poses, dimensions=dimensions)
    return AmateurTable(place("X", "Y"), place("X2", "Y2"), joints)


@guarded("a folder of published tables")
def read_penalties(folder: Path, *, dimensions: int = 3) -> PenaltyTable:
    """Read the penalties of both periods, the earlier one first, with poses in 2 or 3 dimensions.

    Raises:
        InputError: as :func:`read_shots`.

    """
    earlier, later = (folder / name.format(dimensions=dimensions) for name in _PENALTIES)
    rows, more = read_csv(earlier).rows, read_csv(later).rows
    outcome = [_earlier_outcome(row, earlier) for row in rows] + [_later_outcome(row, later) for row in more]
    keeper = [_cell(row, "gk_name", earlier) for row in rows] + [_cell(row, "goalkeepers", later) for row in more]
    joints = [_joints(r, path, dimensions=dimensions, gaps=True) for r, path in ((rows, earlier), (more, later))]
    return PenaltyTable(np.array(outcome), np.array(keeper), np.concatenate(joints))


@guarded("a folder of published tables")
def read_choices(folder: Path) -> PublishedChoices:
    """Read the pictures that the authors excluded, and the techniques they assigned.

    Raises:
        InputError: the table is missing or has another layout.

    """
    path = folder / _FILTERS
    with reading(path, what="the authors' choices"):
        document = parse_object(read_data(path), source=str(path))
        return PublishedChoices(
            tuple(document["remove_1v1_row_positions"]),
            tuple(document["remove_pen_labels"]),
            dict(document["technique_by_file"]),
        )


def _earlier_outcome(row: Mapping[str, str], path: Path) -> str:
    outcome = _cell(row, "shot_outcome_name", path)
    return "Off T" if outcome == "Post" else outcome


def _later_outcome(row: Mapping[str, str], path: Path) -> str:
    if (row.get("off_target") or "").strip() not in {"", "0", "0.0"}:
        return "Off T"
    return {"Scored": "Goal", "Missed": "Saved"}.get(_cell(row, "outcome", path), _cell(row, "outcome", path))


def _joints(
    rows: Sequence[Mapping[str, str]], path: Path, *, dimensions: int, gaps: bool = False
) -> npt.NDArray[np.float64]:
    """Return the columns "0", "1", ... as joints; an empty row becomes NaN if gaps are allowed."""
    names = [str(number) for number in range(len(JOINTS) * dimensions)]
    empty = [all(not (row.get(name) or "").strip() for name in names) for row in rows]
    values = np.full((len(rows), len(names)), np.nan)
    whole = [i for i, is_empty in enumerate(empty) if not (gaps and is_empty)]
    for column, name in enumerate(names):
        values[whole, column] = _numbers([rows[i] for i in whole], name, path)
    return values.reshape(len(rows), len(JOINTS), dimensions)


def _cell(row: Mapping[str, str], name: str, path: Path) -> str:
    value = (row.get(name) or "").strip()
    if not value:
        raise InputError(f"{path}: a row has no {name!r}; columns are {sorted(k for k in row if k)[:12]}")
    return value


def _numbers(rows: Sequence[Mapping[str, str]], name: str, path: Path) -> npt.NDArray[np.float64]:
    values = []
    for line, row in enumerate(rows, start=2):
        text = (row.get(name) or "").strip()
        try:
            values.append(float(text))
        except ValueError as error:
            raise InputError(f"{path}: line {line}, column {name!r}: {text!r} is not a number") from error
    return np.array(values, np.float64)
