"""People cut out of pictures: at their own aspect, wherever their box lies."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.recognition.crops import crop_person


def picture() -> np.ndarray:
    rgb = np.zeros((100, 200, 3), np.uint8)
    rgb[..., 0] = np.arange(200)
    rgb[..., 1] = np.arange(100)[:, None]
    rgb[..., 2] = 255
    return rgb


def test_a_box_of_the_wanted_shape_is_cut_out_as_it_is() -> None:
    rgb = picture()
    crop = crop_person(rgb, [50, 20, 70, 60], width=20, height=40, margin=0)
    np.testing.assert_array_equal(crop, rgb[20:60, 50:70])


def test_a_narrow_box_is_widened_not_stretched() -> None:
    crop = crop_person(picture(), [60, 20, 64, 60], width=20, height=40, margin=0)
    assert crop is not None
    assert crop[0, :, 0].tolist() == list(range(52, 72))
    assert crop[:, 0, 1].tolist() == list(range(20, 60))


def test_a_wide_box_is_made_taller() -> None:
    crop = crop_person(picture(), [50, 40, 70, 50], width=20, height=40, margin=0)
    assert crop is not None
    assert crop[:, 0, 1].tolist() == list(range(25, 65))


def test_what_lies_outside_is_black() -> None:
    crop = crop_person(picture(), [-10, -20, 10, 20], width=20, height=40, margin=0)
    assert crop is not None
    assert not crop[:20].any() and not crop[:, :10].any()
    assert (crop[20:, 10:, 2] == 255).all()


@pytest.mark.parametrize(
    "box", [[-30, 0, -10, 40], [0, 120, 20, 160], [10, 10, 10, 30], [30, 30, 20, 60], [np.nan, 0, 10, 10]]
)
def test_no_box_in_the_picture_gives_nothing(box: list[float]) -> None:
    assert crop_person(picture(), box, width=20, height=40) is None


def test_the_margin_is_added_on_every_side_and_the_picture_left_alone() -> None:
    rgb = picture()
    before = rgb.copy()
    crop = crop_person(rgb, [50, 20, 70, 60], width=13, height=26, margin=0.15)
    assert crop is not None and crop.shape == (26, 13, 3)
    np.testing.assert_array_equal(rgb, before)
