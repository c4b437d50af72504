"""Single pictures: grey, 16-bit, transparent, turned, damaged, huge; and poses drawn."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.core.poses import BONES, JOINTS, Pose
from touchline.media import stills
from touchline.media.stills import encode_still, read_still
from touchline.render.skeleton_picture import LEFT, MIDDLE, RIGHT, bone_colour, draw_pose, draw_skeletons

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)


def _write(path: Path, pixels: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), pixels)
    return path


def test_colour_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode_still(RGB))
    assert bool((read_still(path) == RGB).all())
    with pytest.raises(ValueError, match="must be one of"):
        encode_still(RGB, suffix=".gif")


def test_grey_sixteen_bits_and_transparency(tmp_path: Path) -> None:
    grey = RGB[..., 0]
    assert bool((read_still(_write(tmp_path / "grey.png", grey)) == grey[..., None]).all())
    deep = (grey.astype(np.uint16) << 8) + 17
    assert bool((read_still(_write(tmp_path / "deep.png", deep)) == grey[..., None]).all())
    twelve = (grey.astype(np.uint16) << 4) + 3
    assert bool((read_still(_write(tmp_path / "twelve.tif", twelve)) == grey[..., None]).all())
    glass = np.concatenate([RGB[..., ::-1], np.full((20, 30, 1), 9, np.uint8)], axis=2)
    assert bool((read_still(_write(tmp_path / "glass.png", glass)) == RGB).all())


@pytest.mark.parametrize("data", [b"", b"not a picture", encode_still(RGB)[:50]])
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"bad\.png: not a readable image"):
        read_still(path)


def test_missing_huge_and_floating_pictures_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_still(tmp_path / "none.png")
    path = tmp_path / "a.png"
    path.write_bytes(encode_still(RGB))
    monkeypatch.setattr(stills, "MAX_PIXELS", 500)
    with pytest.raises(InputError, match="30x20 pixels is over the limit"):
        read_still(path)
    monkeypatch.setattr(stills, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="is too large for an image"):
        read_still(path)
    monkeypatch.undo()
    with pytest.raises(InputError, match="samples of type float32"):
        read_still(_write(tmp_path / "f.tif", RGB.astype(np.float32)))


def _pose(confidence: float = 1.0) -> Pose:
    joints = np.random.default_rng(1).uniform(10, 90, (16, 2)).astype(np.float32)
    return Pose(joints, np.full(16, confidence, np.float32))


def test_a_pose_is_drawn_where_it_is_and_the_picture_is_left_alone() -> None:
    ground = np.zeros((100, 100, 3), np.uint8)
    drawn = draw_pose(ground, _pose())
    assert not ground.any()
    for x, y in _pose().joints_px.astype(int):
        assert drawn[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].any()
    assert not draw_pose(ground, _pose(0.0)).any()
    assert 0 < np.count_nonzero(draw_pose(ground, _pose(0.2))) < np.count_nonzero(drawn)


def test_sides_have_their_colours() -> None:
    assert bone_colour(*BONES[0]) == RIGHT and bone_colour(*BONES[4]) == LEFT
    assert bone_colour(JOINTS.index("pelvis"), JOINTS.index("neck")) == MIDDLE


def test_skeletons_lie_side_by_side() -> None:
    sheet = draw_skeletons([_pose().joints_px] * 3, cell_px=50, columns=2)
    assert sheet.shape == (100, 100, 3)
    assert bool((sheet[:50, :50] == sheet[:50, 50:]).all()) and not bool((sheet[50:, 50:] != sheet[-1, -1]).any())


@pytest.mark.robustness("parsers", "11")
def test_a_picture_that_states_more_than_it_holds_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    data = bytearray(encode_still(np.zeros((4, 4, 3), np.uint8)))
    for size in ((16_384, 12_000), (60_000, 60_000)):
        data[16:24] = b"".join(side.to_bytes(4, "big") for side in size)
        (tmp_path / "huge.png").write_bytes(data)
        with pytest.raises(InputError, match=f"{size[0]}x{size[1]} pixels"):
            read_still(tmp_path / "huge.png")


def test_a_part_that_states_more_bytes_than_the_file_has_is_refused(tmp_path: Path) -> None:
    data = bytearray(encode_still(np.zeros((4, 4, 3), np.uint8)))
    data[33] = 0x80  # the length of the first part with pixels: 2 GB
    (tmp_path / "long.png").write_bytes(data)
    with pytest.raises(InputError, match="not a readable image"):
        read_still(tmp_path / "long.png")
