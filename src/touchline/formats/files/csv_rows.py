"""CSV files with a header: every row by column, or one column; errors name the line, cells and columns are capped."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError
from touchline.formats.files.guard import cause_of, reading
from touchline.formats.files.text_lines import read_text

MAX_COLUMNS = 4096
"""Most columns of a table that are read."""


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The column names of the header, and the cells of each row by column."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


def csv_lines(text: str, *, source: Path | str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the last line and the cells of each row of a CSV text, the header too.

    Raises:
        InputError: a cell is too long, a row has too many, or the quotes are broken; the message names the line.

    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{source}: line {reader.line_num}: not readable as CSV ({cause_of(error)})") from error
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS:
            raise InputError(f"{source}: line {reader.line_num}: {len(cells):,} cells, more than {MAX_COLUMNS:,}")
        yield reader.line_num, cells


def csv_table(text: str, *, source: Path | str, delimiter: str = ",") -> CsvRows:
    """Return the rows of a CSV text by the columns of its header; blank rows are skipped.

    A row with fewer cells than columns lacks the last ones; one with more is refused.

    Raises:
        InputError: as for :func:`csv_lines`; or a row has more cells than there are columns.

    """
    lines = csv_lines(text, source=source, delimiter=delimiter)
    _, header = next(lines, (0, []))
    rows = []
    for line, cells in lines:
        if any(cell.strip() for cell in cells[len(header) :]):
            raise InputError(f"{source}: line {line}: {len(cells)} cells under {len(header)} columns")
        if cells:
            rows.append(dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False)))
    return CsvRows(tuple(header), tuple(rows))


def read_csv(path: Path | str) -> CsvRows:
    """Read a whole CSV file.

    Raises:
        InputError: missing, unreadable, or not CSV in UTF-8.

    """
    with reading(path, what="CSV"):
        return csv_table(read_text(Path(path)), source=path)


def read_column(path: Path | str, name: str) -> tuple[str, ...]:
    """Return the cells of a column, line by line; empty strings if the file has no such column.

    Raises:
        InputError: the file cannot be read.

    """
    return tuple((row.get(name) or "").strip() for row in read_csv(path).rows)
