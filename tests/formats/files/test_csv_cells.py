"""Cells that spreadsheets would run: marked in every table, unmarked by every reader."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import touchline
from touchline.formats.files.csv_rows import csv_text, plain_cell, read_csv, safe_cell

pytestmark = pytest.mark.robustness("text")
SOURCE = Path(touchline.__file__).parent
CELLS = st.text(st.sampled_from("=+-@\t\r\n '\"\u3000\uff1d\ufeffa1.;,"), max_size=8) | st.text(max_size=8)


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("http://x","y")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\nx",
        "  =1",
        '"=1',
        "'=1",
        "' =1",
        "\u3000=1",
        "\uff1d1",
        "\ufeff=1",
        "-",
        "+a",
        " -5",
    ],
)
def test_what_may_run_is_marked(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell
    assert plain_cell("'" + cell) == cell


@pytest.mark.parametrize("cell", ["", "PASS", "-1.5", "+3", "-1e-5", "1-0", "'t Hooft", "a=b", "10:15", "''", "'"])
def test_what_cannot_run_is_as_it_was(cell: str) -> None:
    assert safe_cell(cell) == plain_cell(cell) == cell


@given(CELLS)
def test_marks_lose_nothing(cell: str) -> None:
    assert plain_cell(safe_cell(cell)) == cell
    assert safe_cell(cell).lstrip("'")[:1] not in ("\t", "\r", "\n") or safe_cell(cell).startswith("'")


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_tables_come_back_as_written(rows: list[list[str]]) -> None:
    text = csv_text(rows, line_end="\r\n")
    assert [[plain_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))] == rows


def test_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(csv_text([["name", "x"], ["=1", -2.5], ["-2.5", None]]))
    assert path.read_text() == "name,x\n'=1,-2.5\n-2.5,\n"
    assert read_csv(path).rows == ({"name": "=1", "x": "-2.5"}, {"name": "-2.5", "x": ""})


def test_there_is_one_writer_of_tables() -> None:
    """A table written by another would be without marks."""
    others = []
    for path in SOURCE.rglob("*.py"):
        calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        names = [ast.unparse(call.func) for call in calls]
        if any(name in ("csv.writer", "csv.DictWriter") or name.endswith((".to_csv", ".write_csv")) for name in names):
            others.append(path.relative_to(SOURCE).as_posix())
    assert others == ["formats/files/csv_rows.py"]
