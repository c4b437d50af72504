"""From observations of made shots to tracks: filling in, placing, picking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fakematch import (
    HEIGHT,
    PEOPLE,
    WIDTH,
    FakeDetector,
    FakePitchFinder,
    broadcast_camera,
    grass,
    match_picture,
    place,
)
from touchline.core.tracks import BALL, Track
from touchline.media.frame import Frame
from touchline.tracking.camera_motion import Motion
from touchline.tracking.observations import Observation, Observer, observe, pack, unpack
from touchline.tracking.people.roles import match_teams
from touchline.tracking.shot_tracking import FollowedShot, Span, follow_shot, tracks_of
from touchline.tracking.skipped import held, looked_at

FRAMES = 50


def frames(count: int = FRAMES, *, step_us: int = 40_000) -> list[Frame]:
    field = grass()
    shown = []
    for index in range(count):
        rgb = match_picture(index, field=field)
        luma = (rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        shown.append(Frame(index * step_us, luma, lambda rgb=rgb: rgb))
    return shown


@pytest.fixture(scope="module")
def observations() -> list[Observation]:
    return list(observe(frames(), detector=FakeDetector(), pitch_finder=FakePitchFinder(broadcast_camera)))


def span(count: int = FRAMES, *, step_us: int = 40_000) -> Span:
    numbers = np.arange(count)
    return Span(index=3, frames=numbers, times_us=numbers * step_us, end_us=count * step_us)


def follow(observations: list[Observation], *, fps: float = 12.5) -> FollowedShot:
    return follow_shot(observations, span=span(), width=WIDTH, height=HEIGHT, fps=fps)


def tracks(followed: FollowedShot, *, first_id: int = 1) -> list[Track]:
    return tracks_of(followed, kits=match_teams([followed.looks]), first_id=first_id)


def test_pictures_are_looked_at_on_the_grid(observations: list[Observation]) -> None:
    assert [o.index for o in observations] == list(range(25))
    assert [o.frame for o in observations] == list(range(0, 50, 2))
    assert [o.time_us for o in observations] == [80_000 * i for i in range(25)]
    assert [o.cut for o in observations] == [True] + [False] * 24
    assert all(len(o.detections) == len(PEOPLE) + 1 == len(o.appearance) for o in observations)


def test_the_pitch_is_looked_for_now_and_then() -> None:
    observer = Observer(detector=FakeDetector(), pitch_finder=FakePitchFinder(broadcast_camera), pitch_every=4, batch=3)
    seen = [o for number, frame in enumerate(frames()) for o in observer.push(number, frame)] + list(observer.finish())
    assert [o.index for o in seen if o.keypoints is not None] == [0, 4, 8, 12, 16, 20, 24]


def test_few_frames_with_many_people_are_judged_for_closeness(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []

    def judge(_: object) -> float:
        judged.append(1)
        return len(judged) / 9

    monkeypatch.setattr("touchline.tracking.observations.closeness", judge)
    seen = list(observe(frames(18), detector=FakeDetector(), pitch_finder=None))
    assert [round(9 * o.closeness) for o in seen] == [1, 1, 1, 1, 2, 2, 2, 2, 3]
    judged.clear()
    observer = Observer(detector=FakeDetector(), sure=1.1)
    alone = [o for number, frame in enumerate(frames(18)) for o in observer.push(number, frame)]
    alone += observer.finish()
    assert len(judged) == len(alone) == 9


def test_only_people_whom_the_tracker_may_use_are_described() -> None:
    observer = Observer(detector=FakeDetector(), described_from=1.1)
    seen = [o for number, frame in enumerate(frames(4)) for o in observer.push(number, frame)] + list(observer.finish())
    assert all(np.isnan(o.appearance).all() for o in seen)
    described = next(iter(observe(frames(4), detector=FakeDetector())))
    ball = described.detections.classes == BALL
    assert np.isnan(described.appearance[ball]).all()
    assert np.isfinite(described.appearance[~ball]).all()


def test_observations_come_back_from_their_arrays(observations: list[Observation]) -> None:
    for one, other in zip(observations, unpack(pack(observations)), strict=True):
        assert (one.index, one.frame, one.time_us, one.cut) == (other.index, other.frame, other.time_us, other.cut)
        np.testing.assert_array_equal(one.detections.boxes_xyxy, other.detections.boxes_xyxy)
        np.testing.assert_array_equal(one.appearance, other.appearance)
        np.testing.assert_array_equal(one.motion.matrix, other.motion.matrix)
        np.testing.assert_array_equal(one.keypoints, other.keypoints)
        np.testing.assert_array_equal(one.thumb, other.thumb)


def test_saved_observations_need_no_networks(observations: list[Observation]) -> None:
    detector = FakeDetector()
    observer = Observer(
        detector=detector, pitch_finder=FakePitchFinder(broadcast_camera), saved=unpack(pack(observations[:20]))
    )
    again = [o for number, frame in enumerate(frames()) for o in observer.push(number, frame)] + list(observer.finish())
    assert detector.seen == 5
    for one, other in zip(observations, again, strict=True):
        np.testing.assert_array_equal(one.motion.matrix, other.motion.matrix)
        np.testing.assert_array_equal(one.detections.boxes_xyxy, other.detections.boxes_xyxy)


def test_people_are_placed_in_metres(observations: list[Observation]) -> None:
    followed = follow(observations)
    assert followed.shot.pitch == 1.0
    found = tracks(followed)
    placed = 0
    for track in found:
        assert track.positions_m is not None
        if track.label == "ball":
            continue
        feet = np.stack([track.boxes_xyxy[:, [0, 2]].mean(axis=1), track.boxes_xyxy[:, 3]], axis=1)
        depth = 90.0 / (feet[:, 1] - 20.0)
        truth = np.stack([(feet[:, 0] - WIDTH / 2) * depth / 4.0, 74.0 * depth - 74.0], axis=1)
        known = np.isfinite(track.positions_m[:, 0])
        placed += int(known.sum())
        np.testing.assert_allclose(track.positions_m[known], truth[known], atol=0.6)
    assert placed > 100


def test_without_a_pitch_there_are_no_metres() -> None:
    seen = list(observe(frames(), detector=FakeDetector(), pitch_finder=FakePitchFinder()))
    followed = follow(seen)
    assert followed.shot.pitch == 0.0
    assert all(track.positions_m is None for track in tracks(followed))


def test_ids_count_on_and_shots_are_named(observations: list[Observation]) -> None:
    found = tracks(follow(observations), first_id=11)
    assert [track.track_id for track in found] == list(range(11, 11 + len(PEOPLE) + 1))
    assert {track.shot for track in found} == {3}


def test_between_two_looks_the_box_is_half_way(observations: list[Observation]) -> None:
    (track,) = [
        t
        for t in tracks(follow(observations))
        if abs(t.boxes_xyxy[0][0] - place(0, 0)[0]) < 3 and t.label == "player" and t.boxes_xyxy[0][1] < 5
    ]
    np.testing.assert_array_equal(track.frames, np.arange(49))
    np.testing.assert_array_equal(track.observed, np.arange(49) % 2 == 0)
    middle = (track.boxes_xyxy[10] + track.boxes_xyxy[12]) / 2
    np.testing.assert_allclose(track.boxes_xyxy[11], middle, atol=1e-4)


def test_a_picture_that_stays_for_long_is_looked_at_once() -> None:
    """Frames that come 4 a second leave points of a faster grid without a picture of their own."""
    shown = frames(20, step_us=250_000)
    detector = FakeDetector()
    seen = list(observe(shown, detector=detector, pitch_finder=FakePitchFinder()))
    assert detector.seen == 20
    assert len(seen) > 50
    followed = follow_shot(seen, span=span(20, step_us=250_000), width=WIDTH, height=HEIGHT, fps=12.5)
    for track in tracks(followed):
        assert (np.diff(track.frames) > 0).all()


def test_nobody_in_sight_is_nobody_followed() -> None:
    class Blind(FakeDetector):
        def _detect(self, picture: np.ndarray):  # noqa: ANN202
            return super()._detect(np.zeros_like(picture[:4, :4]))

    followed = follow(list(observe(frames(), detector=Blind())))
    assert tracks(followed) == []
    assert followed.shot.kind == "other"


def test_one_look_is_too_few_to_follow(observations: list[Observation]) -> None:
    followed = follow_shot(observations[:1], span=span(1), width=WIDTH, height=HEIGHT, fps=12.5)
    assert [track for track in tracks(followed) if track.label != "ball"] == []


@pytest.mark.parametrize("kind", ["close-up", "replay", "other"])
def test_teams_are_named_in_wide_shots_alone(observations: list[Observation], kind: str) -> None:
    followed = follow(observations)
    kits = match_teams([followed.looks])
    wide = tracks_of(followed, kits=kits, first_id=1)
    other = tracks_of(replace(followed, shot=replace(followed.shot, kind=kind)), kits=kits, first_id=1)
    assert {track.team for track in wide if track.label == "player"} == {"A", "B"}
    assert {(track.team, track.team_confidence) for track in other} == {(None, 0.0)}
    assert [track.label for track in other] == [track.label for track in wide], "votes still give roles"


def test_in_a_close_up_nobody_is_followed_and_nobody_is_placed(observations: list[Observation]) -> None:
    """Limbs are no people, and the detector knows people from afar alone."""
    few = [replace(o, detections=o.detections.take(np.arange(3)), appearance=o.appearance[:3]) for o in observations]
    followed = follow([replace(o, closeness=0.9, keypoints=None) for o in few])
    assert followed.shot.kind == "close-up"
    assert followed.tracklets == ()
    assert followed.shot.pitch == 0.0
    assert follow([replace(o, keypoints=None) for o in few]).tracklets != (), "small people of another shot are"


def test_places_are_given_in_wide_shots_alone(observations: list[Observation]) -> None:
    followed = follow(observations)
    assert any(track.positions_m is not None for track in tracks(followed))
    replay = replace(followed, shot=replace(followed.shot, kind="replay"))
    assert all(track.positions_m is None for track in tracks(replay))


def test_what_lies_on_a_graphic_is_nobody(observations: list[Observation]) -> None:
    """A crest in a banner is no player, also in the frames before the banner was known."""
    _, top = place(0, 7)
    banner = np.array([[0, top - 2, WIDTH, top + 24]], np.float32)
    late = [replace(o, graphics=banner if o.index >= 8 else o.graphics) for o in observations]
    everyone, rest = follow(observations), follow(late)
    assert len(rest.looks) == len(everyone.looks) - 1
    assert not any(((t.boxes_xyxy[:, 1] > top - 3) & (t.boxes_xyxy[:, 3] < top + 26)).any() for t in rest.tracklets)


def skipping(every: int, *, saved: list[Observation] | None = None) -> list[Observation]:
    observer = Observer(
        detector=FakeDetector(),
        pitch_finder=FakePitchFinder(broadcast_camera),
        detect_every=every,
        pitch_every=3,
        saved=[] if saved is None else unpack(pack(saved)),
    )
    return [o for number, frame in enumerate(frames()) for o in observer.push(number, frame)] + list(observer.finish())


def test_the_detector_looks_at_every_second_picture_and_the_pitch_finder_at_some_of_those() -> None:
    seen = skipping(2)
    assert [o.index for o in seen if o.looked] == list(range(0, 25, 2))
    assert [o.index for o in seen if o.keypoints is not None] == [0, 6, 12, 18, 24]
    assert not any(len(o.detections) for o in seen if not o.looked)


def test_a_run_taken_up_again_skips_the_same_pictures() -> None:
    whole = skipping(3)
    again = skipping(3, saved=whole[:8])
    assert [o.looked for o in again] == [o.looked for o in whole]
    assert [o.keypoints is not None for o in again] == [o.keypoints is not None for o in whole]


def test_people_and_the_ball_are_carried_over_skipped_pictures(observations: list[Observation]) -> None:
    every, second = tracks(follow(observations)), tracks(follow(skipping(2)))
    assert [(track.label, len(track)) for track in second] == [(track.label, len(track)) for track in every]
    for one, other in zip(every, second, strict=True):
        np.testing.assert_allclose(one.boxes_xyxy, other.boxes_xyxy, atol=1.5)


def test_what_was_seen_last_is_held_and_motions_are_joined() -> None:
    seen = skipping(4)
    assert [len(o.detections) for o in held(seen)] == [len(PEOPLE) + 1] * 25
    shifted = [replace(o, motion=Motion(np.array([[1, 0, 2.0], [0, 1, 0], [0, 0, 1]]), 0.5)) for o in seen]
    index, kept = looked_at(shifted)
    assert index.tolist() == list(range(0, 25, 4))
    assert [o.motion.matrix[0, 2] for o in kept] == [2.0] + [8.0] * 6
