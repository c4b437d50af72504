"""CSV of unknown origin: encoding, separator and lines found out; rows with their line numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.files.csv_rows import csv_text, plain_cell
from touchline.formats.files.text_encoding import DecodedText

SEPARATORS = ",;\t"
_MAX_PROBLEMS = 5
_MAX_CELL = 1 << 20


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The rows of a file: (line in the file, cells), without blank ones; the first one may be a header."""

    rows: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The cells of the first row; empty for an empty file."""
        return tuple(cell.strip() for cell in self.rows[0][1]) if self.rows else ()


def parse_table(decoded: DecodedText, *, source: str) -> CsvTable:
    """Return the rows of a text, separated as its first line is.

    Raises:
        InputError: it is not CSV; the message names the line.

    """
    lines = decoded.text.lstrip("\r\n").splitlines()
    first = lines[0] if lines else ""
    separator = max(SEPARATORS, key=first.count)
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(io.StringIO(decoded.text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, tuple(map(plain_cell, cells))))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{source}: line {line}: not readable as CSV ({error}); fix the file") from error
    return CsvTable(tuple(rows))


def table_text(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV in UTF-8; cells that a spreadsheet would run as a formula are marked with ``'``."""
    return csv_text(rows, line_end="\r\n").encode()


def timeline_of(events: Sequence[Event], problems: Sequence[str], *, source: str) -> Timeline:
    """Return the timeline of a table.

    Raises:
        InputError: there are problems; the first few are named.

    """
    if not problems:
        return Timeline(tuple(events))
    more = f"; and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
    total = len(events) + len(problems)
    what = f"{len(problems)} of {total} rows cannot be used"
    raise InputError(f"{source}: {what}: {'; '.join(problems[:_MAX_PROBLEMS])}{more}")
