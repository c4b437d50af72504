"""Parsing of MOT rows into numbers, with a line-by-line check of anything irregular.

Files differ in what trackeval accepts without a word: columns separated by commas, spaces, tabs or semicolons, a
separator at the end of each line, more columns than the usual ten, a confidence of ``nan``. All of it is read, under
one separator for the whole file. Blank lines and lines that begin with ``#`` are skipped. Decimal commas are read
where another sign separates the columns.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from touchline.core.columns import FloatArray, IntArray
from touchline.core.errors import InputError
from touchline.formats.files.text_encoding import decode_any
from touchline.formats.files.text_lines import decode_text, parse_number

COLUMNS = ("frame", "id", "left", "top", "width", "height", "confidence", "class", "visibility", "z")
"""Column names for messages; some data sets put world coordinates into the last three."""

NEEDED = 6
MOST = 12
"""Most columns of a line: the usual ten, and two that some tools append; those beyond ten have no meaning here."""

LARGEST_PX = 1e7
LARGEST_FRAME = 10**7
LARGEST_NUMBER = 10**9
_QUICK_BYTES = 1 << 16
_FRAME, _ID, _LEFT, _WIDTH, _HEIGHT, _CONFIDENCE, _CLASS, _VISIBILITY = 0, 1, 2, 4, 5, 6, 7, 8
_MAYBE_NAN = (_CONFIDENCE, _VISIBILITY, 9)
"""Columns that may be ``nan``: no metric needs them."""

_SEPARATORS = (",", ";", "\t", " ")
_WORDS = {";": "semicolons", "\t": "tabs", " ": "spaces"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


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
    """Return the numbers of every row and its line number; blank lines and comments are skipped."""
    text = decode_any(data, source=str(path)).text if data.startswith(_UTF_16) else decode_text(data, path=path)
    lines = [(number, line) for number, line in enumerate(re.split("\r\n|\r|\n", text), 1) if _holds_data(line)]
    separator = _separator(lines[0][1]) if lines else ","
    width = len(_cells(lines[0][1], separator)) if lines else 0
    rows = [_row(line, separator, width, where=f"{path}: line {number}") for number, line in lines]
    values = np.array(rows, np.float64).reshape(len(rows), len(COLUMNS))
    return values, np.array([number for number, _ in lines], np.int64)


def _holds_data(line: str) -> bool:
    """Return whether a line is neither blank nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _separator(line: str) -> str:
    """Return the sign between the columns of the first line: the first that leaves nothing but numbers."""
    for separator in _SEPARATORS:
        cells = _cells(line, separator)
        if len(cells) >= NEEDED and all(_is_number(cell, separator) for cell in cells):
            return separator
    return ","


def _cells(line: str, separator: str) -> list[str]:
    """Return the cells of a line, less an empty one after a separator at its end."""
    cells = line.split() if separator == " " else line.split(separator)
    return cells[:-1] if len(cells) > NEEDED and not cells[-1].strip() else cells


def _is_number(cell: str, separator: str) -> bool:
    return not math.isnan(_number(cell, separator)) or _is_nan(cell)


def _is_nan(cell: str) -> bool:
    return cell.strip(" \t").lower() in ("nan", "+nan", "-nan")


def _number(cell: str, separator: str) -> float:
    """Return the number of a cell, NaN if it has none; a comma may be its decimal sign where it separates nothing."""
    return parse_number(cell if separator == "," else cell.replace(",", ".", 1))


def _row(line: str, separator: str, width: int, *, where: str) -> list[float]:
    """Parse one line."""
    cells = _cells(line, separator)
    count = len(cells)
    if not NEEDED <= count <= MOST or (count > len(COLUMNS) and count != width):
        raise InputError(f"{where}: {_miscounted(line, count, separator)}")
    cells = cells[: len(COLUMNS)]
    numbers = [_number(cell, separator) for cell in cells]
    for column, (cell, number) in enumerate(zip(cells, numbers, strict=True)):
        if math.isnan(number) and not (column in _MAYBE_NAN and _is_nan(cell)):
            raise InputError(f"{where}: {COLUMNS[column]} {cell[:40]!r} is not a plain number such as 12 or 3.5")
    if count > len(COLUMNS) and numbers[_CONFIDENCE] > 1 and numbers[_VISIBILITY] > 1:
        raise InputError(f"{where}: {_miscounted(line, count, separator)}")
    return numbers + [math.nan] * (len(COLUMNS) - len(cells))


def _miscounted(line: str, count: int, separator: str) -> str:
    """Return the likely problem of a line with too many or too few columns."""
    shown = line.strip()[:60]
    for sign, word in _WORDS.items():
        if count < NEEDED and sign != separator and len(line.strip().split(sign)) >= NEEDED:
            found = _WORDS.get(separator, "commas")
            return (
                f"columns are separated by {word}, those of the first line by {found}: {shown!r}; "
                "use one separator, commas, with decimal points"
            )
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
