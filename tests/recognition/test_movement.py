"""Standing, walking, running, sprinting and the ball: known courses give known spans."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from touchline.core.actions import ON_THE_BALL
from touchline.core.tracks import Track
from touchline.recognition.movement import movements_of
from touchline.recognition.on_the_ball import holders_of

FPS = 12.5


def runner(speeds_mps: list[tuple[float, float]], *, hole: slice | None = None, noise_m: float = 0.0) -> Track:
    """Someone who keeps each speed for so many seconds, along x."""
    speed = np.concatenate([np.full(round(seconds * FPS), value) for value, seconds in speeds_mps])
    x = np.cumsum(speed) / FPS
    places = np.stack([x, np.zeros(len(x))], axis=1)
    places += np.random.default_rng(0).normal(0, noise_m, places.shape)
    if hole is not None:
        places[hole] = np.nan
    return track(1, "player", np.tile([0, 0, 10, 30], (len(x), 1)), positions_m=places.astype(np.float32))


def track(track_id: int, label: str, boxes: np.ndarray, *, positions_m: np.ndarray | None = None) -> Track:
    count = len(boxes)
    return Track(
        track_id,
        label,
        (np.arange(count) * 1e6 / FPS).astype(np.int64),
        np.arange(count),
        boxes.astype(np.float32),
        np.ones(count, np.float32),
        np.ones(count, np.bool_),
        positions_m=positions_m,
    )


def test_each_speed_has_its_name() -> None:
    found = movements_of(runner([(0.0, 4), (1.4, 4), (4.0, 4), (8.0, 4)]))
    assert [action.label for action in found] == ["standing", "walking", "running", "sprinting"]
    borders = [action.start_us / 1e6 for action in found]
    assert borders == pytest.approx([0, 4, 8, 12], abs=0.6)
    assert all(a.end_us == b.start_us for a, b in itertools.pairwise(found))
    assert all(action.confidence > 0.7 for action in found)


def test_trembling_places_do_not_make_a_standing_player_walk() -> None:
    found = movements_of(runner([(0.0, 10)], noise_m=0.05))
    assert [action.label for action in found] == ["standing"]


def test_a_moment_of_another_speed_is_no_movement_of_its_own() -> None:
    found = movements_of(runner([(1.4, 4), (2.6, 0.16), (1.4, 4)]))
    assert [action.label for action in found] == ["walking"]


def test_nothing_is_said_of_places_that_are_not_known() -> None:
    found = movements_of(runner([(1.4, 10)], hole=slice(50, 75)))
    assert len(found) == 2
    assert found[0].end_us <= 4_100_000 and found[1].start_us >= 5_900_000
    nowhere = runner([(1.4, 4)], hole=slice(None))
    assert movements_of(nowhere) == []
    assert movements_of(track(1, "player", np.tile([0, 0, 1, 1], (5, 1)))) == []


def person(track_id: int, x: float, *, count: int = 50, label: str = "player") -> Track:
    return track(track_id, label, np.tile([x, 100.0, x + 20, 160.0], (count, 1)))


def ball(xs: np.ndarray, *, y: float = 158.0) -> Track:
    return track(9, "ball", np.stack([xs - 2, np.full_like(xs, y - 2), xs + 2, np.full_like(xs, y + 2)], axis=1))


def test_the_ball_is_with_whom_it_is_near() -> None:
    xs = np.concatenate([np.full(20, 112.0), np.linspace(112, 312, 10), np.full(20, 312.0)])
    found = holders_of([person(1, 100), person(2, 300), person(3, 600), ball(xs)])
    assert [action.track_id for action in found] == [1, 2]
    assert {action.label for action in found} == {ON_THE_BALL}
    assert found[0].start_us == 0 and found[0].end_us == pytest.approx(1.76e6, abs=0.2e6)
    assert found[1].start_us == pytest.approx(2.3e6, abs=0.2e6)


def test_a_ball_in_the_air_or_with_a_referee_is_nobodys() -> None:
    high = ball(np.full(50, 110.0), y=80.0)
    assert holders_of([person(1, 100), high]) == []
    assert holders_of([person(1, 100, label="referee"), ball(np.full(50, 110.0))]) == []
    assert holders_of([ball(np.full(50, 110.0))]) == []


def test_a_touch_of_a_moment_is_not_on_the_ball() -> None:
    xs = np.linspace(-2000, 2000, 50)
    assert holders_of([person(1, 0), ball(xs)]) == []
