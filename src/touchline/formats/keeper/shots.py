"""Shots from tables and from StatsBomb's event files, read strictly: an impossible row is reported, not repaired.

A table is CSV (cells separated by comma, semicolon or tab; decimal points, or commas where they do not separate) with
columns ``x`` and ``y``, or with ``distance_to_goal`` and ``shot_angle`` as in the tables of Wear et al., and any of
``under_pressure``, ``keeper_x``, ``keeper_y``, ``engagement``, ``id``, ``keeper``, ``outcome``, ``technique``. Other
columns are ignored. An event file is StatsBomb's JSON, plain or gzipped; the keeper's position comes from the freeze
frame of each shot.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from touchline.core.errors import InputError
from touchline.core.shots import GOAL_YD, LENGTH_YD, WIDTH_YD, Shot, outcome_named
from touchline.formats.files.csv_rows import csv_lines, separator_of
from touchline.formats.files.decimals import Decimals, decimals_of
from touchline.formats.files.guard import check_size, guarded, reading, unpacked
from touchline.formats.files.text_encoding import DecodedText, decode_any
from touchline.formats.files.text_lines import read_data
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
_NUMBERS = ("x", "y", "keeper_x", "keeper_y", "distance", "angle", "engagement")
_YES, _NO = {"1", "1.0", "true", "yes", "y"}, {"", "0", "0.0", "false", "no", "n"}
_MAX_BYTES = 64 << 20
"""Largest table or event file, unpacked; StatsBomb's of one match have 3 to 8 MB."""
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


@guarded("a table of shots")
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
        data = unpacked(data, source=str(path), max_bytes=_MAX_BYTES)
    check_size(len(data), source=str(path), max_bytes=_MAX_BYTES)
    decoded = decode_any(data, source=str(path))
    is_json = decoded.text.lstrip()[:1] in ("[", "{")
    found = _read_events(decoded.text, path) if is_json else _read_table(decoded, path, units=units)
    if not found.shots:
        more = f" ({len(found.problems)} rows cannot be used; the first: {found.problems[0]})" if found.problems else ""
        raise InputError(f"{path}: holds no shot{more}")
    return found


def _read_table(decoded: DecodedText, path: Path, *, units: Units) -> ShotFile:
    lines = csv_lines(decoded.text, source=path)
    header = [name.strip().lower() for name in next((row for _, row in lines if any(map(str.strip, row))), [])]
    columns = _columns(header, path)
    rows = [(line, row) for line, row in lines if any(cell.strip() for cell in row)]
    numbers = [columns[name] for name in _NUMBERS if name in columns]
    decimals = Decimals()
    if separator_of(decoded.text) != ",":
        decimals = decimals_of((row[at] for _, row in rows for at in numbers if at < len(row)), source=str(path))
    shots, problems = [], []
    for line, row in rows:
        try:
            cells = _cells(row, header, columns)
            shots.append(_table_shot(cells, scale=_YARDS_PER[units], line=line, decimals=decimals))
        except ValueError as error:
            problems.append(f"{path}: line {line}: {error}")
    remarks = (*_far_remark(shots, path), *outcome_remarks(shots, source=str(path)))
    notes = tuple(f"{path}: {note}" for note in decoded.notes)
    return ShotFile(tuple(shots), tuple(problems), (*notes, *remarks))


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
    if any(cell.strip() for cell in row[len(header) :]):
        raise ValueError(
            f"{len(row)} cells under {len(header)} columns: decimal commas? Write 87.5, or separate cells by ;"
        )
    return {meaning: row[index].strip() if index < len(row) else "" for meaning, index in columns.items()}


def _table_shot(cells: Mapping[str, str], *, scale: tuple[float, float], line: int, decimals: Decimals) -> Shot:
    """Return a shot from its cells.

    Raises:
        ValueError: the values are impossible.

    """

    def number(name: str) -> float:
        return _number(cells, name, decimals)

    if cells.get("x") or "distance" not in cells:
        x_yd, y_yd = number("x") * scale[0], number("y") * scale[1]
    else:
        x_yd, y_yd = _place_of(number("distance"), number("angle"))
    keeper_yd = None
    if cells.get("keeper_x") or cells.get("keeper_y"):
        keeper_yd = (number("keeper_x") * scale[0], number("keeper_y") * scale[1])
    return Shot(
        x_yd,
        y_yd,
        under_pressure=_flag(cells.get("under_pressure", "")),
        keeper_yd=keeper_yd,
        engagement=number("engagement") if cells.get("engagement") else None,
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


def _number(cells: Mapping[str, str], name: str, decimals: Decimals) -> float:
    text = cells.get(name, "")
    try:
        value = decimals.number(text)
    except ValueError as error:
        raise ValueError(f"column {name}: {error}") from None
    if math.isfinite(value):
        return value
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
    with reading(path, what="JSON"):
        events = json.loads(text)
    shots, problems, remarks = shots_of_events(events, source=str(path))
    return ShotFile(tuple(shots), tuple(problems), (*remarks, *outcome_remarks(shots, source=str(path))))
