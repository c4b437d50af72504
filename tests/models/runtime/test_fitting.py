"""Pictures at the size a network wants: which pixels stay, which go, which are black."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from touchline.models.runtime.fitting import fit, fit_at_corner, fit_in_square, resize

pytestmark = pytest.mark.robustness("33")


def columns(height: int, width: int) -> np.ndarray:
    """A picture whose columns count up from 0."""
    return np.broadcast_to(np.arange(width, dtype=np.uint8)[None, :, None], (height, width, 3)).copy()


def test_a_picture_of_the_right_size_is_the_very_same() -> None:
    rgb = columns(4, 6)
    for how in ("stretch", "resize", "crop", "pad"):
        assert fit(rgb, width=6, height=4, how=how) is rgb  # type: ignore[arg-type]


@pytest.mark.parametrize(("rounding", "kept"), [("nearest", [3, 4]), ("down", [2, 3])])
def test_a_crop_cuts_the_middle_and_loses_an_odd_column_at_one_side(rounding: Any, kept: list[int]) -> None:
    assert fit(columns(2, 7), width=2, height=2, how="crop", rounding=rounding)[0, :, 0].tolist() == kept


def test_padding_is_black_above_and_below() -> None:
    padded = fit(np.full((2, 4, 3), 9, np.uint8), width=4, height=6, how="pad")
    assert padded[:, 0, 0].tolist() == [0, 0, 9, 9, 0, 0]


@pytest.mark.parametrize(("rounding", "rows"), [("nearest", 3), ("down", 2)])
def test_a_scaled_side_is_rounded_or_cut(rounding: Any, rows: int) -> None:
    padded = fit(np.full((57, 100, 3), 9, np.uint8), width=5, height=5, how="pad", rounding=rounding)
    assert int((padded[:, 0, 0] == 9).sum()) == rows


def test_shrinking_averages_and_growing_interpolates() -> None:
    halves = np.zeros((2, 4, 3), np.uint8)
    halves[:, 1::2] = 100
    assert (resize(halves, width=2, height=1) == 50).all()
    assert resize(halves[:, :2], width=4, height=2)[0, :, 0].tolist() == [0, 25, 75, 100]


def test_at_the_corner_the_scale_leads_back() -> None:
    canvas = np.zeros((4, 8, 3), np.uint8)
    assert fit_at_corner(np.full((8, 8, 3), 9, np.uint8), into=canvas) == 0.5
    assert (canvas[:, :4] == 9).all() and not canvas[:, 4:].any()


def test_in_a_square_a_crop_lies_in_the_middle() -> None:
    canvas = np.zeros((8, 8, 3), np.uint8)
    square = fit_in_square(np.full((16, 8, 3), 9, np.uint8), into=canvas)
    assert (square.side, square.offset) == (16, (4.0, 0.0))
    assert canvas[0, :, 0].tolist() == [0, 0, 9, 9, 9, 9, 0, 0]
    with pytest.raises(ValueError, match="must be uint8"):
        fit_in_square(np.zeros((4, 4), np.uint8), into=canvas)
