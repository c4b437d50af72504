"""``touchline.Video``: what a file is, its frames, and frames at chosen times."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np

from touchline import Video


def test_a_video_gives_its_facts_its_frames_and_clips() -> None:
    with as_file(files("touchline.analysis") / "sample" / "sample.mp4") as path, Video(path) as video:
        assert (video.info.width, video.info.height, video.info.fps) == (640, 360, 25)
        first, second = video.clip([0, 80_000])
        frames = video.frames()
        shown = [next(frames) for _ in range(3)]
        grid = [
            frame.time_us for _, frame in zip(range(3), (frame for _, frame in video.sampled(fps=12.5)), strict=False)
        ]
    assert [frame.time_us for frame in shown] == [0, 40_000, 80_000]
    assert grid == [0, 80_000, 160_000]
    assert np.array_equal(first.luma, shown[0].luma)
    assert np.array_equal(second.to_rgb(), shown[2].to_rgb())
