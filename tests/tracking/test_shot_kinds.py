"""Kinds of shots from facts, and where in a shot they change."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.tracking.shot_kinds import PictureFacts, closeness, kind_changes, look_cues, shot_kind


def facts(people: int, tallest: float, *, pitch: bool, close: float = 0.0, count: int = 5) -> list[PictureFacts]:
    return [PictureFacts(people=people, tallest=tallest, pitch=pitch, closeness=close)] * count


def test_kinds_of_shots() -> None:
    assert shot_kind(facts(14, 0.12, pitch=True)) == "wide"
    assert shot_kind(facts(2, 0.8, pitch=False)) == "close-up"
    assert shot_kind(facts(0, 0.0, pitch=False)) == "other"
    assert shot_kind([]) == "other"


def test_a_close_look_without_people_is_a_close_up() -> None:
    assert shot_kind(facts(1, 0.1, pitch=False, close=0.9)) == "close-up"
    assert shot_kind(facts(3, 0.1, pitch=True, close=0.9)) == "close-up", "lines alone do not make it wide"
    assert shot_kind(facts(12, 0.1, pitch=False, close=0.9)) == "wide", "twelve people are seen from afar"


def test_a_change_is_a_kind_of_its_own() -> None:
    changing = PictureFacts(people=12, tallest=0.1, pitch=True, changing=True)
    assert shot_kind([changing] * 3) == "transition"
    assert shot_kind([changing, *facts(12, 0.1, pitch=True)]) == "wide"


WIDE, CLOSE = facts(12, 0.1, pitch=True, count=1)[0], facts(0, 0.0, pitch=False, close=0.9, count=1)[0]


def test_a_zoom_from_afar_to_one_person_changes_the_kind_once() -> None:
    assert kind_changes([WIDE] * 40 + [CLOSE] * 40, fps=12.5) == [40]
    assert kind_changes([WIDE] * 40 + [CLOSE] * 40 + [WIDE] * 60, fps=12.5) == [40, 80]


@pytest.mark.parametrize("odd", [1, 5, 12])
def test_a_moment_does_not_change_the_kind(odd: int) -> None:
    assert kind_changes([WIDE] * 40 + [CLOSE] * odd + [WIDE] * 40, fps=12.5) == []


def test_nothing_changes_in_nothing() -> None:
    assert kind_changes([], fps=12.5) == []
    assert kind_changes([WIDE], fps=12.5) == []


@pytest.mark.parametrize("size", [(108, 192), (1080, 1920), (640, 360), (36, 64), (9, 16), (1, 1)])
def test_every_size_of_picture_has_a_closeness(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for picture in (rng.integers(0, 256, (*size, 3)).astype(np.uint8), np.zeros((*size, 3), np.uint8)):
        assert 0 <= closeness(picture) <= 1


def grass_with(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Grass of 360 x 640 with white people of given boxes."""
    rng = np.random.default_rng(0)
    picture = np.clip(np.array([50, 120, 40]) + rng.normal(0, 4, (360, 640, 1)), 0, 255).astype(np.uint8)
    for x0, y0, x1, y1 in boxes:
        picture[y0:y1, x0:x1] = 230
    return picture


def test_the_cues_know_grass_and_what_stands_on_it() -> None:
    empty, one = look_cues(grass_with()), look_cues(grass_with((200, 40, 400, 360)))
    many = look_cues(grass_with(*((40 + 60 * i, 160 + 15 * i, 52 + 60 * i, 195 + 15 * i) for i in range(9))))
    assert empty[0] == pytest.approx(1.0)
    assert empty[3] == 0
    assert one[3] == pytest.approx(200 / 640, abs=0.03), "its share of the lower three fifths"
    assert one[4] == pytest.approx(1.0)
    assert many[6] == pytest.approx(np.log1p(9), abs=0.3), "nine small things"
    assert many[4] < 0.3
    assert closeness(grass_with((200, 40, 400, 360))) > closeness(
        grass_with(*((40 + 60 * i, 160 + 15 * i, 52 + 60 * i, 195 + 15 * i) for i in range(9)))
    )
