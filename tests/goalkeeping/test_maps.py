"""Maps: quick, the same as shot by shot, blank where nothing is known, moved by keeper, closing down and pressure."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import UsageError
from touchline.formats.keeper.tables import read_choices, read_poses, read_shots
from touchline.goalkeeping.expected_saves import load_expected_saves
from touchline.goalkeeping.maps import UNKNOWN, KeeperPlace, OptimalMap, optimal_map
from touchline.goalkeeping.reference import TECHNIQUES
from touchline.goalkeeping.reference_results import fit_as_published, optimal_shares, reference_map
from touchline.goalkeeping.shots import Shot

MODEL = load_expected_saves()


def cell(found: OptimalMap, x_yd: float, y_yd: float) -> tuple[int, int]:
    return int(np.abs(found.x_yd - x_yd).argmin()), int(np.abs(found.y_yd - y_yd).argmin())


@pytest.mark.parametrize("place", [KeeperPlace(keeper_yd=(115.0, 41.0)), KeeperPlace(engagement=0.5)])
def test_a_cell_is_what_the_shot_would_be(place: KeeperPlace) -> None:
    found = optimal_map(MODEL, pressure=True, place=place)
    at = cell(found, 107.5, 46.5)
    shot = Shot(107.5, 46.5, under_pressure=True, keeper_yd=place.keeper_yd, engagement=place.engagement)
    one = MODEL.predict([shot])
    assert (found.p[at], found.low[at], found.high[at]) == pytest.approx((one.p[0], one.low[0], one.high[0]))
    assert found.shots_near[at] == pytest.approx(one.shots_near[0])
    assert found.engagement[at] == pytest.approx(shot.engagement)


def test_it_is_quick() -> None:
    """Under 0.2 s of processor time, so that other work beside the tests does not count."""
    times = []
    for _ in range(5):
        started = time.process_time()
        optimal_map(MODEL)
        times.append(time.process_time() - started)
    assert min(times) < 0.2


def test_blank_where_no_shots_were_or_no_keeper_was() -> None:
    found = optimal_map(MODEL)
    assert found.covered[cell(found, 108.5, 40.5)] and not found.covered[cell(found, 85.5, 2.5)]
    assert np.isfinite(found.p[found.covered]).all() and np.isnan(found.p[~found.covered]).all()
    assert (found.best[~found.covered] == UNKNOWN).all()
    behind = optimal_map(MODEL, place=KeeperPlace(keeper_yd=(108.0, 40.0)))
    assert not behind.covered[cell(behind, 114.5, 40.5)] and behind.covered[cell(behind, 100.5, 40.5)]
    nowhere = optimal_map(MODEL, place=KeeperPlace(engagement=3.0))
    assert not nowhere.covered.any() and np.isnan(nowhere.p).all()


def test_what_a_coach_can_move_moves_the_map() -> None:
    at = cell(optimal_map(MODEL), 108.5, 40.5)
    values = [
        optimal_map(MODEL, pressure=pressure, place=place).p[at]
        for pressure in (False, True)
        for place in (KeeperPlace(), KeeperPlace(closing_yd=2.0), KeeperPlace(closing_yd=8.0))
    ]
    assert len(np.unique(np.round(values, 6))) == 6
    pictured = optimal_map(MODEL, population="pictured")
    assert pictured.p[at] < optimal_map(MODEL).p[at]


def test_closing_down_is_yards_from_the_goal() -> None:
    found = optimal_map(MODEL, place=KeeperPlace(closing_yd=4.0))
    at = cell(found, 107.5, 40.5)
    distance = np.hypot(120 - found.x_yd[at[0]], 40 - found.y_yd[at[1]])
    assert found.engagement[at] == pytest.approx(1 - 4 / distance)


def test_a_step_farther_out_is_the_difference_of_two_maps() -> None:
    found = optimal_map(MODEL, place=KeeperPlace(closing_yd=4.0), closer_yd=1.5)
    after = optimal_map(MODEL, place=KeeperPlace(closing_yd=5.5))
    both = np.isfinite(found.closer_gain) & after.covered
    assert both.sum() > 100
    assert found.closer_gain[both] == pytest.approx((after.p - found.p)[both])
    assert not found.closer_shown[~found.covered].any()


def test_no_technique_is_named_where_none_is_shown_and_one_is_where_it_is() -> None:
    found = optimal_map(MODEL)
    assert (found.best == UNKNOWN).all()
    assert found.chance_best[:, found.covered].sum(axis=0) == pytest.approx(1.0)
    coefficients = np.zeros((4, 3))
    coefficients[2, 0] = 5.0
    sure = replace(MODEL, techniques=replace(MODEL.techniques, coefficients=coefficients))
    named = optimal_map(sure)
    assert (named.best[named.covered] == 2).all()
    assert (named.by_technique[2] > named.by_technique[0])[named.covered].all()
    assert optimal_map(sure, sure=0.0).techniques[2] == "aggressive"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keeper_yd": (130.0, 40.0)}, "outside the pitch"),
        ({"engagement": -1.0}, "engagement -1"),
        ({"closing_yd": 99.0}, "99"),
        ({"closing_yd": 3.0, "engagement": 0.5}, "engagement and closing_yd"),
    ],
)
def test_places_that_cannot_be(options: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        KeeperPlace(**options)


@pytest.mark.parametrize("options", [{"cell_yd": 0.0}, {"sure": 2.0}, {"closer_yd": -1.0}])
def test_maps_that_cannot_be(options: dict) -> None:
    with pytest.raises(UsageError):
        optimal_map(MODEL, **options)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("pressed", "shares"), [(False, (0.14, 0.596, 0.0736, 0.1904)), (True, (0.14, 0.6176, 0.0744, 0.168))]
)
def test_the_published_recipes_map(shared_data: Path, pressed: bool, shares: tuple[float, ...]) -> None:
    """Acceptance check 10: where the published recipe holds each technique to be the best."""
    folder = shared_data / "keepers"
    fit = fit_as_published(read_shots(folder), read_poses(folder), read_choices(folder))
    _, saves = reference_map(fit.model, pressed=pressed)
    found = optimal_shares(saves)
    assert [found[name] for name in TECHNIQUES] == pytest.approx(shares, abs=0.01)
