"""Pixel shapes, stated well, badly or anew midway: a circle stays a circle."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from makevideo import write_frames
from touchline.core.tracks import Tracks
from touchline.media.facts import inspect
from touchline.media.shown.proxy import write_proxy
from touchline.media.video import VideoReader
from touchline.render.overlay import write_overlay

WIDTH, HEIGHT, RADIUS = 180, 144, 40
NARROW, WIDE = Fraction(16, 15), Fraction(64, 45)
"""PAL's 4:3 and 16:9 with equally many pixels."""
PART = 10


def circle(aspect: Fraction, *, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A white circle on grey, round when each pixel is ``aspect`` times as wide as high; off the centre."""
    rows, columns = np.mgrid[:height, :width]
    x = (columns + 0.5 - width / 2) * float(aspect)
    y = rows + 0.5 - height / 2
    return np.where(np.hypot(x, y) < RADIUS * height / HEIGHT, 235, 90).astype(np.uint8)


def roundness(picture: np.ndarray) -> float:
    """Width over height of the white circle."""
    white = picture > 160
    columns, rows = np.flatnonzero(white.any(axis=0)), np.flatnonzero(white.any(axis=1))
    return float((np.ptp(columns) + 1) / (np.ptp(rows) + 1))


def joined(path: Path, parts: list[tuple[Fraction, int, int]], *, codec: str, options: dict[str, str]) -> Path:
    """A transport stream whose parts have their own pixel shapes and sizes, with times that go on."""
    data = b""
    for number, (aspect, width, height) in enumerate(parts):
        part = write_frames(
            path.with_name(f"part{number}.ts"),
            [circle(aspect, width=width, height=height)] * PART,
            times=[number * PART + index + 25 for index in range(PART)],
            time_base=Fraction(1, 25),
            aspect=aspect,
            codec=codec,
            options=options,
        )
        data += part.read_bytes()
    path.write_bytes(data)
    return path


CODECS: dict[str, tuple[str, dict[str, str]]] = {
    "mpeg2": ("mpeg2video", {"bf": "0", "g": "5", "b": "4000000"}),
    "mpeg2 with B-frames": ("mpeg2video", {"bf": "2", "g": "5", "b": "4000000"}),
    "h264": ("libx264", {"preset": "ultrafast", "bf": "0", "g": "5"}),
    "h264 with B-frames": ("libx264", {"preset": "veryfast", "bf": "2", "g": "5"}),
}
CHANGES = {
    "4:3 to 16:9": [(NARROW, WIDTH, HEIGHT), (WIDE, WIDTH, HEIGHT)],
    "16:9 to 4:3": [(WIDE, WIDTH, HEIGHT), (NARROW, WIDTH, HEIGHT)],
    "there and back": [(NARROW, WIDTH, HEIGHT), (WIDE, WIDTH, HEIGHT), (NARROW, WIDTH, HEIGHT)],
    "size and shape": [(NARROW, WIDTH, HEIGHT), (Fraction(1), 320, 180)],
}


@pytest.mark.robustness("14", "27")
@pytest.mark.parametrize("codec", list(CODECS))
@pytest.mark.parametrize("change", list(CHANGES))
def test_a_circle_stays_a_circle(tmp_path: Path, change: str, codec: str) -> None:
    name, options = CODECS[codec]
    parts = CHANGES[change]
    path = joined(tmp_path / "v.ts", parts, codec=name, options=options)
    first = parts[0][0]
    with VideoReader(path) as video:
        frames = list(video.frames())
        repairs = video.coverage().repairs
    lost = 1 if "size" in change and name == "mpeg2video" else 0  # its decoder drops the frame it holds
    assert len(frames) == PART * len(parts) - lost
    assert {frame.luma.shape for frame in frames} == {(HEIGHT, round(WIDTH * first))}
    for frame in frames:
        assert roundness(frame.luma) == pytest.approx(1, abs=0.04)
        assert roundness(frame.to_rgb()[:, :, 1]) == pytest.approx(1, abs=0.04)
    assert any("fitted into" in repair for repair in repairs)
    with VideoReader(path) as video:
        late = list(video.frames(start_us=(PART + 5) * 40_000))
    assert all(roundness(frame.luma) == pytest.approx(1, abs=0.04) for frame in late)


@pytest.mark.robustness("14", "27")
def test_copies_keep_it_round(tmp_path: Path) -> None:
    name, options = CODECS["h264"]
    path = joined(tmp_path / "v.ts", CHANGES["4:3 to 16:9"], codec=name, options=options)
    info = inspect(path).info
    write_proxy(info, tmp_path / "proxy.mp4")
    write_overlay(path, tmp_path / "overlay.mp4", tracks=Tracks((), (), info.width, info.height))
    for made in ("proxy.mp4", "overlay.mp4"):
        with VideoReader(tmp_path / made) as video:
            assert all(roundness(frame.luma) == pytest.approx(1, abs=0.05) for frame in video.frames())


@pytest.mark.robustness("14")
@pytest.mark.parametrize("stated", [None, Fraction(1, 500), Fraction(500, 1)])
def test_nonsense_is_square(tmp_path: Path, stated: Fraction | None, tried: Callable[[int], None]) -> None:
    suffixes = ("mkv", "mp4", "ts", "avi")
    tried(len(suffixes))
    for suffix in suffixes:
        path = write_frames(tmp_path / f"v.{suffix}", [circle(Fraction(1))] * 3, aspect=stated, codec="mpeg4")
        info = inspect(path).info
        assert (info.width, info.height) == (WIDTH, HEIGHT)


@pytest.mark.robustness("14")
@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov", "ts", "avi", "nut"])
def test_one_shape_throughout(tmp_path: Path, suffix: str) -> None:
    path = write_frames(tmp_path / f"v.{suffix}", [circle(WIDE)] * 12, aspect=WIDE, codec="mpeg4", options={})
    with VideoReader(path) as video:
        assert (video.info.width, video.info.height) == (256, 144)
        for frame in video.frames():
            assert roundness(frame.luma) == pytest.approx(1, abs=0.04)
        assert video.coverage().repairs == ()


def test_the_container_is_believed_before_the_stream(tmp_path: Path) -> None:
    raw = write_frames(tmp_path / "v.ts", [circle(WIDE)] * 6, aspect=NARROW, codec="libx264")
    path = tmp_path / "v.mkv"
    with av.open(str(raw)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.codec_context.sample_aspect_ratio = WIDE
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    with VideoReader(path) as video:
        shapes = {frame.luma.shape for frame in video.frames()}
    assert len(shapes) == 1
    assert video.coverage().repairs == ()
