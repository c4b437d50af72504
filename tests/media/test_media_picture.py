from __future__ import annotations

import av
import numpy as np
import pytest

from touchline.media.frame import Frame
from touchline.media.picture import Orientation, luma_plane, resize

GREY = np.arange(96 * 160, dtype=np.uint32).reshape(96, 160) % 256


def limited(grey: np.ndarray) -> np.ndarray:
    """What full-range grey becomes in limited range."""
    return grey * 219 / 255 + 16


@pytest.mark.parametrize("pix_fmt", ["p010le", "p016le", "p210le", "nv12", "yuv420p12le", "yuv422p14le", "yuva420p"])
def test_planes_of_any_depth_give_eight_bits(pix_fmt: str) -> None:
    frame = av.VideoFrame.from_ndarray(GREY.astype(np.uint8), format="gray").reformat(format=pix_fmt)
    assert np.abs(luma_plane(frame) - limited(GREY)).max() <= 2


@pytest.mark.parametrize("pix_fmt", ["yuyv422", "uyvy422", "yuv420p10be", "yvyu422"])
def test_packed_and_foreign_layouts_are_converted(pix_fmt: str) -> None:
    frame = av.VideoFrame.from_ndarray(GREY.astype(np.uint8), format="gray").reformat(format=pix_fmt)
    assert np.abs(luma_plane(frame) - limited(GREY)).max() <= 2


@pytest.mark.parametrize("pix_fmt", ["rgb24", "bgra", "gbrp", "gray16le", "gray10le", "gray16be", "rgb48le", "gray"])
def test_rgb_and_grey_keep_their_full_range(pix_fmt: str) -> None:
    frame = av.VideoFrame.from_ndarray(GREY.astype(np.uint8), format="gray").reformat(format=pix_fmt)
    assert np.abs(luma_plane(frame).astype(int) - GREY).max() <= 2


def test_padding_at_the_end_of_lines_is_left_out() -> None:
    frame = av.VideoFrame(33, 17, "yuv420p")
    plane = frame.planes[0]
    assert plane.line_size > 33
    rows = np.full((plane.height, plane.line_size), 255, np.uint8)
    rows[:, :33] = 7
    plane.update(rows.tobytes())
    assert luma_plane(frame).shape == (17, 33) and (luma_plane(frame) == 7).all()


@pytest.mark.parametrize(("turn", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_turning_is_clockwise(turn: int, corner: tuple[int, int]) -> None:
    picture = np.zeros((4, 6), np.uint8)
    picture[0, 0] = 1
    turned = Orientation(rotation_deg=turn).apply(picture)
    assert turned[corner] == 1
    assert turned.shape[::-1] == Orientation(rotation_deg=turn).size(6, 4)


def test_resizing_keeps_colours_apart() -> None:
    rgb = np.zeros((20, 30, 3), np.uint8)
    rgb[:] = (10, 120, 240)
    small = resize(rgb, width=7, height=5)
    assert small.shape == (5, 7, 3)
    assert np.abs(small.astype(int) - (10, 120, 240)).max() <= 1


def test_a_frame_checks_its_luma() -> None:
    with pytest.raises(ValueError, match="float64"):
        Frame(0, np.zeros((2, 2)))  # type: ignore[arg-type]
    assert Frame(0, np.full((2, 3), 9, np.uint8)).to_rgb().tolist() == np.full((2, 3, 3), 9).tolist()
