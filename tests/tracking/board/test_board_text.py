"""The words of a score board as values, also as readers of text spoil them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.tracking.board.text import (
    MOST_MINUTES,
    ScoreWords,
    clocks_in,
    loose_clocks_in,
    name_of_cell,
    score_in,
    score_of_cell,
    team_row,
    without_clock,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12:34", (754,)),
        ("0:07", (7,)),
        ("12.34", (754,)),
        ("45:00+2", (2700,)),
        ("45:00 +2:13", (2833,)),
        ("90:00 1:05", (5465,)),
        ("HOME 1-0 AWAY 67:01", (4021,)),
        ("112:45RMA0-0VAL", (765, 6765)),
        ("112:45", (6765, 765)),
        ("65:75", ()),
        ("131:00", (1860,)),
        ("21:04:33", ()),
        ("12:34 56:01", ()),
        ("2-1", ()),
        ("", ()),
    ],
)
def test_clocks(text: str, seconds: tuple[int, ...]) -> None:
    assert clocks_in(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20-59", (1259,)), ("2059", (1259,)), ("2O:S8", (1258,)), ("0107", (67, 7)), ("BT Sport", ())],
)
def test_spoiled_clocks_at_the_place_of_a_clock(text: str, seconds: tuple[int, ...]) -> None:
    assert loose_clocks_in(text) == seconds


@given(st.integers(0, MOST_MINUTES), st.integers(0, 59), st.sampled_from(["", "POR 2-1 CHL ", "1ST "]))
def test_every_clock_is_read_back(minutes: int, seconds: int, before: str) -> None:
    found = clocks_in(f"{before}{minutes:02d}:{seconds:02d}")
    assert 60 * minutes + seconds in found
    assert found[0] == 60 * minutes + seconds or (before and minutes >= 100)


@given(st.text(max_size=30))
def test_no_text_gives_an_impossible_clock(text: str) -> None:
    assert all(0 <= seconds <= 60 * MOST_MINUTES + 59 for seconds in loose_clocks_in(text))


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("POR 2-1 CHL", ScoreWords(2, 1, "POR", "CHL")),
        ("RMA00VAL", ScoreWords(0, 0, "RMA", "VAL")),
        ("FC Bayern 1 : 0 Benfica", ScoreWords(1, 0, "FC BAYERN", "BENFICA")),
        ("10-2", ScoreWords(10, 2)),
        ("POR CHL", None),
        ("99-98", None),
    ],
)
def test_scores(text: str, score: ScoreWords | None) -> None:
    assert score_in(text) == score


@given(st.integers(0, 19), st.integers(0, 19), st.sampled_from(["-", " - ", ":", " : "]))
def test_every_score_is_read_back(home: int, away: int, dash: str) -> None:
    assert score_in(f"AJX {home}{dash}{away} PSG") == ScoreWords(home, away, "AJX", "PSG")


def test_cells_and_rows() -> None:
    assert score_of_cell("LO") == (1, 0)
    assert score_of_cell(" 2-1 ") == (2, 1)
    assert score_of_cell("POR") is None
    assert team_row("MAN CITY 3") == ("MAN CITY", 3)
    assert team_row("3") is None
    assert name_of_cell("Real Madrid") == "REAL MADRID"
    assert name_of_cell("4-4-2") == ""
    assert without_clock("12:34 RMA 0-0 VAL +3") == "| RMA 0-0 VAL |"
