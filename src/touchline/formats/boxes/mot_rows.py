"""Parsing of MOT rows into numbers, with a line-by-line check of anything irregular."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from touchline.core.columns import FloatArray, IntArray
from touchline.core.errors import InputError
from touchline.formats.files.text_lines import decode_text, parse_number

COLUMNS = ("frame", "id", "left", "top", "width", "height", "confidence", "class", "visibility", "z")
"""Column names for messages; some data sets put world coordinates into the last three."""

NEEDED = 6
LARGEST_PX = 1e7
LARGEST_FRAME = 10**7
LARGEST_NUMBER = 10**9
_QUICK_BYTES = 1 << 16
_FRAME, _ID, _LEFT, _WIDTH, _HEIGHT, _CLASS = 0, 1, 2, 4, 5, 7


def parse_rows(data: bytes, *, path: Path, zero_based: bool = False) -> FloatArray:
    """Parse rows to float64 (n, 10), with NaN in columns that a row does not have.

    Args:
        data: content of the file.
        path: the file, for messages.
        zero_based: whether frames count from 0.

    Raises:
        InputError: a line is not a box; the message gives its number.

    """
    values = _quick(data) if len(data) >= _QUICK_BYTES else None
    if values is not None:
        lines = np.arange(1, len(values) + 1)
    else:
        values, lines = _by_line(data, path=path)
    _check(values, lines, path=path, zero_based=zero_based)
    return values


def _quick(data: bytes) -> FloatArray | None:
    """Parse a large file of plain rows; return None if anything is irregular and needs a check line by line."""
    import pyarrow as pa
    from pyarrow import csv

    data = data.replace(b"\r\n", b"\n")
    width = data[: data.find(b"\n") + 1].count(b",") + 1
    if not NEEDED <= width <= len(COLUMNS) or data.startswith(b"\n") or b"\n\n" in data or b"\r" in data:
        return None
    names = COLUMNS[:width]
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            read_options=csv.ReadOptions(column_names=list(names), use_threads=False),
            parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.float64()), null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    values = np.full((table.num_rows, len(COLUMNS)), np.nan)
    for i, name in enumerate(names):
        values[:, i] = table[name].to_numpy()
    return values if bool(np.isfinite(values[:, :width]).all()) else None


def _by_line(data: bytes, *, path: Path) -> tuple[FloatArray, IntArray]:
    """Return the numbers of every row and its line number; blank lines are skipped."""
    rows, lines = [], []
    for number, line in enumerate(decode_text(data, path=path).split("\n"), 1):
        if line.strip():
            rows.append(_row(line, where=f"{path}: line {number}"))
            lines.append(number)
    values = np.array(rows, np.float64).reshape(len(rows), len(COLUMNS))
    return values, np.array(lines, np.int64)


def _row(line: str, *, where: str) -> list[float]:
    """Parse one line."""
    parts = line.split(",")
    if not NEEDED <= len(parts) <= len(COLUMNS):
        raise InputError(f"{where}: {_miscounted(line, len(parts))}")
    numbers = [parse_number(part) for part in parts]
    for name, part, number in zip(COLUMNS, parts, numbers, strict=False):
        if math.isnan(number):
            raise InputError(f"{where}: {name} {part[:40]!r} is not a plain number such as 12 or 3.5")
    return numbers + [math.nan] * (len(COLUMNS) - len(parts))


def _miscounted(line: str, count: int) -> str:
    """Return the likely problem of a line with too many or too few columns."""
    shown = line.strip()[:60]
    for sign, word in ((";", "semicolons"), ("\t", "tabs"), (" ", "spaces")):
        if count < NEEDED and len(line.strip().split(sign)) >= NEEDED:
            return f"columns are separated by {word}: {shown!r}; MOT has commas between columns and decimal points"
    wanted = f"{NEEDED} to {len(COLUMNS)} columns"
    if count > len(COLUMNS):
        return f"{count} columns, not {wanted}: {shown!r}; decimal commas? write 3.5, not 3,5"
    return f"{count} columns, not {wanted} (frame,id,left,top,width,height,...): {shown!r}"


def _check(values: FloatArray, lines: IntArray, *, path: Path, zero_based: bool) -> None:
    """Raise an error for numbers that are not a box, naming the first line of each problem."""
    for column in (_FRAME, _ID, _CLASS):
        given = values[:, column]
        bad = ~np.isnan(given) & ((given != np.floor(given)) | (np.abs(given) > LARGEST_NUMBER))
        _refuse(bad, values, lines, path=path, column=column, why="is not a whole number up to 1e9")
    first = 0 if zero_based else 1
    why = "comes before 1, the first frame of a MOT file; frames counted from 0 need --zero-based, or 1 added to each"
    _refuse(values[:, _FRAME] < first, values, lines, path=path, column=_FRAME, why=why if first else "is negative")
    why = f"is beyond frame {LARGEST_FRAME}; is the first column a frame number, not a time?"
    _refuse(values[:, _FRAME] > LARGEST_FRAME, values, lines, path=path, column=_FRAME, why=why)
    why = "is negative; -1 means a detection without identity, but tracks need an id for every box"
    _refuse(values[:, _ID] < 0, values, lines, path=path, column=_ID, why=why)
    for column in range(_LEFT, _HEIGHT + 1):
        far = ~(np.abs(values[:, column]) <= LARGEST_PX)
        _refuse(far, values, lines, path=path, column=column, why=f"is beyond {LARGEST_PX:g} pixels")
    for column in (_WIDTH, _HEIGHT):
        why = "is negative; columns 3 to 6 are left, top, width, height"
        _refuse(values[:, column] < 0, values, lines, path=path, column=column, why=why)
    too_large = np.isinf(values)
    if bool(too_large.any()):
        row, column = np.argwhere(too_large)[0].tolist()
        raise InputError(f"{path}: line {lines[row]}: {COLUMNS[column]} {values[row, column]} is too large")
    _check_unique(values, lines, path=path)


def _refuse(bad: np.ndarray, values: FloatArray, lines: IntArray, *, path: Path, column: int, why: str) -> None:
    """Raise an error for the first bad row, if there is one."""
    if bool(bad.any()):
        row = int(bad.argmax())
        raise InputError(f"{path}: line {lines[row]}: {COLUMNS[column]} {values[row, column]:.12g} {why}")


def _check_unique(values: FloatArray, lines: IntArray, *, path: Path) -> None:
    """Raise an error for an id with two boxes in one frame."""
    if len(values) < 2:
        return
    order = np.lexsort((values[:, _ID], values[:, _FRAME]))
    pair = values[order, : _ID + 1]
    again = np.flatnonzero((pair[1:] == pair[:-1]).all(axis=1))
    if len(again):
        at = again[np.argmin(lines[order[again + 1]])]
        first, second = lines[order[at]], lines[order[at + 1]]
        frame, name = pair[at].astype(np.int64).tolist()
        raise InputError(
            f"{path}: line {second}: id {name} has a second box in frame {frame}, after that of line {first}; "
            "an id may have one box per frame only"
        )
