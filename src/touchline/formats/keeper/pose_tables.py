"""Tables (CSV or JSON) of poses found in pictures, and of the boxes that locate the keeper in each picture.

CSV has one row per picture: ``file``, ``note``, then for every joint of :data:`touchline.core.poses.JOINTS` its
position in pixels of the picture (``right_ankle_x_px``, ``right_ankle_y_px``), its confidence
(``right_ankle_confidence``) and its position in space (``right_ankle_x``, ``_y``, ``_z``: right, down and away from the
camera, relative to the pelvis, in fractions of the crop's side); unknown cells are empty. JSON is a list with the same
content, joints by name. Files named ``.coco.json`` hold COCO keypoints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.errors import InputError, UsageError
from touchline.core.poses import JOINTS, Pose
from touchline.formats.files.atomic import write_json_atomic, write_text_atomic
from touchline.formats.files.csv_rows import csv_table, csv_text, read_csv
from touchline.formats.files.guard import guarded
from touchline.formats.files.json_files import parse_json
from touchline.formats.files.text_encoding import decode_any
from touchline.formats.files.text_lines import parse_number, read_data
from touchline.formats.keeper.coco_keypoints import SUFFIX, coco_document, poses_from_coco
from touchline.formats.keeper.posed_picture import PosedPicture

Box = tuple[float, float, float, float]

_FLAT = ("x_px", "y_px", "confidence")
_DEEP = ("x", "y", "z")
_TEXTS = ("file", "note")
_BOX_COLUMNS = ("file", "x0", "y0", "x1", "y1")


def write_poses(path: Path | str, poses: Sequence[PosedPicture]) -> None:
    """Write poses as ``.csv`` or ``.json``, or as COCO keypoints, ``.coco.json``.

    Raises:
        UsageError: the file has another suffix.

    """
    path = Path(path)
    if path.name.lower().endswith(SUFFIX):
        write_json_atomic(path, coco_document(poses))
    elif path.suffix.lower() == ".json":
        write_json_atomic(path, [pose_record(found) for found in poses])
    elif path.suffix.lower() == ".csv":
        head = ["file", "note", *(f"{joint}_{part}" for joint in JOINTS for part in (*_FLAT, *_DEEP))]
        write_text_atomic(path, csv_text([head, *map(_cells, poses)]))
    else:
        raise UsageError(f"--out {path}: poses can be written as .csv or .json")


@guarded("a table of poses")
def read_pose_table(path: Path | str) -> tuple[PosedPicture, ...]:
    """Read the poses of a file that :func:`write_poses` wrote.

    Raises:
        InputError: the file is unreadable, or a value is not a number; the message names the line and column.

    """
    path = Path(path)
    if path.name.lower().endswith(SUFFIX):
        return poses_from_coco(read_data(path), source=str(path))
    text = decode_any(read_data(path), source=str(path)).text
    if path.suffix.lower() == ".json":
        try:
            records = parse_json(text, source=str(path))
            return tuple(_from_record(record) for record in records)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: not a list of poses as `touchline keeper pose` writes it ({error})") from error
    table = csv_table(text, source=path)
    table = table.with_points([name for name in table.columns if name not in _TEXTS], source=path)
    rows = zip(table.lines, table.rows, strict=True)
    return tuple(_from_row(row, where=f"{path}: line {line}") for line, row in rows)


def pose_record(found: PosedPicture) -> dict[str, Any]:
    """Convert a pose to its JSON form."""
    record: dict[str, Any] = {"file": found.file, "note": found.note, "joints": {}}
    for number, joint in enumerate(JOINTS):
        x, y = (round(float(value), 2) for value in found.pose.joints_px[number])
        entry: dict[str, Any] = {"px": [x, y], "confidence": round(float(found.pose.confidence[number]), 4)}
        if found.pose.joints_3d is not None:
            entry["space"] = [round(float(value), 5) for value in found.pose.joints_3d[number]]
        record["joints"][joint] = entry
    return record


def _cells(found: PosedPicture) -> list[str]:
    cells = [found.file, found.note]
    for number in range(len(JOINTS)):
        cells += [f"{value:.2f}" for value in found.pose.joints_px[number]]
        cells.append(f"{found.pose.confidence[number]:.4f}")
        deep = found.pose.joints_3d
        cells += ["", "", ""] if deep is None else [f"{value:.5f}" for value in deep[number]]
    return cells


def _from_record(record: Mapping[str, Any]) -> PosedPicture:
    joints = [record["joints"][joint] for joint in JOINTS]
    flat = np.array([joint["px"] for joint in joints], np.float32)
    confidence = np.array([joint["confidence"] for joint in joints], np.float32)
    deep = np.array([joint["space"] for joint in joints], np.float32) if "space" in joints[0] else None
    return PosedPicture(str(record["file"]), Pose(flat, confidence, deep), str(record.get("note", "")))


def _from_row(row: Mapping[str, str | None], *, where: str) -> PosedPicture:
    def numbers(parts: Sequence[str]) -> list[list[float]]:
        return [[_cell(row, f"{joint}_{part}", where=where) for part in parts] for joint in JOINTS]

    known = all((row.get(f"{JOINTS[0]}_{part}") or "").strip() for part in _DEEP)
    flat = np.array(numbers(_FLAT), np.float32)
    if not bool(((flat[:, 2] >= 0) & (flat[:, 2] <= 1)).all()):
        raise InputError(f"{where}: a confidence is outside 0 to 1")
    deep = np.array(numbers(_DEEP), np.float32) if known else None
    file, note = (row.get(name) or "" for name in ("file", "note"))
    return PosedPicture(file.strip(), Pose(flat[:, :2], flat[:, 2], deep), note)


def _cell(row: Mapping[str, str | None], name: str, *, where: str) -> float:
    text = row.get(name)
    if text is None:
        raise InputError(f"{where}: no column or cell {name!r}; the table was not written by `touchline keeper pose`")
    number = parse_number(text)
    if not math.isfinite(number):
        hint = "; use decimal points, not commas" if "," in text else ""
        raise InputError(f"{where}: {name} {text[:40]!r} is not a finite number{hint}")
    return number


@guarded("a table of boxes")
def read_keeper_boxes(path: Path | str) -> dict[str, Box]:
    """Read the keeper's box in each picture, by file name, from a CSV with the columns ``file,x0,y0,x1,y1``.

    Raises:
        InputError: unreadable, columns missing, a picture listed twice, or a row that is not a box, with its line.

    """
    path = Path(path)
    rows = read_csv(path)
    missing = [name for name in _BOX_COLUMNS if name not in rows.columns]
    if missing:
        raise InputError(f"{path}: has no column {missing[0]!r}; it needs {','.join(_BOX_COLUMNS)}")
    rows = rows.with_points(_BOX_COLUMNS[1:], source=path)
    boxes: dict[str, Box] = {}
    for line, row in zip(rows.lines, rows.rows, strict=True):
        where = f"{path}: line {line}"
        name = Path((row["file"] or "").strip()).name
        x0, y0, x1, y1 = (_cell(row, column, where=where) for column in _BOX_COLUMNS[1:])
        if not name or name in boxes:
            problem = f"{name} is listed twice" if name else "no file"
            raise InputError(f"{where}: {problem}; give one row per picture")
        if not (x0 < x1 and y0 < y1):
            raise InputError(
                f"{where}: {x0:g},{y0:g},{x1:g},{y1:g} is not a box; boxes are left,top,right,bottom in pixels"
            )
        boxes[name] = (x0, y0, x1, y1)
    return boxes
