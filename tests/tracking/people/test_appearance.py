"""Descriptors of what people wear: same kit near, other kit far, whatever the light."""

from typing import Any

import numpy as np
import pytest

from touchline.tracking.people.appearance import DIMENSIONS, describe, shirt_rgb

RED, BLUE, WHITE, DARK = (190, 40, 40), (50, 60, 190), (225, 225, 225), (35, 35, 40)


def pitch(*, height: int = 120, width: int = 200) -> Any:
    """Striped grass with a little noise."""
    stripes = np.where((np.arange(width) // 20) % 2 == 0, 1.0, 0.85)
    noise = np.random.default_rng(0).normal(0, 2, (height, width, 3))
    return np.array([70, 110, 60]) * stripes[None, :, None] + noise


def person(picture: Any, *, x: int, y: int, shirt: Any, shorts: Any, tall: int = 40) -> list[float]:
    """Paint somebody; the box around them."""
    wide = tall * 2 // 5
    inner = slice(x + wide // 4, x + wide - wide // 4)
    picture[y : y + tall // 7, inner] = (170, 130, 110)
    picture[y + tall // 7 : y + tall // 2, inner] = shirt
    picture[y + tall // 2 : y + tall * 7 // 10, inner] = shorts
    picture[y + tall * 7 // 10 : y + tall, inner] = (160, 125, 105)
    return [x, y, x + wide, y + tall]


def scene() -> tuple[Any, Any]:
    """A picture with two in red and white, two in blue and dark; their boxes."""
    picture = pitch()
    boxes = [
        person(picture, x=20, y=20, shirt=RED, shorts=WHITE),
        person(picture, x=130, y=60, shirt=RED, shorts=WHITE),
        person(picture, x=60, y=50, shirt=BLUE, shorts=DARK),
        person(picture, x=160, y=15, shirt=BLUE, shorts=DARK, tall=30),
    ]
    return picture, np.array(boxes, np.float32)


def shown(picture: Any) -> Any:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def distances(a: Any, b: Any) -> Any:
    return np.linalg.norm(a[:, None] - b, axis=2)


def test_same_kit_is_near_and_another_far() -> None:
    picture, boxes = scene()
    found = describe(shown(picture), boxes)
    assert found.shape == (4, DIMENSIONS)
    assert found.dtype == np.float32
    apart = distances(found, found)
    assert max(apart[0, 1], apart[2, 3]) < 0.5 * min(apart[0, 2], apart[0, 3], apart[1, 2], apart[1, 3])


@pytest.mark.parametrize("light", [(0.5, 0.5, 0.5), (0.7, 0.75, 0.9), (1.1, 1.0, 0.8)])
def test_light_on_everything_changes_little(light: Any) -> None:
    picture, boxes = scene()
    before, after = describe(shown(picture), boxes), describe(shown(picture * np.array(light)), boxes)
    apart = distances(before, before)
    assert distances(after, before).diagonal().max() < 0.25 * apart[0, 2]


def test_shade_over_half_the_pitch_changes_little() -> None:
    picture, boxes = scene()
    before = describe(shown(picture), boxes)
    picture[:, 110:] *= np.array([0.45, 0.5, 0.6])
    after = describe(shown(picture), boxes)
    assert distances(after, before).diagonal().max() < 0.35 * distances(before, before)[0, 2]


def test_boxes_beyond_the_picture_and_without_size() -> None:
    picture, _ = scene()
    boxes = np.array([[-20, -20, 5, 10], [195, 100, 260, 180], [50, 50, 50, 50], [500, 500, 520, 540]], np.float32)
    assert np.isfinite(describe(shown(picture), boxes)).all()


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_a_picture_without_grass_gives_numbers(level: int) -> None:
    grey = np.full((60, 80, 3), level, np.uint8)
    assert np.isfinite(describe(grey, np.array([[10, 10, 30, 50]], np.float32))).all()


def test_no_boxes() -> None:
    assert describe(shown(pitch()), np.zeros((0, 4), np.float32)).shape == (0, DIMENSIONS)


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(60, 80\)"):
        describe(np.zeros((60, 80), np.uint8), np.zeros((1, 4), np.float32))
    with pytest.raises(ValueError, match=r"\(4,\)"):
        describe(np.zeros((60, 80, 3), np.uint8), np.zeros(4, np.float32))


def test_the_shown_colour_of_a_shirt_is_on_its_side_of_the_grass() -> None:
    picture, boxes = scene()
    red, _, blue, _ = (np.array(shirt_rgb(descriptor)) for descriptor in describe(picture.astype(np.uint8), boxes))
    assert red.argmax() == 0 and blue.argmax() == 2
    white = pitch()
    box = person(white, x=20, y=20, shirt=WHITE, shorts=WHITE)
    (descriptor,) = describe(white.astype(np.uint8), np.array([box], np.float32))
    assert min(shirt_rgb(descriptor)) > 200
