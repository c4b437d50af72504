"""CSV files with a header: every row by column, or one column."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError


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
            return CsvRows(rows=tuple(reader), columns=tuple(reader.fieldnames or ()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error


def read_column(path: Path | str, name: str) -> tuple[str, ...]:
    """Return the cells of a column, line by line; empty strings if the file has no such column.

    Raises:
        InputError: the file cannot be read.

    """
    return tuple((row.get(name) or "").strip() for row in read_csv(path).rows)
