from __future__ import annotations

import numpy as np

from touchline.analysis.tasks.cuts import ShotSplitter
from touchline.core.tracks import Detections
from touchline.tracking.camera_motion import Motion
from touchline.tracking.observations import Observation


def observation(index: int, *, cut: bool = False) -> Observation:
    looks, thumb = np.zeros((0, 45), np.float16), np.zeros((18, 32), np.uint8)
    return Observation(index, 2 * index, index * 80_000, Detections.none(), looks, Motion.unknown(), cut, None, thumb)


def split(cuts: set[int], *, looks: int, longest_s: float = 600.0) -> tuple[list[tuple[int, int, int]], int]:
    """First and last decoded picture and the looked-at ones of each shot, and the seams; two pictures a look."""
    splitter = ShotSplitter(fps=12.5, longest_s=longest_s)
    ended = []
    for index in range(looks):
        for number in (2 * index, 2 * index + 1):
            splitter.shown(number, number * 40_000)
        ended.append(splitter.take(observation(index, cut=index in cuts)))
    ended.append(splitter.finish())
    shots = [(int(s.frames[0]), int(s.frames[-1]), len(seen)) for s, seen in (e for e in ended if e is not None)]
    return shots, splitter.seams


def test_every_picture_is_in_one_shot() -> None:
    assert split({0, 4, 5}, looks=10) == ([(0, 7, 4), (8, 9, 1), (10, 19, 5)], 0)


def test_a_shot_without_an_end_is_cut_into_parts() -> None:
    assert split({0}, looks=10, longest_s=0.32) == ([(0, 7, 4), (8, 15, 4), (16, 19, 2)], 2)


def test_no_pictures_are_no_shot() -> None:
    assert ShotSplitter(fps=12.5).finish() is None
