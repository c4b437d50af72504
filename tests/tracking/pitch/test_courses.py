"""Courses: smooth paths that a person can run, with honest variances."""

import numpy as np
import pytest

from touchline.core.geometry.kinematics import IMPLAUSIBLE_MPS
from touchline.tracking.pitch.courses import CourseSettings, believable_steps, steady

TIMES = np.arange(200) * 0.08


def run_along(*, noise_m: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A run with a turn at 4 m/s, and its noisy places."""
    truth = np.stack([20 * np.sin(0.2 * TIMES), 15 * np.cos(0.2 * TIMES)], axis=1)
    return truth, truth + np.random.default_rng(seed).normal(0, noise_m, truth.shape)


def steps_mps(times: np.ndarray, places: np.ndarray) -> np.ndarray:
    known = np.isfinite(places).all(axis=1)
    return np.hypot(*np.diff(places[known], axis=0).T) / np.diff(times[known])


def test_noise_is_halved_and_stated() -> None:
    truth, noisy = run_along(noise_m=0.4)
    course = steady(TIMES, noisy, np.full_like(noisy, 0.4**2), settings=CourseSettings(alike=1.0))
    off = course.places_m - truth
    assert np.sqrt((off**2).mean()) < 0.2
    stated = np.sqrt(course.variances_m2.mean())
    assert 0.5 < np.sqrt((off**2).mean()) / stated < 1.5
    assert np.sqrt(course.speed_variances.mean()) < 1.5


def test_a_place_far_away_does_not_bend_the_course() -> None:
    truth, noisy = run_along(noise_m=0.1)
    noisy[100] += (0.0, 30.0)
    course = steady(TIMES, noisy, np.full_like(noisy, 0.1**2))
    assert np.hypot(*(course.places_m[100] - truth[100])) < 0.5


@pytest.mark.parametrize("jump_m", [3.0, 10.0, 40.0])
def test_nobody_jumps_when_the_view_does(jump_m: float) -> None:
    _, noisy = run_along(noise_m=0.1)
    noisy[120:, 0] += jump_m
    course = steady(TIMES, noisy, np.full_like(noisy, 0.2**2))
    assert steps_mps(TIMES, course.places_m).max() <= IMPLAUSIBLE_MPS
    assert np.isfinite(course.places_m).all(axis=1).mean() > 0.5


def test_gaps_stay_unknown_and_part_the_course() -> None:
    _, noisy = run_along(noise_m=0.1)
    noisy[80:120] = np.nan
    course = steady(TIMES, noisy, np.full_like(noisy, 0.1**2))
    assert np.isnan(course.places_m[80:120]).all() and np.isfinite(course.places_m[:80]).all()


def test_a_few_places_are_kept_as_they_are() -> None:
    places = np.array([[0.0, 0.0], [0.1, 0.0]])
    course = steady(TIMES[:2], places, np.ones_like(places))
    np.testing.assert_allclose(course.places_m, places)
    assert np.isnan(course.speed_variances).all()
    assert steady(TIMES[:0], places[:0], places[:0]).places_m.shape == (0, 2)


def test_the_surer_side_of_a_jump_is_kept() -> None:
    places = np.zeros((6, 2))
    places[3:, 0] = 50.0
    std = np.array([1.0, 1, 1, 0.1, 0.1, 0.1])
    assert believable_steps(TIMES[:6], places, std).tolist() == [False] * 3 + [True] * 3


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="do not fit 3 times"):
        steady(TIMES[:3], np.zeros((3, 2)), np.zeros(3))
