"""Shots from tables and from StatsBomb's event files, read strictly: an impossible row is reported, not repaired.

A table is CSV (cells separated by comma, semicolon or tab; decimal points) with columns ``x`` and ``y``, or with
``distance_to_goal`` and ``shot_angle`` as in the tables of Wear et al., and any of ``under_pressure``, ``keeper_x``,
``keeper_y``, ``engagement``, ``id``, ``keeper``, ``outcome``, ``technique``. Other columns are ignored. An event file
is StatsBomb's JSON, plain or gzipped; the keeper's position comes from the freeze frame of each shot.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from touchline.core.errors import InputError
from touchline.core.shots import GOAL_YD, LENGTH_YD, WIDTH_YD, Shot, outcome_named
from touchline.formats.files.text_lines import decode_text, parse_number, read_data
from touchline.formats.keeper.statsbomb_shots import outcome_remarks, shots_of_events

Units = Literal["yards", "metres", "percent"]

_YARDS_PER: Mapping[str, tuple[float, float]] = {
    "yards": (1.0, 1.0),
    "metres": (LENGTH_YD / 105.0, WIDTH_YD / 68.0),
    "percent": (LENGTH_YD / 100.0, WIDTH_YD / 100.0),
}
_NAMES: Mapping[str, tuple[str, ...]] = {
    "x": ("x", "x_yd"),
    "y": ("y", "y_yd"),
    "keeper_x": ("keeper_x", "gk_x", "x2"),
    "keeper_y": ("keeper_y", "gk_y", "y2"),
    "distance": ("distance_to_goal", "distance_yd"),
    "angle": ("shot_angle", "angle_deg"),
    "under_pressure": ("under_pressure", "pressure"),
    "engagement": ("engagement", "gk_engage"),
    "id": ("id", "image", "file", ""),
    "keeper": ("keeper", "gk_name"),
    "outcome": ("outcome", "shot_outcome_name"),
    "technique": ("technique",),
}
_YES, _NO = {"1", "1.0", "true", "yes", "y"}, {"", "0", "0.0", "false", "no", "n"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_OWN_HALF_YD = LENGTH_YD / 2


@dataclass(frozen=True, slots=True)
class ShotFile:
    """The shots of a file.

    Attributes:
        shots: readable shots, in file order.
        problems: one line for each unreadable row.
        remarks: remarks for the user on the readable shots.

    """

    shots: tuple[Shot, ...]
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def read_shot_file(path: Path | str, *, units: Units = "yards") -> ShotFile:
    """Read the shots of a table or of an event file, as its content decides.

    Args:
        path: a table or an event file.
        units: units of the positions in a table: yards of 120 x 80, metres of 105 x 68, or percent of the pitch.

    Raises:
        InputError: the file cannot be read, or holds no usable shot.

    """
    path = Path(path)
    data = read_data(path)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise InputError(f"{path}: a damaged gzip file ({error}); download it again") from error
    text = decode_text(data, path=path)
    found = _read_events(text, path) if text.lstrip()[:1] in ("[", "{") else _read_table(text, path, units=units)
    if not found.shots:
        more = f" ({len(found.problems)} rows cannot be used; the first: {found.problems[0]})" if found.problems else ""
        raise InputError(f"{path}: holds no shot{more}")
    return found


def _read_table(text: str, path: Path, *, units: Units) -> ShotFile:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = [name.strip().lower() for name in next(reader, [])]
    columns = _columns(header, path)
    shots, problems = [], []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            try:
                shots.append(_table_shot(_cells(row, header, columns), scale=_YARDS_PER[units], line=reader.line_num))
            except ValueError as error:
                problems.append(f"{path}: line {reader.line_num}: {error}")
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: not a table ({error})") from error
    remarks = (*_far_remark(shots, path), *outcome_remarks(shots, source=str(path)))
    return ShotFile(tuple(shots), tuple(problems), remarks)


def _columns(header: list[str], path: Path) -> dict[str, int]:
    """Return the indices of the known columns."""
    found = {
        meaning: next(header.index(name) for name in names if name in header)
        for meaning, names in _NAMES.items()
        if any(name in header for name in names)
    }
    if not ({"x", "y"} <= set(found) or {"distance", "angle"} <= set(found)):
        raise InputError(
            f"{path}: has columns {header[:12]}; shots need x and y (yards, the goal at x=120, y=40), or "
            "distance_to_goal and shot_angle"
        )
    return found


def _cells(row: list[str], header: list[str], columns: Mapping[str, int]) -> dict[str, str]:
    """Return the cells of the known columns.

    Raises:
        ValueError: there are more cells than columns.

    """
    if len(row) > len(header):
        raise ValueError(
            f"{len(row)} cells under {len(header)} columns: decimal commas? Write 87.5, or separate cells by ;"
        )
    return {meaning: row[index].strip() if index < len(row) else "" for meaning, index in columns.items()}


def _table_shot(cells: Mapping[str, str], *, scale: tuple[float, float], line: int) -> Shot:
    """Return a shot from its cells.

    Raises:
        ValueError: the values are impossible.

    """
    if cells.get("x") or "distance" not in cells:
        x_yd, y_yd = _number(cells, "x") * scale[0], _number(cells, "y") * scale[1]
    else:
        x_yd, y_yd = _place_of(_number(cells, "distance"), _number(cells, "angle"))
    keeper_yd = None
    if cells.get("keeper_x") or cells.get("keeper_y"):
        keeper_yd = (_number(cells, "keeper_x") * scale[0], _number(cells, "keeper_y") * scale[1])
    return Shot(
        x_yd,
        y_yd,
        under_pressure=_flag(cells.get("under_pressure", "")),
        keeper_yd=keeper_yd,
        engagement=_number(cells, "engagement") if cells.get("engagement") else None,
        id=cells.get("id") or f"line {line}",
        keeper=cells.get("keeper") or None,
        outcome=outcome_named(cells["outcome"]) if cells.get("outcome") else None,
        technique=cells.get("technique") or None,
    )


def _place_of(distance_yd: float, angle_deg: float) -> tuple[float, float]:
    if not 0 < distance_yd <= LENGTH_YD or not 0 <= angle_deg <= 90:
        raise ValueError(
            f"distance {distance_yd:g} yd at {angle_deg:g} degrees is outside the pitch; the angle is off the "
            "goal's axis, 0 to 90"
        )
    angle = math.radians(angle_deg)
    return GOAL_YD[0] - distance_yd * math.cos(angle), GOAL_YD[1] + distance_yd * math.sin(angle)


def _number(cells: Mapping[str, str], name: str) -> float:
    text = cells.get(name, "")
    value = parse_number(text)
    if math.isfinite(value):
        return value
    if _DECIMAL_COMMA.fullmatch(text):
        raise ValueError(f"column {name}: {text!r} has a decimal comma; write {text.replace(',', '.')}")
    raise ValueError(f"column {name}: {text!r} is not a number" if text else f"column {name} is empty")


def _flag(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError(f"column under_pressure: {text!r} is neither 1 nor 0")


def _far_remark(shots: list[Shot], path: Path) -> tuple[str, ...]:
    far = sum(shot.x_yd < _OWN_HALF_YD for shot in shots)
    if not far:
        return ()
    return (f"{path}: {far} of {len(shots)} shots are from x below 60; the attacked goal is at x=120, y=40",)


def _read_events(text: str, path: Path) -> ShotFile:
    try:
        events = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    shots, problems, remarks = shots_of_events(events, source=str(path))
    return ShotFile(tuple(shots), tuple(problems), (*remarks, *outcome_remarks(shots, source=str(path))))
