"""Labels have the same colours in files for other tools as in the report and the review tool."""

from __future__ import annotations

import re
from pathlib import Path

from touchline.formats.events.export_context import PALETTE

COLOURS_TS = Path(__file__).parents[3] / "frontend" / "src" / "shared" / "colours.ts"


def test_the_palette_is_that_of_the_pages() -> None:
    block = COLOURS_TS.read_text(encoding="utf-8").partition("PALETTE")[2].partition("];")[0]
    assert re.findall(r"\['(#[0-9a-f]{6})'", block) == list(PALETTE)
