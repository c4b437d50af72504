"""Pictures joined with known cuts."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.tracking.cuts import CutFinder, PictureFacts, shot_kind


def place(seed: int) -> np.ndarray:
    """A wide scene with its own structure, uint8 (180, 960)."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 200, (9, 48))
    picture = np.kron(coarse, np.ones((20, 20)))
    return (picture + rng.normal(0, 2, picture.shape)).clip(0, 255).astype(np.uint8)


def look(scene: np.ndarray, left: int) -> np.ndarray:
    return np.ascontiguousarray(scene[:, left : left + 320])


def test_cuts_are_found_where_they_are() -> None:
    finder, fired = CutFinder(), []
    for index in range(40):
        fired.append(finder.update(look(place(index // 10), 100 + index)))
    assert [i for i, cut in enumerate(fired) if cut] == [0, 10, 20, 30]


def test_pans_do_not_fire() -> None:
    finder, scene = CutFinder(), place(0)
    fired = [finder.update(look(scene, 24 * index)) for index in range(25)]
    assert fired == [True] + [False] * 24


@pytest.mark.parametrize("length", [1, 2, 3])
def test_flashes_do_not_fire(length: int) -> None:
    finder, scene = CutFinder(), place(0)
    fired = []
    for index in range(20):
        picture = look(scene, 100 + index)
        if 8 <= index < 8 + length:
            picture = np.clip(picture.astype(int) + 140, 0, 255).astype(np.uint8)
        fired.append(finder.update(picture))
    assert sum(fired) == 1


def test_a_still_black_picture_is_one_shot() -> None:
    finder = CutFinder()
    assert [finder.update(np.zeros((90, 160), np.uint8)) for _ in range(5)] == [True] + [False] * 4


def facts(people: int, tallest: float, *, pitch: bool) -> list[PictureFacts]:
    return [PictureFacts(people=people, tallest=tallest, pitch=pitch)] * 5


def test_kinds_of_shots() -> None:
    assert shot_kind(facts(14, 0.12, pitch=True)) == "wide"
    assert shot_kind(facts(2, 0.8, pitch=False)) == "close-up"
    assert shot_kind(facts(0, 0.0, pitch=False)) == "other"
    assert shot_kind([]) == "other"
