"""One column of a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

from touchline.core.errors import InputError


def read_column(path: Path | str, name: str) -> tuple[str, ...]:
    """The cells of a column, line by line; empty ones where the file has no such column.

    Raises:
        InputError: the file cannot be read.

    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return tuple((row.get(name) or "").strip() for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
