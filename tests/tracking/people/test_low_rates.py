"""Tracking at any rate, also where people and camera move far from frame to frame: finite numbers, no error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from touchline.core.tracks import Detections
from touchline.tracking.camera_motion import Motion
from touchline.tracking.people import motion as kalman
from touchline.tracking.people.association import assign
from touchline.tracking.people.smoothing import smooth
from touchline.tracking.people.tracker import follow_people
from touchline.tracking.people.tracklet_linking import fill, rejoin

RATES = (0.2, 0.5, 1.0, 1.5, 2.0, 5.0, 12.5, 25.0, 50.0)


@dataclass(frozen=True)
class Sight:
    detections: Detections
    motion: Motion | None = None
    appearance: np.ndarray | None = None


def wild_motion(rng: np.random.Generator) -> Motion:
    """What an estimate between two pictures that have little in common may be."""
    kind = rng.integers(8)
    matrix = np.eye(3)
    if kind == 0:
        matrix[:2, 2] = rng.normal(0, 2_000, 2)
    elif kind == 1:
        matrix[2, :2] = rng.normal(0, 0.02, 2)  # the horizon lies in the picture
    elif kind == 2:
        matrix[:2, :2] *= 10.0 ** rng.uniform(-6, 6)
    elif kind == 3:
        matrix[1] = matrix[0]  # singular
    elif kind == 4:
        matrix = rng.normal(size=(3, 3))
    elif kind == 5:
        matrix[2] = 0
    return Motion(matrix, float(rng.uniform()))


def people(rng: np.random.Generator, *, appearance: bool) -> tuple[Detections, np.ndarray | None]:
    count = int(rng.integers(0, 12))
    low = rng.uniform(0, 300, (count, 2))
    boxes = np.concatenate([low, low + rng.uniform(0, 60, (count, 2))], axis=1)
    looks = rng.normal(size=(count, 8)).astype(np.float32) if appearance else None
    confidence = rng.uniform(0, 1, count).astype(np.float32)
    return Detections(boxes.astype(np.float32), confidence, np.zeros(count, np.int64)), looks


@pytest.mark.robustness("real-files")
@pytest.mark.parametrize("fps", RATES)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_any_rate_with_any_camera(fps: float) -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sights = []
        for _ in range(30):
            found, looks = people(rng, appearance=seed % 2 == 0)
            sights.append(Sight(found, wild_motion(rng) if rng.uniform() < 0.6 else None, looks))
        motions = [sight.motion for sight in sights]
        tracklets = rejoin(follow_people(sights, fps=fps), motions=motions, fps=fps)
        for tracklet in tracklets:
            smoothed = smooth(fill(tracklet, motions=motions, fps=fps), motions=motions, fps=fps)
            assert np.isfinite(smoothed.boxes_xyxy).all()


@pytest.mark.parametrize("dt_s", [0.02, 0.5, 1.0, 2.0, 5.0, 60.0])
def test_the_filter_stays_a_filter(dt_s: float) -> None:
    rng = np.random.default_rng(0)
    settings = kalman.MotionSettings()
    boxes = np.array([[10.0, 10.0, 20.0, 40.0]])
    states = kalman.begin(boxes, settings=settings)
    for _ in range(200):
        states = kalman.predict(states, dt_s=dt_s, unseen=np.zeros(1, bool), settings=settings)
        if rng.uniform() < 0.7:
            states = kalman.correct(states, boxes + rng.normal(0, 5, (1, 4)), noise=1.0, settings=settings)
        place, cross, speed = states.covariance[0]
        assert place > 0 and speed > 0
        assert cross**2 <= place * speed * (1 + 1e-9)


def test_costs_that_are_not_finite_are_not_assigned() -> None:
    cost = np.array([[np.nan, 1.0], [np.inf, np.nan], [-np.inf, np.nan]])
    rows, columns = assign(cost, limit=5.0)
    assert (rows.tolist(), columns.tolist()) == ([0], [1])
