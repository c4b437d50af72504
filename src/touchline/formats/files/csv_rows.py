"""CSV files: tables that are safe in a spreadsheet, and reading of those with a header, every row by column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError

_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What makes a spreadsheet run a cell as a formula; some take the wide forms as well."""
_BEFORE = " \t\r\n\v\f\u00a0\u3000\"'\u2018\u2019\u201c\u201d\ufeff\0"
"""What a spreadsheet may pass over, or take off, at the beginning of a cell."""
_MARK = "'"


def csv_text(rows: Iterable[Iterable[object]], *, line_end: str = "\n") -> str:
    """Return rows as CSV; a text that a spreadsheet would run as a formula is marked, see :func:`safe_cell`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerows([safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula: marked with ``'`` if it might; numbers stay as they are.

    >>> safe_cell("=HYPERLINK(1)"), safe_cell("-1.5"), safe_cell("goal")
    ("'=HYPERLINK(1)", '-1.5', 'goal')
    """
    return _MARK + text if _may_run(text) else text


def plain_cell(text: str) -> str:
    """Return a cell without the mark of :func:`safe_cell`; other cells are unchanged.

    >>> plain_cell("'=HYPERLINK(1)"), plain_cell("'t Hooft")
    ('=HYPERLINK(1)', "'t Hooft")
    """
    return text[1:] if text.startswith(_MARK) and _may_run(text[1:]) else text


def _may_run(text: str) -> bool:
    if text.lstrip(_MARK)[:1] in ("\t", "\r", "\n") and text.strip(_MARK):
        return True
    return text.lstrip(_BEFORE)[:1] in [*_FORMULA] and not _is_number(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and text == text.strip()


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The column names of the header, and the cells of each row by column."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


def read_csv(path: Path | str) -> CsvRows:
    """Read a whole CSV file.

    Raises:
        InputError: missing, unreadable, or not CSV in UTF-8.

    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = tuple(reader.fieldnames or ())
            return CsvRows(rows=tuple(map(_plain_row, reader)), columns=columns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error


def _plain_row(row: dict[str, str]) -> dict[str, str]:
    """Return a row without the marks of cells; what does not fit the columns is kept as it is."""
    return {name: plain_cell(cell) if isinstance(cell, str) else cell for name, cell in row.items()}


def read_column(path: Path | str, name: str) -> tuple[str, ...]:
    """Return the cells of a column, line by line; empty strings if the file has no such column.

    Raises:
        InputError: the file cannot be read.

    """
    return tuple((row.get(name) or "").strip() for row in read_csv(path).rows)
