"""Features of a scene: what is known is described, and what is not is zero."""

from __future__ import annotations

import numpy as np
import pytest

from madeplay import BODY_PX, ball_of, camera_of, one_kick, play, track_of
from touchline.spotting.from_tracks.features import (
    FRAME_VALUES,
    METRE_VALUES,
    PEOPLE,
    PERSON_VALUES,
    estimated_ball,
    features_of,
)
from touchline.spotting.from_tracks.scene import Scene, scenes_of

COUNT = 40


def scene_of(*, seen: np.ndarray | None = None, ball: bool = True, pitch: bool = False, people: int = 2) -> Scene:
    tracks = [track_of(2 + i, np.tile([[230.0 + 150 * i, 302.0]], (COUNT, 1)), team="AB"[i % 2]) for i in range(people)]
    balls = [ball_of(1, one_kick(COUNT), observed=seen)] if ball else []
    (scene,) = scenes_of(play(*balls, *tracks, count=COUNT), camera=camera_of(COUNT, pitch=pitch))
    return scene


def test_the_sizes_are_those_that_a_network_is_built_for() -> None:
    found = features_of(scene_of())
    assert found.frame.shape == (COUNT, FRAME_VALUES)
    assert found.metres.shape == (COUNT, METRE_VALUES)
    assert found.people.shape == (COUNT, PEOPLE, PERSON_VALUES)
    assert found.present.sum(axis=1).tolist() == [2] * COUNT
    assert np.isfinite(found.frame).all()
    assert np.isfinite(found.people).all()


def test_the_nearest_person_comes_first() -> None:
    found = features_of(scene_of())
    assert found.slots[0, :2].tolist() == [0, 1]
    offset = np.sinh(found.people[20, 0, :2])
    np.testing.assert_allclose(offset, ((240 - 230) / BODY_PX, (300 - 302) / BODY_PX), rtol=1e-5)


def test_metres_are_a_group_of_their_own() -> None:
    assert not features_of(scene_of()).metres.any()
    found = features_of(scene_of(pitch=True)).metres
    assert found[20, 0] == 1.0
    np.testing.assert_allclose(found[20, 1:3], (-4.0 / 52.5, -6.0 / 34.0), rtol=1e-5)


def test_without_a_ball_there_are_people_only() -> None:
    found = features_of(scene_of(ball=False))
    assert not found.frame[:, 0].any()
    assert found.present.sum() == 2 * COUNT


def test_without_people_there_is_a_ball_only() -> None:
    found = features_of(scene_of(people=0))
    assert found.frame[:, 0].all()
    assert not found.present.any()
    assert (found.slots == -1).all()


def test_a_lost_ball_is_estimated_between_its_known_places() -> None:
    tracks = play(
        ball_of(1, np.where(np.arange(COUNT)[:, None] % 10 < 5, one_kick(COUNT, kick=COUNT), np.nan)), count=COUNT
    )
    (scene,) = scenes_of(tracks, camera=camera_of(COUNT))
    place, known, since, until = estimated_ball(scene)
    assert known.all()
    np.testing.assert_allclose(place[:35], one_kick(COUNT, kick=COUNT)[:35], atol=1e-6)
    assert since[7] == pytest.approx(3 * 0.08 / 3.0)
    assert until[7] == pytest.approx(3 * 0.08 / 3.0)
