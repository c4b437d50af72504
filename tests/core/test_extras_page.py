"""The page on installing names every extra."""

from __future__ import annotations

import re
from pathlib import Path

from touchline.core.extras import EXTRAS

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "install.md"


def test_the_table_of_extras_is_complete() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) >= {*EXTRAS, "all"}
