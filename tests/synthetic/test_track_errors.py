"""Degraded tracks: nothing changes without errors, and each error does what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from madeplay import BODY_PX, ball_of, camera_of, one_kick, play, track_of
from touchline.core.tracks import Tracks
from touchline.synthetic.track_errors import TrackErrors, degrade, drifting, lost_frames, runs

NEVER = 1e9
NONE = TrackErrors(
    ball_noise=(0.0, 0.0),
    ball_unseen_s=NEVER,
    ball_wrong_s=NEVER,
    people_noise=(0.0, 0.0, 0.0),
    missed_every_s=NEVER,
    fragment_s=NEVER,
    team_wrong=0.0,
    team_unknown=0.0,
    pitch_drift_m=0.0,
    motion_noise=0.0,
)
COUNT = 400


def exact() -> Tracks:
    person = track_of(2, np.tile([[150.0, 305.0]], (COUNT, 1)), team="A")
    return play(ball_of(1, one_kick(COUNT, kick=COUNT)), person, count=COUNT)


def bad(errors: TrackErrors, *, seed: int = 0) -> Tracks:
    return degrade(exact(), camera_of(COUNT, pitch=True), errors=errors, random=np.random.default_rng(seed))[0]


def test_without_errors_nothing_changes() -> None:
    tracks, camera = degrade(exact(), camera_of(COUNT, pitch=True), errors=NONE, random=np.random.default_rng(0))
    for found, true in zip(tracks, exact(), strict=True):
        assert (found.boxes_xyxy == true.boxes_xyxy).all()
        assert (found.team, found.observed.all()) == (true.team, True)
    assert (camera.to_pitch == camera_of(COUNT, pitch=True).to_pitch).all()


def test_equal_generators_give_equal_tracks() -> None:
    one, other = bad(TrackErrors(), seed=3), bad(TrackErrors(), seed=3)
    assert [track.boxes_xyxy.tobytes() for track in one] == [track.boxes_xyxy.tobytes() for track in other]


def test_short_gaps_of_the_ball_are_filled_in_along_a_line_and_long_ones_are_open() -> None:
    filled = bad(replace(NONE, ball_unseen_s=2.0, ball_kept_away=0.0, ball_gaps_s=(0.4, 0.4), ball_filled_s=1.0))
    (ball,) = [track for track in filled if track.label == "ball"]
    assert len(ball) == COUNT
    assert 0.05 < float((~ball.observed).mean()) < 0.4
    np.testing.assert_allclose(ball.boxes_xyxy, exact().tracks[0].boxes_xyxy, atol=1e-3)  # it rolls along a line
    open_ = bad(replace(NONE, ball_unseen_s=2.0, ball_kept_away=0.0, ball_gaps_s=(0.4, 0.4), ball_filled_s=0.1))
    assert len([track for track in open_ if track.label == "ball"]) > 3


def test_noise_is_in_body_heights() -> None:
    tracks = bad(replace(NONE, people_noise=(0.1, 0.0, 0.0), people_lasting=0.0))
    x = np.concatenate([track.boxes_xyxy[:, 0] for track in tracks if track.label == "player"])
    assert abs(float(np.std(x)) / (0.1 * BODY_PX) - 1) < 0.15


def test_tracks_break_and_change_teams() -> None:
    tracks = bad(replace(NONE, fragment_s=2.0, team_wrong=0.5))
    people = [track for track in tracks if track.label == "player"]
    assert 6 < len(people) < 40
    assert {track.team for track in people} == {"A", "B"}
    assert sum(map(len, people)) == COUNT


def test_the_view_drifts_for_everybody_alike() -> None:
    _, camera = degrade(
        exact(), camera_of(COUNT, pitch=True), errors=replace(NONE, pitch_drift_m=1.0), random=np.random.default_rng(0)
    )
    off = camera.to_pitch - camera_of(COUNT, pitch=True).to_pitch
    assert np.abs(off[:, 0, 2]).max() > 0.5
    assert np.abs(off[:, :, :2]).max() == 0


def test_drifting_noise_has_its_deviation_and_correlation() -> None:
    noise = drifting(20_000, lasting=0.8, random=np.random.default_rng(0))
    assert abs(float(np.std(noise)) - 1) < 0.05
    assert abs(float(np.corrcoef(noise[1:], noise[:-1])[0, 1]) - 0.8) < 0.02


def test_losses_come_as_often_and_last_as_long_as_asked() -> None:
    times_us = np.arange(100_000) * 80_000
    lost = lost_frames(times_us, every_s=9.2, lengths_s=(0.8, 0.8), random=np.random.default_rng(0))
    assert abs(float(lost.mean()) - 0.08) < 0.01
    assert runs(np.array([False, True, True, False, True])) == [(1, 3), (4, 5)]
