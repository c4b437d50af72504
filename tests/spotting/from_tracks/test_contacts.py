"""The ball's path and contacts: a made-up path with one kick gives one contact at the right frame."""

from __future__ import annotations

import numpy as np
import pytest

from madeplay import BODY_PX, FPS, ball_of, camera_of, one_kick, play, times_of, track_of
from touchline.core.geometry.camera import CameraPath
from touchline.spotting.from_tracks.contacts import Contact, find_contacts
from touchline.spotting.from_tracks.path import ball_path, seen_from
from touchline.spotting.from_tracks.scene import Scene, scenes_of

KICK = 20


def scene_of(
    ball: np.ndarray, *, camera: CameraPath | None = None, seen: np.ndarray | None = None, person_x: float = 230.0
) -> Scene:
    count = len(ball)
    near = track_of(2, np.tile([[person_x, 302.0]], (count, 1)), team="B")
    far = track_of(3, np.tile([[500.0, 302.0]], (count, 1)), team="A")
    tracks = play(ball_of(1, ball, observed=seen), near, far, count=count)
    (scene,) = scenes_of(tracks, camera=camera or camera_of(count))
    return scene


def contacts_of(scene: Scene) -> tuple[Contact, ...]:
    return find_contacts(scene, ball_path(scene))


def test_one_kick_is_one_contact() -> None:
    (contact,) = contacts_of(scene_of(one_kick(kick=KICK)))
    assert contact.frame == KICK
    assert contact.time_us == times_of(40)[KICK]
    assert (contact.track_id, contact.team, contact.shot) == (2, "B", 0)
    assert contact.xy_px == (240.0, 300.0)
    assert contact.place_m is None
    assert contact.strength == pytest.approx(np.hypot(2, 12) * FPS / BODY_PX)
    assert contact.reason == "the ball is set in motion, 0.1 body heights from player 2 of team B"


def test_velocities_are_body_heights_a_second_on_either_side() -> None:
    path = ball_path(scene_of(one_kick(kick=KICK)))
    np.testing.assert_allclose(path.before[KICK], (2 * FPS / BODY_PX, 0))
    np.testing.assert_allclose(path.after[KICK], (0, -12 * FPS / BODY_PX))
    assert path.turn_deg[KICK] == pytest.approx(90)
    assert np.isnan(path.before[0]).all()
    assert np.isnan(path.after[-1]).all()


def test_a_ball_that_rolls_on_has_no_contact() -> None:
    frames = np.arange(40.0)
    assert contacts_of(scene_of(np.stack([100 + 8 * frames, np.full(40, 300.0)], axis=1))) == ()


def test_the_cameras_motion_is_not_the_balls() -> None:
    """A ball that lies still while the camera swings there and back."""
    count = 40
    steps = np.where(np.arange(count) < 20, 15.0, -15.0)
    steps[0] = 0.0
    camera = camera_of(count)
    camera.motions[:, 0, 2] = steps
    ball = np.stack([200 + np.cumsum(steps), np.full(count, 300.0)], axis=1)
    assert contacts_of(scene_of(ball, camera=camera)) == ()
    assert len(contacts_of(scene_of(ball))) == 1


def test_points_are_carried_between_frames() -> None:
    scene = scene_of(one_kick(), camera=camera_of(40, step_px=(3, -1)))
    np.testing.assert_allclose(seen_from(scene, scene.ball_px, 2)[10], one_kick()[12] - (6, -2))
    np.testing.assert_allclose(seen_from(scene, scene.ball_px, -2)[10], one_kick()[8] + (6, -2))
    assert np.isnan(seen_from(scene, scene.ball_px, 2)[-2:]).all()


def test_a_place_that_was_filled_in_has_no_contact() -> None:
    seen = np.ones(40, np.bool_)
    seen[KICK - 3 : KICK + 4] = False
    assert contacts_of(scene_of(one_kick(kick=KICK), seen=seen)) == ()


def test_a_change_far_from_everybody_names_nobody() -> None:
    (contact,) = contacts_of(scene_of(one_kick(kick=KICK), person_x=400.0))
    assert (contact.track_id, contact.team) == (None, None)
    assert contact.reason == "the ball is set in motion, with nobody in reach"


def test_the_place_is_on_the_pitch_where_the_pitch_is_known() -> None:
    (contact,) = contacts_of(scene_of(one_kick(kick=KICK), camera=camera_of(40, pitch=True)))
    assert contact.place_m == pytest.approx((-4.0, -6.0))


def test_a_scene_without_a_ball_has_no_contacts() -> None:
    tracks = play(track_of(1, np.tile([[100.0, 200.0]], (20, 1))), count=20)
    (scene,) = scenes_of(tracks, camera=camera_of(20))
    assert contacts_of(scene) == ()
