"""Wording that messages share."""

from __future__ import annotations

import pytest

from touchline.core.wording import plain_letters


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Müller", "Muller"),
        ("Ødegård", "Odegard"),
        ("Łukasz Piszczek", "Lukasz Piszczek"),
        ("Großkreutz", "Grosskreutz"),
        ("Þór Æsir", "Thor AEsir"),
        ("선수 7", " 7"),
        ("", ""),
    ],
)
def test_letters_in_ascii(text: str, plain: str) -> None:
    assert plain_letters(text) == plain
