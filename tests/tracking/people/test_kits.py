"""Kits of a match from looks, and how looks fit them."""

from typing import Any

import numpy as np
import pytest

from touchline.tracking.people.kits import Look, find_kits, fit_to_kits

LIGHT, DARK, OTHER = np.array([1.0, 0, 0]), np.array([-0.5, 0.3, 0]), np.array([0.2, -1.5, 0.5])
PLAYER, KEEPER, REFEREE = np.array([0, 0.05, 0.9, 0.05]), np.array([0, 0.9, 0.05, 0.05]), np.array([0, 0, 0.1, 0.9])


def look(colour: Any, *, seed: int = 0, boxes: float = 30.0) -> Look:
    worn = np.asarray(colour) + np.random.default_rng(seed).normal(0, 0.05, 3)
    return Look(worn, boxes, np.zeros(4), np.zeros(1, np.int64), np.zeros(1))


def people() -> tuple[list[Look], Any]:
    """Eight of each team, two keepers in one kit, an official in the dark team's colour nearly, one in another."""
    colours = [LIGHT] * 8 + [DARK] * 8 + [OTHER] * 2 + [-OTHER]
    votes = np.stack([PLAYER] * 16 + [KEEPER] * 2 + [REFEREE])
    return [look(colour, seed=i) for i, colour in enumerate(colours)], votes


def test_kits_of_teams_keepers_and_officials() -> None:
    kits = find_kits(*people())
    assert kits is not None
    assert kits.teams == pytest.approx(np.stack([LIGHT, DARK]), abs=0.06)
    assert kits.keepers == pytest.approx(OTHER[None], abs=0.1)
    assert kits.referee == pytest.approx(-OTHER, abs=0.15)
    assert 0 < kits.along <= kits.spread < 0.3


def test_a_few_strangers_do_not_make_a_team() -> None:
    looks, votes = people()
    looks += [look([0.0, 3.0, -2.0], seed=50, boxes=3), look([0.5, 2.5, -2.5], seed=51, boxes=3)]
    kits = find_kits(looks, np.concatenate([votes, np.stack([PLAYER] * 2)]))
    assert kits is not None
    assert kits.teams == pytest.approx(np.stack([LIGHT, DARK]), abs=0.06)


def test_how_looks_fit() -> None:
    kits = find_kits(*people())
    assert kits is not None
    light, dark, middle = (fit_to_kits(look(colour, seed=90), kits) for colour in (LIGHT, DARK, (LIGHT + DARK) / 2))
    assert light.player == dark.player == 0
    assert light.a_over_b > 5 > -5 > dark.a_over_b
    assert abs(middle.a_over_b) < 0.5 * light.a_over_b
    stranger = fit_to_kits(look(OTHER, seed=91), kits)
    assert stranger.player < stranger.referee < stranger.keeper
    once = fit_to_kits(look(LIGHT, seed=90, boxes=1.0), kits)
    assert 0 < once.a_over_b < light.a_over_b


def test_nobody_in_colour() -> None:
    bare = Look(np.zeros(0), 0.0, np.zeros(4), np.zeros(1, np.int64), np.zeros(1))
    assert find_kits([], np.zeros((0, 4))) is None
    assert find_kits([bare] * 5, np.tile(PLAYER, (5, 1))) is None


def test_one_team_alone() -> None:
    assert find_kits([look(LIGHT, seed=i) for i in range(10)], np.tile(PLAYER, (10, 1))) is None
