from __future__ import annotations

import pytest

from touchline.core.suggestions import did_you_mean

KNOWN = ("loose", "tight", "Throw-in")


@pytest.mark.parametrize(
    ("word", "found"), [("tigth", "tight"), ("LOSE", "loose"), ("throw in", "Throw-in"), ("at1", ""), ("", "")]
)
def test_the_nearest_word_is_named(word: str, found: str) -> None:
    assert did_you_mean(word, KNOWN) == (f"; did you mean {found!r}?" if found else "")


def test_nothing_known_is_no_suggestion() -> None:
    assert did_you_mean("tight", ()) == ""
