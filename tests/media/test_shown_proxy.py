"""A copy for browsers has every frame of its source at the same time."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from makevideo import read_number, write_frames, write_numbered
from touchline.core.errors import ResourceError
from touchline.media.shown.browsers import playback_of
from touchline.media.shown.frame_index import decoded_times
from touchline.media.shown.proxy import proxy_size, write_proxy
from touchline.media.video import VideoReader, probe


def numbers(path: Path) -> list[tuple[int, int]]:
    with VideoReader(path) as video:
        return [(frame.time_us, read_number(frame.luma)) for frame in video.frames()]


def test_a_variable_rate_is_kept_and_the_sound_becomes_aac(tmp_path: Path) -> None:
    times = [0, 40, 80, 200, 210, 500, 540, 580, 1000, 1033, 1066, 1500]
    source = write_numbered(tmp_path / "v.mkv", frames=12, times=times, time_base=Fraction(1, 1000), codec="ffv1")
    out = tmp_path / "proxy.mp4"
    assert write_proxy(probe(source), out) == ()
    assert numbers(out) == [(1000 * time, k) for k, time in enumerate(times)]
    info = probe(out)
    assert (info.codec, info.pixel_format, playback_of(info).playable) == ("h264", "yuv420p", "yes")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["proxy.mp4", "v.mkv"]


def test_sound_that_browsers_do_not_play_is_converted(tmp_path: Path, ffmpeg: str) -> None:
    source = tmp_path / "v.mov"
    make = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=2:r=25:s=320x180", "-f", "lavfi", "-i", "sine=d=2"]
    subprocess.run([*make, "-c:v", "prores_ks", "-c:a", "pcm_s16le", str(source)], check=True)
    out = tmp_path / "proxy.mp4"
    notes = write_proxy(probe(source), out)
    assert "converted to AAC" in notes[0]
    assert decoded_times(out).tolist() == decoded_times(source).tolist()
    with av.open(str(out)) as made:
        assert [stream.codec_context.name for stream in made.streams.audio] == ["aac"]


def test_key_frames_are_near_and_large_pictures_become_smaller(tmp_path: Path) -> None:
    pictures = (np.full((1080, 1920), 100, np.uint8) for _ in range(60))
    source = write_frames(tmp_path / "v.mp4", pictures, options={"preset": "ultrafast", "g": "250"})
    info = probe(source)
    assert proxy_size(info) == (1280, 720)
    write_proxy(info, tmp_path / "proxy.mp4")
    with av.open(str(tmp_path / "proxy.mp4")) as made:
        keys = [k for k, packet in enumerate(made.demux(video=0)) if packet.is_keyframe and packet.size]
        assert (made.streams.video[0].width, made.streams.video[0].height) == (1280, 720)
    assert keys[:3] == [0, 25, 50]


def test_a_copy_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    source = write_numbered(tmp_path / "v.mp4", frames=60)
    (tmp_path / "cache").mkdir()
    with pytest.raises(KeyboardInterrupt):
        write_proxy(probe(source), tmp_path / "cache" / "proxy.mp4", progress=stop)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = write_numbered(tmp_path / "v.mp4", frames=5)
    with pytest.raises(ResourceError, match="nowhere"):
        write_proxy(probe(source), tmp_path / "nowhere" / "proxy.mp4")
