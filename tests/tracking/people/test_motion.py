"""The motion filter and the pair costs keep to numbers, whatever the time between pictures."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from touchline.core.tracks import PLAYER, Detections
from touchline.tracking.camera_motion import Motion
from touchline.tracking.people.association import FORBIDDEN, CostSettings, assign, pair_costs
from touchline.tracking.people.motion import MotionSettings, begin, correct, move_camera, predict
from touchline.tracking.people.tracker import Tracker

SETTINGS = MotionSettings()
NOBODY = np.zeros(1, bool)
FPS = (0.01, 0.1, 0.5, 1.0, 1.5, 2.0, 5.0, 25.0)
HEIGHTS_PX = (0.0, 1.0, 12.0, 90.0, 4000.0)


def boxes(centres: npt.NDArray[np.float64], *, height_px: float) -> npt.NDArray[np.float32]:
    half = np.array([0.2, 0.5]) * height_px
    return np.concatenate([centres - half, centres + half], axis=1).astype(np.float32)


@pytest.mark.parametrize(("fps", "height_px"), itertools.product(FPS, HEIGHTS_PX))
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_covariances_stay_covariances_at_any_pace(fps: float, height_px: float) -> None:
    random = np.random.default_rng(0)
    states = begin(boxes(random.uniform(0, 600, (6, 2)), height_px=height_px), settings=SETTINGS)
    for _ in range(40):
        unseen = random.random(6) < 0.3
        states = predict(states, dt_s=1 / fps, unseen=unseen, settings=SETTINGS)
        place, cross, speed = states.covariance.T
        assert (place > 0).all() and (speed > 0).all()
        assert (speed <= 4 * SETTINGS.speed_heights_s**2).all()
        assert (cross**2 <= place * speed * (1 + 1e-9)).all()
        found = boxes(random.uniform(0, 600, (6, 2)), height_px=height_px)
        costs = pair_costs(states, found, settings=CostSettings())
        assert np.isfinite(costs).all() and (costs >= 0).all()
        states = correct(states, found, noise=1.0, settings=SETTINGS)
        assert np.isfinite(states.centre_px).all() and np.isfinite(states.velocity_px_s).all()


def test_a_step_at_the_usual_pace_is_the_textbook_one() -> None:
    states = predict(
        begin(boxes(np.zeros((1, 2)), height_px=90), settings=SETTINGS), dt_s=0.08, unseen=NOBODY, settings=SETTINGS
    )
    dt, noise = 0.08, SETTINGS.acceleration_heights_s2**2
    change = np.array([[1, dt], [0, 1]])
    expected = change @ np.diag([SETTINGS.measured_heights**2, SETTINGS.speed_heights_s**2]) @ change.T
    expected += noise * np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
    np.testing.assert_allclose(states.covariance[0], expected[np.triu_indices(2)], rtol=1e-12)


def test_the_limit_on_speed_leaves_the_correlation() -> None:
    states = begin(boxes(np.zeros((1, 2)), height_px=90), settings=SETTINGS)
    place, cross, speed = predict(states, dt_s=1.0, unseen=NOBODY, settings=SETTINGS).covariance[0]
    free = (0.06**2 + 4 + 4, 4 + 8, 4 + 16)
    assert (place, speed) == pytest.approx((free[0], 16.0))
    assert cross / np.sqrt(place * speed) == pytest.approx(free[1] / np.sqrt(free[0] * free[2]))


@pytest.mark.parametrize("fps", [fps for fps in FPS if fps >= 0.5])
def test_people_who_stand_still_are_followed_at_any_pace(fps: float) -> None:
    tracker = Tracker(fps=fps)
    where = np.array([[100.0, 200.0], [400.0, 220.0]])
    found = Detections(boxes(where, height_px=90), np.full(2, 0.9, np.float32), np.full(2, PLAYER))
    ids = [tracker.update(found).tolist() for _ in range(12)]
    assert ids[0] == [0, 0]
    assert ids[1:] == [[1, 2]] * 11


def test_whoever_the_camera_throws_out_of_sight_pairs_with_nobody() -> None:
    states = begin(boxes(np.array([[100.0, 200.0], [400.0, 220.0]]), height_px=90), settings=SETTINGS)
    horizon = np.array([[1.0, 0, 0], [0, 1, 0], [-0.01, 0, 1]])  # x = 100 px goes to infinity
    with np.errstate(all="ignore"):
        moved = move_camera(states, horizon)
        costs = pair_costs(moved, boxes(np.array([[100.0, 200.0]]), height_px=90), settings=CostSettings())
    assert costs[0, 0] == FORBIDDEN
    assert [rows.tolist() for rows in assign(costs, limit=12.0)] == [[], []]


def test_a_tracker_outlives_a_camera_motion_without_an_answer() -> None:
    tracker = Tracker(fps=1.0)
    found = Detections(boxes(np.array([[100.0, 200.0]]), height_px=90), np.full(1, 0.9, np.float32), np.full(1, PLAYER))
    horizon = Motion(np.array([[1.0, 0, 0], [0, 1, 0], [-0.01, 0, 1]]), 0.5)
    with np.errstate(all="ignore"):
        for _ in range(4):
            tracker.update(found, motion=horizon)
        assert [tracker.update(found).tolist() for _ in range(3)][-1] != [0]
