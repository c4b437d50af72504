"""The ball's way through candidates: clutter, gaps, a moving camera, and no ball at all."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from touchline.core.tracks import BALL, PLAYER, Detections
from touchline.tracking.ball.ball import BallSettings, follow_ball
from touchline.tracking.camera_motion import Motion

WIDTH, HEIGHT, FPS = 640, 360, 12.5


def times(count: int) -> Any:
    return (np.arange(count) * 1e6 / FPS).astype(np.int64)


def seen(centres: Any, confidence: Any, *, classes: int = BALL) -> Detections:
    middle = np.asarray(centres, np.float32).reshape(-1, 2)
    boxes = np.concatenate([middle - 3, middle + 3], axis=1)
    return Detections(boxes, np.asarray(confidence, np.float32).reshape(-1), np.full(len(boxes), classes))


def clutter(rng: Any, count: int = 3) -> tuple[Any, Any]:
    return rng.uniform((0, 0), (WIDTH, HEIGHT), (count, 2)), rng.uniform(0.03, 0.2, count)


def follow(pictures: Any, **more: Any) -> Any:
    return follow_ball(pictures, times(len(pictures)), width=WIDTH, height=HEIGHT, **more)


def straight(i: int) -> Any:
    return np.array([60 + 5.0 * i, 100 + 2.0 * i])


def middles(track: Any) -> Any:
    return (track.boxes_xyxy[:, :2] + track.boxes_xyxy[:, 2:]) / 2


def scene(count: int = 80, *, hidden: Any = (), seed: int = 0) -> list[Detections]:
    """A ball on a straight line among clutter; in some pictures only the clutter is seen."""
    rng = np.random.default_rng(seed)
    pictures = []
    for i in range(count):
        places, confidence = clutter(rng)
        if i not in hidden:
            places, confidence = np.r_[places, [straight(i) + rng.normal(0, 0.5, 2)]], np.r_[confidence, 0.6]
        pictures.append(seen(places, confidence))
    return pictures


def test_a_ball_among_clutter() -> None:
    (track,) = follow(scene())
    assert track.index.tolist() == list(range(80))
    assert track.observed.all()
    assert np.abs(middles(track) - [straight(i) for i in range(80)]).max() < 3
    assert track.confidence.min() > 0.5
    assert set(track.rows) == {3}


def test_a_short_occlusion_is_filled_with_less_confidence() -> None:
    hidden = range(30, 40)
    (track,) = follow(scene(hidden=hidden))
    assert np.flatnonzero(~track.observed).tolist() == list(hidden)
    assert np.abs(middles(track) - [straight(i) for i in range(80)]).max() < 4
    assert (track.rows[30:40] == -1).all()
    assert track.confidence[35] < track.confidence[30] < track.confidence[29]


def test_a_long_absence_ends_the_track() -> None:
    pictures = scene(160, hidden=range(40, 110))
    tracks = follow(pictures)
    sure = [track for track in tracks if track.confidence.max() > 0.5]
    assert [(track.start, track.end) for track in sure] == [(0, 39), (110, 159)]
    assert all(one.end < other.start for one, other in pairwise(tracks))


def test_the_cameras_motion_is_taken_out() -> None:
    pan = np.array([[1, 0, -40.0], [0, 1, 0], [0, 0, 1]])
    rng = np.random.default_rng(3)
    pictures = []
    for i in range(40):
        still = np.array([1700.0 - 40 * i, 200])
        places, confidence = clutter(rng)
        visible = i not in range(15, 20)
        pictures.append(seen(np.r_[places, [still]] if visible else places, np.r_[confidence, 0.6][: 3 + visible]))
    (track,) = follow(pictures, motions=[Motion.unknown()] + [Motion(pan, 1.0)] * 39)
    assert np.abs(middles(track) - [[1700.0 - 40 * i, 200] for i in range(40)]).max() < 1e-3
    assert track.confidence[track.observed].min() > 0.5


def test_a_jump_across_the_picture_is_not_followed() -> None:
    pictures = [seen([straight(i)], [0.6]) for i in range(20)]
    pictures += [seen([straight(20), (600, 20)], [0.6, 0.9])]
    pictures += [seen([straight(i)], [0.6]) for i in range(21, 40)]
    (track,) = follow(pictures)
    assert track.rows[20] == 0


def test_clutter_alone_is_no_ball() -> None:
    rng = np.random.default_rng(4)
    pictures = [seen(*clutter(rng)) for _ in range(60)]
    assert all(track.confidence.max() < 0.5 for track in follow(pictures))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_no_candidates_no_track(count: int) -> None:
    people = seen([(100, 100)], [0.9], classes=PLAYER)
    assert follow([people] * count) == []


def test_one_picture_with_one_sure_ball() -> None:
    (track,) = follow([seen([(100, 100)], [0.95])], settings=BallSettings(start=-1.0, evidence_offset=0.0))
    assert track.index.tolist() == [0]
    assert 0.5 < track.confidence[0] < 1


def test_lengths_must_fit() -> None:
    with pytest.raises(ValueError, match="2 detections and 3 times_us"):
        follow_ball([Detections.none()] * 2, times(3), width=WIDTH, height=HEIGHT)
    with pytest.raises(ValueError, match="1 motions"):
        follow([Detections.none()] * 2, motions=[None])
