"""Movement with known answers: standing, straight lines, circles, holes."""

import numpy as np
import pytest

from touchline.core.geometry.kinematics import (
    BANDS_MPS,
    distance_m,
    heat_map,
    movement,
    plausible,
    smooth_course,
    speeds_mps,
    sprint_bands,
)
from touchline.core.geometry.pitch import Pitch

TIMES_US = np.arange(0, 10_000_001, 40_000)
SECONDS = TIMES_US / 1e6


def straight(speed_mps: float) -> np.ndarray:
    return np.c_[speed_mps * SECONDS * 0.6, speed_mps * SECONDS * 0.8]


def test_a_straight_run_has_its_speed_and_length() -> None:
    places = straight(5.0)
    assert np.allclose(speeds_mps(TIMES_US, places), 5.0, atol=1e-6)
    assert distance_m(TIMES_US, places) == pytest.approx(50.0)
    assert sprint_bands(TIMES_US, places)["running"] == pytest.approx(10.0)


def test_a_parabola_is_kept_exactly_at_uneven_times() -> None:
    times = np.cumsum(np.random.default_rng(0).integers(20_000, 60_000, 100))
    seconds = (times - times[0]) / 1e6
    course = smooth_course(times, np.c_[seconds**2, 3 * seconds])
    assert np.allclose(course.positions_m, np.c_[seconds**2, 3 * seconds], atol=1e-6)
    assert np.allclose(course.velocities_mps, np.c_[2 * seconds, np.full(100, 3.0)], atol=1e-5)


def test_standing_in_noise_is_nearly_standing() -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, (len(TIMES_US), 2))
    assert distance_m(TIMES_US, noise) < 2.0
    assert np.abs(np.diff(noise, axis=0)).sum() > 20.0


def test_a_circle_has_its_circumference() -> None:
    angle = 2 * np.pi * SECONDS / 10
    assert distance_m(TIMES_US, 9.15 * np.c_[np.cos(angle), np.sin(angle)]) == pytest.approx(57.5, rel=0.01)


def test_bands_begin_where_they_say() -> None:
    for name, begin in BANDS_MPS.items():
        result = movement(TIMES_US, straight(begin + 0.05))
        assert result.band_s[name] == pytest.approx(10.0)
        assert result.band_m[name] == pytest.approx(result.distance_m)
        assert sum(result.band_s.values()) == pytest.approx(result.known_s)


def test_holes_add_nothing() -> None:
    places = straight(6.0)
    places[100:151] = np.nan
    result = movement(TIMES_US, places)
    assert result.known_s == pytest.approx(10.0 - 52 * 0.04)
    assert result.distance_m == pytest.approx(6.0 * result.known_s)
    assert np.isnan(speeds_mps(TIMES_US, places)[100:151]).all()


def test_nothing_known_is_nothing() -> None:
    unknown = np.full((len(TIMES_US), 2), np.nan)
    result = movement(TIMES_US, unknown)
    assert result.known_s == result.distance_m == result.top_speed_mps == result.sprints == 0
    assert movement([], np.zeros((0, 2))).distance_m == 0
    assert movement([0], [(1.0, 2.0)]).known_s == 0
    assert np.isnan(speeds_mps([0], [(1.0, 2.0)])).all()


def test_what_nobody_can_run_is_marked() -> None:
    places = straight(3.0)
    places[125:] += 30.0
    result = movement(TIMES_US, places)
    assert 0 < result.implausible_s < 1.2
    assert result.distance_m < 32
    assert np.isnan(speeds_mps(TIMES_US, places)).any()
    assert np.isnan(speeds_mps(TIMES_US, straight(13.0))).all()


def test_sprints_are_counted_and_top_speed_is_held() -> None:
    speed = np.full(len(TIMES_US), 3.0)
    for start in (50, 150):
        speed[start : start + 50] = 8.0
    places = np.c_[np.cumsum(speed) * 0.04, np.zeros(len(speed))]
    result = movement(TIMES_US, places)
    assert result.sprints == 2
    assert result.top_speed_mps == pytest.approx(8.0, abs=0.05)
    speed[:] = 3.0
    speed[100:102] = 11.0
    assert movement(TIMES_US, np.c_[np.cumsum(speed) * 0.04, np.zeros(len(speed))]).top_speed_mps < 6.0


def test_heat_map_puts_places_where_they_are() -> None:
    heat = heat_map([(-52.0, 33.0), (-52.0, 33.0), (52.0, -33.0), (np.nan, 0.0)], cell_m=1.0, blur_m=0.0)
    assert heat.shape == (68, 105)
    assert heat[0:2, 0:2].sum() == pytest.approx(2 / 3)
    assert heat[-2:, -2:].sum() == pytest.approx(1 / 3)
    assert heat_map([(60.0, 0.0)], pitch=Pitch(110, 72)).sum() == pytest.approx(1.0)
    assert heat_map(np.zeros((0, 2))).sum() == 0
    with pytest.raises(ValueError, match="cell_m=0"):
        heat_map([(0, 0)], cell_m=0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="increase strictly"):
        speeds_mps([0, 0], np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"\(3, 2\)"):
        speeds_mps([0, 1], np.zeros((3, 2)))
    with pytest.raises(ValueError, match="window_s=0"):
        smooth_course([0, 1], np.zeros((2, 2)), window_s=0)


def test_the_limit_lies_just_above_the_fastest_man() -> None:
    assert np.allclose(speeds_mps(TIMES_US, straight(12.4)), 12.4)
    for speed_mps in (12.6, 69.0):
        assert np.isnan(speeds_mps(TIMES_US, straight(speed_mps))).all()
        result = movement(TIMES_US, straight(speed_mps))
        assert (result.distance_m, result.top_speed_mps, result.sprints, result.known_s) == (0, 0, 0, 0)
        assert result.implausible_s == pytest.approx(10.0)
        assert set(result.band_s.values()) == {0.0}


def test_speeds_that_cannot_be_have_nan_in_their_place() -> None:
    kept = plausible(np.array([0.0, 12.5, 12.51, 69.0, np.nan]))
    np.testing.assert_array_equal(kept, [0.0, 12.5, np.nan, np.nan, np.nan])
