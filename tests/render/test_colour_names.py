"""Colours in words, for colours that everybody would name alike."""

import pytest

from touchline.render.colour_names import colour_name, colours_apart, kit_names, team_title


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#ffffff", "white"),
        ("#f4f4f2", "white"),
        ("#0b0b0b", "black"),
        ("#808080", "grey"),
        ("#dc052d", "red"),
        ("#8a1538", "dark red"),
        ("#fde100", "yellow"),
        ("#6cabdd", "light blue"),
        ("#034694", "blue"),
        ("#132257", "dark blue"),
        ("#009a44", "green"),
        ("#ff8200", "orange"),
        ("#5b2a86", "purple"),
        ("#f6b6cb", "pink"),
    ],
)
def test_known_kits(colour: str, name: str) -> None:
    assert colour_name(colour) == name


def test_kits_of_one_name_are_told_apart() -> None:
    assert kit_names({"A": "#ffffff", "B": "#101010"}) == {"A": "white", "B": "black"}
    assert kit_names({"A": "#e01010", "B": "#c8102e"}) == {"A": "lighter red", "B": "darker red"}


def test_titles() -> None:
    assert team_title("A", {"A": "#ffffff", "B": "#101010"}) == "Team A (white)"
    assert team_title("A", {}) == "Team A"


def test_distances_are_those_of_the_eye() -> None:
    assert colours_apart("#000000", "#ffffff") == pytest.approx(100, abs=0.1)
    assert colours_apart("#123456", "#123456") == 0


@pytest.mark.parametrize("wrong", ["red", "#12345", "123456", "#gggggg"])
def test_what_is_not_a_colour(wrong: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        colour_name(wrong)
