"""People who run, and people who are suddenly elsewhere."""

from __future__ import annotations

import numpy as np

from touchline.core.tracks import PLAYER, Detections
from touchline.tracking.camera_motion import Motion
from touchline.tracking.jumps import find_jumps
from touchline.tracking.observations import Observation


def observation(index: int, feet: np.ndarray, motion: Motion | None = None) -> Observation:
    boxes = np.concatenate([np.subtract(feet, (6, 40)), np.add(feet, (6, 0))], axis=1).astype(np.float32)
    detections = Detections(boxes, np.full(len(feet), 0.9, np.float32), np.full(len(feet), PLAYER, np.int64))
    looks, thumb = np.zeros((len(feet), 45), np.float16), np.zeros((18, 32), np.uint8)
    known = motion or Motion.unknown()
    return Observation(index, 2 * index, index * 80_000, detections, looks, known, index == 0, None, thumb)


def places(seed: int, people: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).uniform((20, 60), (620, 340), (people, 2))


def run(jump: int | None, *, people: int = 12) -> list[Observation]:
    """Thirty frames of people who run three pixels a frame, and are elsewhere from one frame on."""
    seeds = [0 if jump is None or index < jump else 1 for index in range(30)]
    return [observation(index, np.add(places(seed, people), (3 * index, 0))) for index, seed in enumerate(seeds)]


def test_a_jump_is_found_where_it_is() -> None:
    assert find_jumps(run(15), sure=0.5, size=(640, 360)) == [15]


def test_running_is_no_jump() -> None:
    assert find_jumps(run(None), sure=0.5, size=(640, 360)) == []


def test_a_fast_pan_of_known_motion_is_no_jump() -> None:
    moved = np.eye(3)
    moved[0, 2] = 200
    seen = [
        observation(i, places(0) + np.array([200.0 * (i >= 10), 0]), Motion(moved, 0.9) if i == 10 else None)
        for i in range(20)
    ]
    assert find_jumps(seen, sure=0.5, size=(640, 360)) == []


def test_one_frame_in_which_nobody_is_found_is_no_jump() -> None:
    seen = run(None)
    seen[15] = observation(15, places(0)[:0])
    assert find_jumps(seen, sure=0.5, size=(640, 360)) == []


def test_people_who_are_all_gone_for_good_have_jumped() -> None:
    seen = [*run(None)[:15], *(observation(index, places(1, 2)) for index in range(15, 30))]
    assert find_jumps(seen, sure=0.5, size=(640, 360)) == [15]


def test_few_people_are_too_few_to_tell() -> None:
    assert find_jumps(run(15, people=4), sure=0.5, size=(640, 360)) == []
    assert find_jumps([], sure=0.5, size=(640, 360)) == []
