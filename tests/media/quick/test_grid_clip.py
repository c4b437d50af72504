"""A few frames on a grid, as one request: the same pictures as reading the whole video gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from makevideo import read_number, write_numbered
from touchline.media.quick.grid_clip import read_grid_clip
from touchline.media.sampling import fit_luma, sample_regular
from touchline.media.video import VideoReader


@pytest.mark.parametrize("isolation", ["0", "1"])
@pytest.mark.parametrize(("fps", "indices"), [(25.0, (30, 32, 31)), (25.0, (0, 1)), (12.5, (20, 24)), (25.0, (48, 49))])
def test_a_clip_is_what_the_whole_video_has_there(
    isolation: str, fps: float, indices: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOUCHLINE_ISOLATION", isolation)
    video = write_numbered(tmp_path / "video.mp4", frames=50, options={"g": "12"})
    with VideoReader(video) as reader:
        every = {
            index: fit_luma(frame.luma, width=160, height=128)
            for index, frame in sample_regular(reader.frames(), fps=fps)
        }
        facts = reader.facts
    clip = read_grid_clip(facts, indices=indices, fps=fps, width=160, height=128)
    assert clip.indices == tuple(sorted(indices)) and clip.luma.shape == (len(indices), 128, 160)
    for index, luma in zip(clip.indices, clip.luma, strict=True):
        assert np.array_equal(luma, every[index])
        assert read_number(luma[16:112]) == round(index * 25 / fps)


def test_what_lies_behind_the_end_is_missing(tmp_path: Path) -> None:
    facts = VideoReader(write_numbered(tmp_path / "video.mp4", frames=50)).facts
    clip = read_grid_clip(facts, indices=(48, 49, 50, 60), fps=25.0, width=160, height=96)
    assert clip.indices == (48, 49)
    assert read_grid_clip(facts, indices=(90,), fps=25.0, width=160, height=96).luma.shape == (0, 96, 160)
