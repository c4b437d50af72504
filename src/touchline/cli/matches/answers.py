"""Answers to questions as text: a table for people, CSV, or JSON, one object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from touchline.cli.common import one_line
from touchline.formats.files.csv_rows import csv_text

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 1000
_WIDEST = 48
_MEASURED = 200
"""Rows of a table from which the widths of its columns are taken."""


def answer_lines(answer: pa.Table, *, form: Literal["table", "csv", "jsonl"]) -> Iterator[str]:
    """Yield the lines of an answer."""
    if form == "jsonl":
        for row in _rows(answer):
            yield json.dumps(_plain(row), allow_nan=False, default=str).replace("\x7f", "\\u007f")
    elif form == "csv":
        yield csv_text([answer.schema.names]).rstrip("\n")
        for row in _rows(answer):
            yield csv_text([[_cell(value) for value in row.values()]]).rstrip("\n")
    else:
        yield from _table_lines(answer)


def _rows(answer: pa.Table) -> Iterator[Mapping[str, Any]]:
    """Yield the rows; equal column names, which a query may give, get numbers."""
    names: list[str] = []
    for name in answer.schema.names:
        count = sum(one == name or one.startswith(f"{name}_") for one in names)
        names.append(name if name not in names else f"{name}_{count + 1}")
    for batch in answer.rename_columns(names).to_batches(max_chunksize=_ROWS_AT_ONCE):
        yield from batch.to_pylist()


def _plain(value: Any) -> Any:
    """Return a value for JSON, which has no NaN and no infinity."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _cell(value: Any) -> object:
    """Return a value as a cell: nothing for null, JSON for lists."""
    plain = _plain(value)
    if plain is None:
        return ""
    return json.dumps(plain, default=str) if isinstance(plain, list | dict) else plain


def _table_lines(answer: pa.Table) -> Iterator[str]:
    """Yield a table with aligned columns, numbers to the right."""
    names = [one_line(name) for name in answer.schema.names]
    rows = [[_shown(value) for value in row.values()] for row in _rows(answer)]
    right = [_is_number(field.type) for field in answer.schema]
    widths = [
        min(_WIDEST, max([len(name), *(len(row[k]) for row in rows[:_MEASURED])])) for k, name in enumerate(names)
    ]
    yield _line(names, widths, right)
    yield _line(["-" * width for width in widths], widths, right)
    for row in rows:
        yield _line(row, widths, right)
    if not rows:
        yield "(no rows)"


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if math.isfinite(value) else ""
    return one_line(str(_cell(value)))


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    parts = [
        cell.rjust(width) if to_right else _cut(cell, width).ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else cell[: width - 3] + "..."
