"""CSV of any origin: encoding, separator and ``sep=`` line found out; rows by line, by column, or one column.

Errors name the line; cells and columns are capped. Cells may be separated by commas, semicolons or tabs, as the first
line shows, or as its ``sep=;`` says, which spreadsheets write. What is written is safe in a spreadsheet, and its marks
are taken off on reading.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from touchline.core.errors import InputError
from touchline.formats.files.decimals import decimals_of
from touchline.formats.files.guard import cause_of, reading
from touchline.formats.files.text_encoding import decode_any
from touchline.formats.files.text_lines import read_data

MAX_COLUMNS = 4096
"""Most columns of a table that are read."""

SEPARATORS = ",;\t"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NAMED = re.compile(r"""\ufeff?["']?sep=(.)["']?[,;\t]*\s*""", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile(r"(?<=\d),(?=\d)")
_DECIMAL_POINT = re.compile(r"\d\.\d")
_QUOTED = re.compile(r'"(?:[^"]|"")*"?')

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
    if not text or text[0].isalnum():  # most cells
        return text
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
    """The column names of the header, and the cells of each row by column.

    Attributes:
        columns: the names, without blanks around them.
        rows: the cells of each row.
        lines: the line of each row in the file.
        separator: what separates the cells.
        notes: doubts about the encoding, one line each.

    """

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...] = ()
    separator: str = ","
    notes: tuple[str, ...] = ()

    def with_points(self, numbers: Iterable[str], *, source: Path | str) -> CsvRows:
        """Return the table with decimal points in some columns; in a table separated by commas they must be there.

        Raises:
            InputError: a comma may be a decimal sign or separate thousands; the message names the line and column.

        """
        if self.separator == ",":
            return self
        names = [name for name in numbers if name in self.columns]
        decimals = decimals_of((row[name] for row in self.rows for name in names), source=str(source))
        rows = []
        for line, row in zip(self.lines, self.rows, strict=True):
            plain = dict(row)
            for name in names:
                try:
                    plain[name] = decimals.plain(row[name])
                except ValueError as error:
                    raise InputError(f"{source}: line {line}, column {name!r}: {error}") from None
            rows.append(plain)
        return replace(self, rows=tuple(rows))


def separator_of(text: str) -> str:
    """Return what separates the cells of a table: what its ``sep=`` line says, else what its first line shows."""
    first = next((line for line in _lines(text) if line.strip()), "")
    named = _NAMED.fullmatch(first)
    if named:
        return named[1]
    bare = _QUOTED.sub("", first)
    if not _DECIMAL_POINT.search(bare):  # 12,5;19,25: a first line without a header may have decimal commas
        signs = _BETWEEN_DIGITS.sub("", bare)
        bare = signs if any(sign in signs for sign in ";\t") else bare
    return max(SEPARATORS, key=bare.count)


def csv_lines(
    text: str, *, source: Path | str, delimiter: str | None = None, strict: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the last line and the cells of each row of a CSV text, the header too.

    A ``sep=`` line is left out.

    Args:
        text: the content of the file.
        source: its name, for messages.
        delimiter: what separates cells; None finds it out.
        strict: whether broken quotes are an error.

    Raises:
        InputError: a cell is too long, a row has too many, or the quotes are broken; the message names the line.

    """
    chosen = separator_of(text) if delimiter is None else delimiter
    reader = csv.reader(_lines(text), delimiter=chosen, strict=strict)
    named = text[:16].lower().lstrip("\ufeff\"'\r\n").startswith("sep=")
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{source}: line {reader.line_num}: not readable as CSV ({cause_of(error)})") from error
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS:
            raise InputError(f"{source}: line {reader.line_num}: {len(cells):,} cells, more than {MAX_COLUMNS:,}")
        if named and cells and cells[0].lower().startswith("sep="):
            named = False
        else:
            yield reader.line_num, [plain_cell(cell) if cell[:1] == _MARK else cell for cell in cells]


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends, one at a time: a large text is not held twice."""
    return (match.group() for match in _LINE.finditer(text))


def csv_table(text: str, *, source: Path | str, delimiter: str | None = None) -> CsvRows:
    """Return the rows of a CSV text by the columns of its header; rows without any content are skipped.

    A row with fewer cells than columns lacks the last ones; one with more is refused.

    Raises:
        InputError: as for :func:`csv_lines`; or a row has more cells than there are columns.

    """
    separator = separator_of(text) if delimiter is None else delimiter
    found = csv_lines(text, source=source, delimiter=separator)
    header = next((cells for _, cells in found if any(cell.strip() for cell in cells)), [])
    names = [name.strip() for name in header]
    rows, lines = [], []
    for line, cells in found:
        if any(cell.strip() for cell in cells[len(names) :]):
            hint = "; decimal commas? Write 3.5, or separate cells by ;" if len(cells) > len(names) else ""
            raise InputError(f"{source}: line {line}: {len(cells)} cells under {len(names)} columns{hint}")
        if any(cell.strip() for cell in cells):
            rows.append(dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False)))
            lines.append(line)
    return CsvRows(tuple(names), tuple(rows), tuple(lines), separator)


def read_csv(path: Path | str) -> CsvRows:
    """Read a whole CSV file in any encoding that spreadsheets write.

    Raises:
        InputError: missing, unreadable, or not CSV.

    """
    with reading(path, what="CSV"):
        decoded = decode_any(read_data(Path(path)), source=str(path))
        return replace(csv_table(decoded.text, source=path), notes=decoded.notes)


def read_column(path: Path | str, name: str) -> tuple[str, ...]:
    """Return the cells of a column, line by line; empty strings if the file has no such column.

    Raises:
        InputError: the file cannot be read.

    """
    return tuple((row.get(name) or "").strip() for row in read_csv(path).rows)
