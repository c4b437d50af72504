"""Clips read whole: videos, folders of pictures, single pictures, and what is none of these."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from makevideo import write_numbered
from touchline.core.errors import InputError
from touchline.media.clip_reader import is_clip, read_frames


def picture(path: Path, *, red: int = 200, width: int = 24, height: int = 32) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = np.zeros((height, width, 3), np.uint8)
    bgr[..., 2] = red
    cv2.imwrite(str(path), bgr)


def test_pictures_come_in_the_order_of_their_numbers_as_rgb(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        picture(tmp_path / f"frame{number}.png", red=number * 20)
    clip = read_frames(tmp_path)
    assert clip.rgb.shape == (3, 32, 24, 3)
    assert clip.rgb[:, 0, 0].tolist() == [[20, 0, 0], [40, 0, 0], [200, 0, 0]]
    assert clip.times_us.tolist() == [0, 40_000, 80_000]


def test_pictures_of_mixed_sizes_get_the_size_of_the_first(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    picture(tmp_path / "2.png", width=48, height=64)
    assert read_frames(tmp_path).rgb.shape == (2, 32, 24, 3)


def test_one_picture_is_a_clip_of_one(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    assert len(read_frames(tmp_path / "a.png")) == 1


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    (tmp_path / "b.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()
    for name in ("a.png", "b.mp4", "empty"):
        with pytest.raises(InputError, match=name):
            read_frames(tmp_path / name)
    assert is_clip(tmp_path) and is_clip(tmp_path / "b.mp4") and not is_clip(tmp_path / "empty")


def test_a_short_video_is_read_whole_and_a_long_one_refused(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mp4", frames=7)
    clip = read_frames(tmp_path / "a.mp4")
    assert len(clip) == 7 and clip.fps == pytest.approx(25)
    with pytest.raises(InputError, match="longer than 5 frames"):
        read_frames(tmp_path / "a.mp4", max_frames=5)
