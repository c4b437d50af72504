"""Boxes drawn by a person to select who to track: a CSV table or a JSON list.

CSV has a header; ``name`` is optional::

    time_s,x0,y0,x1,y1,name
    12.4,310,205,342,290,Number 10

JSON is a list of objects with the same keys. Times are seconds from the first shown frame, boxes pixels of the upright
picture: left, upper, right, lower edge.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.core.clock import us_from_seconds
from touchline.core.errors import InputError
from touchline.formats.files.csv_rows import csv_lines, separator_of
from touchline.formats.files.decimals import Decimals, decimals_of
from touchline.formats.files.text_encoding import decode_any
from touchline.formats.files.text_lines import decode_text, parse_number, read_data

NEEDED = ("time_s", "x0", "y0", "x1", "y1")
OPTIONAL = ("name",)
_HEADER = ",".join((*NEEDED, *OPTIONAL))
_LONGEST_S = 1e6
_LARGEST_PX = 1e6
_LARGEST = 1e300
"""Integers in JSON may be too large for a float."""


@dataclass(frozen=True, slots=True)
class PickedBox:
    """A person marked in one frame.

    Attributes:
        time_us: time of the frame, microseconds from the first shown frame.
        box_xyxy: left, upper, right, lower edge in pixels of the upright picture.
        name: name to give the person, or None.

    """

    time_us: int
    box_xyxy: tuple[float, float, float, float]
    name: str | None = None


def read_boxes(path: Path | str) -> tuple[PickedBox, ...]:
    """Read the boxes of a CSV or JSON file, in file order.

    Raises:
        InputError: the file is unreadable or holds no box, or a row is not a box; the message names the line or entry.

    """
    path = Path(path)
    data = read_data(path)
    text = decode_any(data, source=str(path)).text
    if not text.strip():
        decode_text(data, path=path)  # nothing but a byte order mark is no text
        raise InputError(f"{path}: is empty; it needs a header {_HEADER} and one line per person")
    rows = _json_rows(text, path=path) if text.lstrip()[0] in "[{" else _csv_rows(text, path=path)
    boxes = tuple(_box(row, where=where) for where, row in rows)
    if not boxes:
        raise InputError(f"{path}: holds no box; add one line or entry per person")
    return boxes


def _csv_rows(text: str, *, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the location of each row, for messages, and its cells by column."""
    lines = csv_lines(text, source=path, strict=True)
    filled = ((f"{path}: line {line}", cells) for line, cells in lines if any(cell.strip() for cell in cells))
    where, header = next(filled, (str(path), []))
    columns = _columns(header, where=where)
    rows = [(where, _cells(cells, columns, where=where)) for where, cells in filled]
    decimals = Decimals()
    if separator_of(text) != ",":
        decimals = decimals_of((row[name] for _, row in rows for name in NEEDED), source=str(path))
    for where, row in rows:
        try:
            yield where, row | {name: decimals.plain(row[name]) for name in NEEDED if decimals.comma}
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None


def _cells(cells: list[str], columns: list[str], *, where: str) -> dict[str, str]:
    """Return the cells of a row by column; a spreadsheet may write empty ones behind the last."""
    while len(cells) > len(columns) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(columns):
        hint = "; use decimal points, not commas" if len(cells) > len(columns) else ""
        raise InputError(f"{where}: {len(cells)} cells for {len(columns)} columns ({','.join(columns)}){hint}")
    return dict(zip(columns, cells, strict=True))


def _columns(cells: list[str], *, where: str) -> list[str]:
    """Return the header's columns."""
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    missing = [name for name in NEEDED if name not in names]
    if missing:
        hint = "; give times in seconds, not frames" if "frame" in names else ""
        raise InputError(f"{where}: the header has no column {missing[0]!r}{hint}; it must be {_HEADER}")
    _refuse_unknown(names, where=where)
    if len(set(names)) != len(names):
        raise InputError(f"{where}: the header names a column twice: {','.join(names)}")
    return names


def _json_rows(text: str, *, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the location of each entry, for messages, and its values by key."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}: not readable as JSON ({error.msg})") from error
    except (RecursionError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error})") from error
    if not isinstance(document, list):
        raise InputError(f"{path}: holds a JSON {type(document).__name__}; it must be a list of objects")
    for number, row in enumerate(document, 1):
        where = f"{path}: entry {number}"
        if not isinstance(row, dict):
            raise InputError(f"{where}: {str(row)[:40]!r} is not an object with the keys {', '.join(NEEDED)}")
        missing = [name for name in NEEDED if name not in row]
        if missing:
            raise InputError(f"{where}: has no {missing[0]!r}; it needs {', '.join(NEEDED)}")
        _refuse_unknown(list(row), where=where)
        yield where, row


def _refuse_unknown(names: list[str], *, where: str) -> None:
    """Raise an error for columns that would otherwise be ignored silently."""
    unknown = [name for name in names if name not in (*NEEDED, *OPTIONAL)]
    if unknown:
        raise InputError(f"{where}: {unknown[0][:40]!r} is not a known column; the columns are {_HEADER}")


def _box(row: Mapping[str, Any], *, where: str) -> PickedBox:
    """Convert one row to a value."""
    time_s, x0, y0, x1, y1 = (_number(row[name], name, where=where) for name in NEEDED)
    if not 0 <= time_s <= _LONGEST_S:
        raise InputError(f"{where}: time_s {time_s:g} is outside 0 to {_LONGEST_S:g} seconds")
    for first, last, low, high in (("x0", "x1", x0, x1), ("y0", "y1", y0, y1)):
        if not low < high:
            raise InputError(f"{where}: {last} {high:g} is not beyond {first} {low:g}; boxes are left,top,right,bottom")
        if max(abs(low), abs(high)) > _LARGEST_PX:
            raise InputError(f"{where}: {first} {low:g} to {last} {high:g} is outside any picture")
    name = row.get("name")
    if name is not None and not isinstance(name, str | int):
        raise InputError(f"{where}: name {str(name)[:40]!r} is not text")
    return PickedBox(us_from_seconds(time_s), (x0, y0, x1, y1), str(name).strip() or None if name is not None else None)


def _number(value: object, name: str, *, where: str) -> float:
    """Return a finite number from a cell or a JSON value."""
    number = math.nan
    if isinstance(value, str):
        number = parse_number(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        number = float(value)
    if not math.isfinite(number):
        hint = "; use decimal points, not commas" if isinstance(value, str) and "," in value else ""
        raise InputError(f"{where}: {name} {str(value)[:40]!r} is not a finite number{hint}")
    return number
