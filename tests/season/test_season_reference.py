"""The reference of the tables of a season lists what they hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from touchline.season.questions import QUESTIONS
from touchline.season.tables import TABLES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_in_the_reference_with_its_meaning(table: str) -> None:
    text = (DOCS / "reference" / "season.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {table}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", section, re.MULTILINE)
    assert rows == [(column.name, column.meaning) for column in TABLES[table]]


def test_every_ready_question_is_in_the_guide() -> None:
    text = (DOCS / "howto" / "season.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(QUESTIONS)
