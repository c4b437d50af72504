"""Poses in space that belong to shots: tables of ``touchline keeper pose``, or in the published layout of Wear et al.

The published tables have columns ``0`` to ``47`` (x, y, z joint by joint) and optionally ``file``; empty cells are
unseen joints. A picture belongs to the shot whose id its name starts with: ``382-2.png`` is the second of shot 382.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.core.poses import JOINTS
from touchline.formats.files.csv_rows import csv_lines, csv_table
from touchline.formats.files.text_encoding import decode_any
from touchline.formats.files.text_lines import parse_number, read_data
from touchline.formats.keeper.pose_tables import read_pose_table

_VIEW = re.compile(r"^(.*?)(?:-\d+)?$")
_AXES = 3


@dataclass(frozen=True, slots=True, eq=False)
class SpacePose:
    """A pose in space: its picture ``file`` ("" if unknown), joints (16, 3), and a mask of the seen ones (16,)."""

    file: str
    joints: npt.NDArray[np.float64]
    seen: npt.NDArray[np.bool_]


def read_space_poses(path: Path, *, least_confidence: float = 0.0) -> tuple[SpacePose, ...]:
    """Read the poses of a table.

    Args:
        path: CSV or JSON of ``touchline keeper pose``, or a CSV with columns ``0`` to ``47``.
        least_confidence: joints with a lower confidence count as unseen, 0 to 1.

    Raises:
        InputError: the table cannot be read; the message names the line and column.

    """
    text = decode_any(read_data(path), source=str(path)).text
    _, header = next(csv_lines(text, source=path), (0, []))
    if path.suffix.lower() != ".json" and str(len(JOINTS) * _AXES - 1) in header:
        return _published(text, path)
    found = []
    for picture in read_pose_table(path):
        pose = picture.pose
        if pose.joints_3d is None:
            joints, seen = np.full((len(JOINTS), _AXES), np.nan), np.zeros(len(JOINTS), bool)
        else:
            joints = pose.joints_3d.astype(np.float64)
            seen = np.isfinite(joints).all(axis=1) & (pose.confidence >= least_confidence) & (pose.confidence > 0)
        found.append(SpacePose(picture.file, joints, seen))
    return _some(found, path)


def poses_by_shot(poses: Sequence[SpacePose], shots: Sequence[str]) -> Mapping[int, list[SpacePose]]:
    """Group the pictures by shot, given by its index.

    Pictures are matched by name with the shots' ids; if none matches and there are as many poses as shots, they are
    assigned in order.

    Raises:
        InputError: no picture belongs to any shot, and the numbers differ.

    """
    index = {_key(name): i for i, name in enumerate(shots)}
    found: dict[int, list[SpacePose]] = {}
    for pose in poses:
        where = index.get(_shot_of(pose.file)) if pose.file else None
        if where is not None:
            found.setdefault(where, []).append(pose)
    if found:
        return found
    if len(poses) == len(shots):
        return {i: [pose] for i, pose in enumerate(poses)}
    raise InputError(
        f"{len(poses)} poses match none of {len(shots)} shots: name pictures after the shots' ids "
        f"({', '.join(map(repr, shots[:3]))}), or give one pose per shot in the same order"
    )


def _shot_of(file: str) -> str:
    match = _VIEW.match(PurePath(file.replace("\\", "/")).stem)
    return _key(match[1] if match else file)


def _key(name: str) -> str:
    stem = PurePath(name).stem if name.lower().endswith((".png", ".jpg", ".jpeg")) else name
    return stem.strip().lower()


def _published(text: str, path: Path) -> tuple[SpacePose, ...]:
    names = [str(number) for number in range(len(JOINTS) * _AXES)]
    rows = csv_table(text, source=path)
    missing = [name for name in names if name not in rows.columns]
    if missing:
        raise InputError(f"{path}: has no column {missing[0]!r}; joints in space are columns 0 to {len(names) - 1}")
    rows = rows.with_points(names, source=path)
    found = []
    for line, row in zip(rows.lines, rows.rows, strict=True):
        joints = np.array([_number(row[name], f"{path}: line {line}, column {name!r}") for name in names])
        joints = joints.reshape(len(JOINTS), _AXES)
        found.append(SpacePose((row.get("file") or "").strip(), joints, np.isfinite(joints).all(axis=1)))
    return _some(found, path)


def _number(text: str | None, where: str) -> float:
    if not (text or "").strip():
        return math.nan
    value = parse_number(text or "")
    if math.isfinite(value):
        return value
    hint = "; use decimal points, not commas" if "," in (text or "") else ""
    raise InputError(f"{where}: {text!r} is not a finite number{hint}")


def _some(found: list[SpacePose], path: Path) -> tuple[SpacePose, ...]:
    if not found:
        raise InputError(f"{path}: holds no pose")
    return tuple(found)
