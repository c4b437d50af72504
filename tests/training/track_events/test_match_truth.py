"""The truth of a simulated match, and its variations."""

from __future__ import annotations

import numpy as np
import pytest

from madematch import FRAMES, KICK, PIXELS_A_METRE, PLAYERS_M, RECEIVED, ball_m, write_match
from touchline.spotting.from_tracks.features import PEOPLE
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.scene import scenes_of
from touchline.training.track_events.settings import Variation
from touchline.training.track_events.truth import MatchTruth, read_truth
from touchline.training.track_events.variation import another_camera, at_tempo, example_of, varied_example


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> MatchTruth:
    return read_truth(write_match(tmp_path_factory.mktemp("truth") / "match_900"))


def test_places_of_the_exact_tracks_are_those_of_the_state(truth: MatchTruth) -> None:
    (scene,) = scenes_of(truth.tracks, camera=truth.camera)
    places = scene.place_m(scene.feet_px)
    by_name = {track.name: places[0, slot] for slot, track in enumerate(scene.tracks)}
    for number, place in PLAYERS_M.items():
        np.testing.assert_allclose(by_name[str(number)], place, atol=0.02)
    np.testing.assert_allclose(scene.place_m(scene.ball_px)[:, 0], ball_m()[:, 0], atol=0.05)
    assert [track.team for track in scene.tracks] == ["A", "A", "B"]


def test_owner_and_events(truth: MatchTruth) -> None:
    assert [(event.label, event.time_us) for event in truth.events] == [("PASS", 80_000 * KICK)]
    assert truth.owner[[0, KICK, KICK + 1, RECEIVED]].tolist() == [2, 2, 0, 3]
    assert truth.in_play.all()


def test_the_target_is_highest_at_the_event_and_the_holder_is_among_the_nearest(truth: MatchTruth) -> None:
    (scene,) = scenes_of(truth.tracks, camera=truth.camera)
    example = example_of(scene, truth, spread_s=0.16)
    column = example.targets[:, TRACK_LABELS.index("PASS")]
    assert (int(column.argmax()), float(column.max())) == (KICK, 1.0)
    assert example.holder[[0, RECEIVED]].tolist() == [0, 0]
    assert example.holder[KICK + 5] == PEOPLE


def test_a_mirrored_camera_mirrors_the_pitch_too(truth: MatchTruth) -> None:
    tracks, camera = another_camera(truth.tracks, truth.camera, body=1.0, tilt=0.8, mirrored=True)
    (scene,) = scenes_of(tracks, camera=camera)
    place = scene.place_m(scene.feet_px)[0]
    by_name = {track.name: place[slot] for slot, track in enumerate(scene.tracks)}
    np.testing.assert_allclose(by_name["2"], (10.5, 0.0), atol=0.02)
    assert scene.feet_px[0, 0, 0] == pytest.approx(640 - (320 - 10.5 * PIXELS_A_METRE), abs=0.1)


def test_another_tempo_changes_times_only(truth: MatchTruth) -> None:
    tracks, camera = at_tempo(truth.tracks, truth.camera, tempo=1.1)
    assert camera.times_us[-1] == round(80_000 * (FRAMES - 1) * 1.1)
    assert (tracks.tracks[0].times_us == camera.times_us).all()


def test_varied_examples_are_reproducible(truth: MatchTruth) -> None:
    one, other = (
        varied_example(truth, variation=Variation(), spread_s=0.16, random=np.random.default_rng(5)) for _ in range(2)
    )
    assert (one.features.frame == other.features.frame).all()
    assert (one.targets == other.targets).all()
