"""Shots from tables and from StatsBomb's event files, read strictly: an impossible row is reported, not repaired.

A table is CSV (cells separated by comma, semicolon or tab; decimal points) with columns ``x`` and ``y``, or with
``distance_to_goal`` and ``shot_angle`` as in the tables of Wear et al., and any of ``under_pressure``, ``keeper_x``,
``keeper_y``, ``engagement``, ``id``, ``keeper``, ``outcome``, ``technique``. Other columns are ignored. An event file
is StatsBomb's JSON, plain or gzipped; the keeper's position comes from the freeze frame of each shot.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from touchline.core.errors import InputError
from touchline.core.shots import GOAL_YD, LENGTH_YD, WIDTH_YD, Shot
from touchline.formats.files.csv_rows import csv_lines
from touchline.formats.files.guard import check_size, guarded, reading, unpacked
from touchline.formats.files.text_lines import decode_text, parse_number, read_data

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
_PENALTY = "Penalty"
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
    text = decode_text(data, path=path)
    found = _read_events(text, path) if text.lstrip()[:1] in ("[", "{") else _read_table(text, path, units=units)
    if not found.shots:
        more = f" ({len(found.problems)} rows cannot be used; the first: {found.problems[0]})" if found.problems else ""
        raise InputError(f"{path}: holds no shot{more}")
    return found


def _read_table(text: str, path: Path, *, units: Units) -> ShotFile:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv_lines(text, source=path, delimiter=delimiter)
    header = [name.strip().lower() for name in next(lines, (0, []))[1]]
    columns = _columns(header, path)
    shots, problems = [], []
    for line, row in lines:
        if not any(cell.strip() for cell in row):
            continue
        try:
            shots.append(_table_shot(_cells(row, header, columns), scale=_YARDS_PER[units], line=line))
        except ValueError as error:
            problems.append(f"{path}: line {line}: {error}")
    return ShotFile(tuple(shots), tuple(problems), _far_remark(shots, path))


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
        outcome=cells.get("outcome") or None,
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
    with reading(path, what="JSON"):
        events = json.loads(text)
    if not isinstance(events, list):
        raise InputError(f"{path}: not StatsBomb's events, which are a list")
    shots, problems, alone, penalties = [], [], 0, 0
    for event in _shots_among(events):
        try:
            if event["shot"]["type"]["name"] == _PENALTY:
                penalties += 1
                continue
            shots.append(_event_shot(event))
            alone += bool(event["shot"].get("one_on_one"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problems.append(f"{path}: shot {event.get('id', '?')}: {type(error).__name__}: {error}")
    remarks = [f"{path}: {alone} of {len(shots)} shots are marked as one-on-ones"]
    remarks += [f"{path}: {penalties} penalties left out"] if penalties else []
    return ShotFile(tuple(shots), tuple(problems), tuple(remarks))


def _shots_among(events: list[Any]) -> Iterator[dict[str, Any]]:
    for event in events:
        if isinstance(event, dict) and isinstance(event.get("shot"), dict):
            yield event


def _event_shot(event: Mapping[str, Any]) -> Shot:
    detail = event["shot"]
    keepers = [one for one in detail.get("freeze_frame", []) if _is_keeper(one)]
    x_yd, y_yd = (float(value) for value in event["location"][:2])
    keeper_yd = tuple(float(value) for value in keepers[0]["location"][:2]) if keepers else None
    return Shot(
        min(x_yd, LENGTH_YD),
        min(y_yd, WIDTH_YD),
        under_pressure=bool(event.get("under_pressure", False)),
        keeper_yd=None if keeper_yd is None else (min(keeper_yd[0], LENGTH_YD), min(keeper_yd[1], WIDTH_YD)),
        id=str(event.get("id", "")),
        keeper=keepers[0]["player"]["name"] if keepers else None,
        outcome=detail["outcome"]["name"],
    )


def _is_keeper(player: Mapping[str, Any]) -> bool:
    """Return whether a player of a freeze frame is the keeper facing the shot."""
    return not player["teammate"] and player["position"]["name"] == "Goalkeeper"
