"""The frame rate that is shown is that of the frames, whatever the container states."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from makevideo import write_frames, write_numbered
from touchline.media.facts import inspect
from touchline.media.video import VideoReader, probe

PAL, NTSC = Fraction(25), Fraction(30_000, 1_001)


def tape(path: Path, *, fps: Fraction) -> Path:
    """A raw DV file: no container, no times."""
    height, pix_fmt = (576, "yuv420p") if fps == PAL else (480, "yuv411p")
    grey = np.full((height, 720, 3), 90, np.uint8)
    return write_frames(path, [grey] * 8, fps=fps, codec="dvvideo", pix_fmt=pix_fmt, container_format="dv")


@pytest.mark.robustness("real-files")
@pytest.mark.parametrize("fps", [PAL, NTSC])
def test_raw_dv(tmp_path: Path, fps: Fraction) -> None:
    info = probe(tape(tmp_path / "tape.dv", fps=fps))
    assert info.fps == float(fps)
    with VideoReader(info.path) as video:
        times = [frame.time_us for frame in video.frames()]
    assert np.diff(times) == pytest.approx(np.full(7, 1e6 / fps), abs=1)


FILES: dict[str, dict[str, object]] = {
    "raw.h264": {"container_format": "h264"},
    "raw.m2v": {"codec": "mpeg2video", "container_format": "mpeg2video"},
    "raw.m4v": {"codec": "mpeg4", "container_format": "m4v"},
    "program.mpg": {"codec": "mpeg2video", "container_format": "mpeg"},
    "disc.vob": {"codec": "mpeg2video", "container_format": "vob"},
    "transport.ts": {},
    "web.flv": {},
    "bare.flv": {"codec": "flv", "container_options": {"flvflags": "no_metadata"}},
    "old.asf": {"codec": "wmv2"},
    "photos.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "ticks.mp4": {"container_options": {"video_track_timescale": "1000000"}},
    "ticks.mov": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "container_options": {"video_track_timescale": "90000"}},
    "film.mkv": {},
    "live.mkv": {"container_options": {"live": "1"}},
    "web.webm": {"codec": "libvpx"},
    "server.mxf": {"codec": "mpeg2video"},
    "open.nut": {"codec": "ffv1"},
}


@pytest.mark.robustness("real-files")
@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30_000, 1_001)], ids=["25", "29.97"])
@pytest.mark.parametrize("name", list(FILES))
def test_of_every_container(tmp_path: Path, name: str, fps: Fraction) -> None:
    path = write_numbered(tmp_path / name, frames=40, fps=fps, **FILES[name])
    facts = inspect(path)
    assert facts.info.fps == pytest.approx(float(fps), rel=0.01)
    assert facts.step_us == pytest.approx(1e6 / facts.info.fps, abs=1)
    with VideoReader(path) as video:
        times = [frame.time_us for frame in video.frames()]
    assert np.median(np.diff(times)) == pytest.approx(1e6 / float(fps), abs=1_000)


@pytest.mark.parametrize("fps", [1, 5, 50, 120, 240, 1000])
def test_slow_and_fast_ones(tmp_path: Path, fps: int) -> None:
    assert probe(write_numbered(tmp_path / "v.mp4", frames=12, fps=fps)).fps == pytest.approx(fps, rel=0.01)


def test_pauses_lower_the_average_and_that_is_stated(tmp_path: Path) -> None:
    times = [*range(30), 60, 90, 120, 150]
    path = write_numbered(tmp_path / "v.mkv", frames=34, times=times, time_base=Fraction(1, 25))
    assert probe(path).fps <= 25


def test_two_frames_and_one(tmp_path: Path) -> None:
    for frames in (1, 2):
        assert probe(write_numbered(tmp_path / "v.mp4", frames=frames)).fps == 25
