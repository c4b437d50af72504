"""Pictures joined with known cuts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from touchline.tracking.cuts import AHEAD, CutFinder, Mark


def place(seed: int) -> np.ndarray:
    """A wide scene with its own structure, uint8 (180, 960)."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 200, (9, 48))
    picture = np.kron(coarse, np.ones((20, 20)))
    return (picture + rng.normal(0, 2, picture.shape)).clip(0, 255).astype(np.uint8)


def look(scene: np.ndarray, left: int) -> np.ndarray:
    return np.ascontiguousarray(scene[:, left : left + 320])


def marks_of(pictures: Iterable[np.ndarray]) -> list[Mark]:
    finder = CutFinder()
    return [mark for picture in pictures for mark in finder.push(picture)] + finder.finish()


def fired(pictures: Iterable[np.ndarray]) -> list[bool]:
    return [mark.cut for mark in marks_of(pictures)]


def test_cuts_are_found_where_they_are() -> None:
    marks = fired(look(place(index // 10), 100 + index) for index in range(40))
    assert [i for i, cut in enumerate(marks) if cut] == [0, 10, 20, 30]


def test_pans_do_not_fire() -> None:
    scene = place(0)
    assert fired(look(scene, 24 * index) for index in range(25)) == [True] + [False] * 24


@pytest.mark.parametrize("length", [1, 2, 3])
def test_flashes_do_not_fire(length: int) -> None:
    scene, pictures = place(0), []
    for index in range(20):
        picture = look(scene, 100 + index)
        if 8 <= index < 8 + length:
            picture = np.clip(picture.astype(int) + 140, 0, 255).astype(np.uint8)
        pictures.append(picture)
    assert sum(fired(pictures)) == 1


def test_a_still_black_picture_is_one_shot() -> None:
    assert fired([np.zeros((90, 160), np.uint8)] * 5) == [True] + [False] * 4


@pytest.mark.parametrize("length", [5, 8, 12])
def test_a_dissolve_is_one_change_with_a_beginning_and_an_end(length: int) -> None:
    pictures = []
    for index in range(40 + length):
        share = np.clip((index - 19) / (length + 1), 0, 1)
        mixed = (1 - share) * look(place(0), 100 + index) + share * look(place(1), 400 - index)
        pictures.append(mixed.astype(np.uint8))
    marks = marks_of(pictures)
    changing = [i for i, mark in enumerate(marks) if mark.changing]
    assert changing, "a dissolve has frames that show neither shot"
    assert changing == list(range(changing[0], changing[-1] + 1))
    assert [i for i, mark in enumerate(marks) if mark.cut] == [0, changing[0], changing[-1] + 1]
    assert 20 - 3 <= changing[0] <= 20 + length <= changing[-1] + 1 + length // 2


def test_every_frame_gets_one_mark_and_soon() -> None:
    finder = CutFinder()
    waiting, most = 0, 0
    for index in range(30):
        waiting += 1 - len(finder.push(look(place(0), index)))
        most = max(most, waiting)
    assert most == AHEAD
    assert len(finder.finish()) == AHEAD


def test_no_frames_are_no_marks() -> None:
    assert CutFinder().finish() == []


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9])
def test_a_few_frames_are_one_shot(count: int) -> None:
    assert fired([look(place(0), 0)] * count) == [True] + [False] * (count - 1)
