from __future__ import annotations

from dataclasses import replace

import numpy as np

from touchline.analysis.tasks.cuts import ShotSplitter, parts_of
from touchline.core.tracks import PLAYER, Detections
from touchline.tracking.camera_motion import Motion
from touchline.tracking.observations import Observation
from touchline.tracking.shot_tracking import Span


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


def people(index: int, *, at: int = 0, count: int = 12) -> Observation:
    x, y = 30.0 + 50.0 * np.arange(count), np.full(count, 100.0 + at)
    boxes = np.stack([x, y, x + 10, y + 40], axis=1).astype(np.float32)
    found = Detections(boxes, np.full(count, 0.9, np.float32), np.full(count, PLAYER, np.int64))
    return replace(observation(index), detections=found, appearance=np.zeros((count, 45), np.float16))


def parts(observations: list[Observation]) -> list[tuple[int, int, int]]:
    """First and last decoded picture and observations of the parts of a shot, two pictures a look."""
    numbers = np.arange(2 * len(observations))
    span = Span(0, numbers, numbers * 40_000, len(numbers) * 40_000)
    split = parts_of((span, observations), size=(640, 360), fps=12.5, sure=0.5)
    assert [part.end_us for part, _ in split] == [*(int(part.times_us[0]) for part, _ in split[1:]), span.end_us]
    return [(int(part.frames[0]), int(part.frames[-1]), len(inside)) for part, inside in split]


def test_a_shot_of_one_kind_stays_whole() -> None:
    assert parts([people(index) for index in range(40)]) == [(0, 79, 40)]


def test_a_zoom_to_a_close_up_ends_the_wide_shot() -> None:
    close = [replace(observation(index), closeness=0.9) for index in range(40, 80)]
    assert parts([people(index) for index in range(40)] + close) == [(0, 79, 40), (80, 159, 40)]


def test_a_jump_of_the_picture_ends_the_shot() -> None:
    assert parts([people(index, at=100 if index >= 20 else 0) for index in range(40)]) == [(0, 39, 20), (40, 79, 20)]
