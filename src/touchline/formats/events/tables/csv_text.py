"""Event tables of unknown origin: rows with their line numbers, read one at a time, and the sign of their numbers."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.files.csv_rows import csv_lines, csv_text
from touchline.formats.files.decimals import Decimals, decimals_of
from touchline.formats.files.text_encoding import DecodedText

_MAX_PROBLEMS = 5
_MAX_CELL = 1 << 20
_HEAD = 4096
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The table in a text; every pass over its rows reads them anew, so that they are never held all at once.

    Attributes:
        text: content of the file.
        source: its name, for messages.
        header: the cells of the first row, which may be a header; empty for an empty file.

    """

    text: str
    source: str
    header: tuple[str, ...]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line in the file, cells) without blank rows; the first one may be a header.

        Raises:
            InputError: it is not CSV; the message names the line.

        """
        line = 1
        for last, cells in csv_lines(self.text, source=self.source, strict=True):
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = last + 1

    def body(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows after the first one."""
        rows = self.rows()
        next(rows, None)
        return rows

    def decimals(self, columns: Iterable[str]) -> Decimals:
        """Return the decimal sign of the numbers in some columns.

        Raises:
            InputError: nothing decides between decimal commas and thousands separators.

        """
        return decimals_of(self.cells(columns), source=self.source)

    def cells(self, columns: Iterable[str]) -> Iterator[str]:
        """Yield the cells of some columns; of those that do not exist, none."""
        places = [self.header.index(name) for name in columns if name in self.header]
        for _, row in self.body():
            yield from (row[at] for at in places if at < len(row))


def parse_table(decoded: DecodedText, *, source: str) -> CsvTable:
    """Return the table of a text, separated as its first line shows or says.

    Raises:
        InputError: its first row is not CSV; the message names the line.

    """
    csv.field_size_limit(_MAX_CELL)
    rows = CsvTable(decoded.text, source, ()).rows()
    _, first = next(rows, (0, []))
    return CsvTable(decoded.text, source, tuple(cell.strip() for cell in first))


def first_cells(data: bytes) -> tuple[str, ...]:
    """Return the cells of the first line of a file, roughly: enough to recognise it."""
    head = data[:_HEAD]
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16" if wide else "utf-8-sig", "replace").lstrip("\r\n")
    cells = next((row for _, row in csv_lines(text.rstrip("\ufffd"), source="", strict=False)), [])
    return tuple(cell.strip(' "') for cell in cells)


def table_text(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV in UTF-8; cells that a spreadsheet would run as a formula are marked with ``'``."""
    return b"".join(table_parts(rows))


def table_parts(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the content of :func:`table_text` piece by piece."""
    found = iter(rows)
    while part := list(islice(found, _ROWS_AT_ONCE)):
        yield csv_text(part, line_end="\r\n").encode()


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
