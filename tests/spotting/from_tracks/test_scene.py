"""Scenes: tracks and camera on one grid, people in slots."""

from __future__ import annotations

import numpy as np

from madeplay import ball_of, camera_of, one_kick, play, times_of, track_of
from touchline.spotting.from_tracks.scene import scenes_of


def still(x: float, y: float, *, frames: range, count: int) -> np.ndarray:
    places = np.full((count, 2), np.nan)
    places[list(frames)] = x, y
    return places


def test_a_slot_is_used_again_after_a_track_has_ended() -> None:
    first = track_of(1, still(100, 200, frames=range(10), count=30))
    second = track_of(2, still(300, 200, frames=range(5, 30), count=30))
    third = track_of(3, still(500, 200, frames=range(12, 30), count=30))
    (scene,) = scenes_of(play(first, second, third, count=30), camera=camera_of(30))
    assert scene.person.shape == (30, 2)
    assert scene.person[0].tolist() == [0, -1]
    assert scene.person[8].tolist() == [0, 1]
    assert scene.person[20].tolist() == [2, 1]
    assert scene.feet_px[20].tolist() == [[500, 200], [300, 200]]


def test_the_surer_ball_counts_and_filled_in_places_are_marked() -> None:
    seen = np.arange(40) % 2 == 0
    (scene,) = scenes_of(play(ball_of(1, one_kick(), observed=seen), count=40), camera=camera_of(40))
    assert (scene.ball_seen == seen).all()
    assert scene.ball_px[20].tolist() == [240, 300]
    assert scene.person.shape == (40, 0)


def test_without_a_camera_the_grid_is_that_of_the_detections() -> None:
    (scene,) = scenes_of(play(ball_of(1, one_kick()), count=40), camera=None)
    assert (scene.times_us == times_of(40)).all()
    assert np.isnan(scene.to_pitch).all()


def test_places_on_the_pitch_use_the_homography_of_their_frame() -> None:
    person = track_of(1, still(360, 160, frames=range(10), count=10))
    (scene,) = scenes_of(play(person, count=10), camera=camera_of(10, step_px=(20, 0), pitch=True))
    places = scene.place_m(scene.feet_px)
    np.testing.assert_allclose(places[0, 0], (2.0, 1.0))
    np.testing.assert_allclose(places[2, 0], (0.0, 1.0), atol=1e-9)
