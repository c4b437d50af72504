"""Rows 12-17, 19-21, 24, 25, 27 of the bad inputs: unusual videos that must come out right."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from makevideo import bars, read_number, write_frames, write_numbered
from touchline.core.errors import UsageError
from touchline.core.events import Coverage
from touchline.media.check import check_video
from touchline.media.clips import read_clip
from touchline.media.frame import Frame
from touchline.media.video import VideoReader, probe

STEP_US = 40_000


def read(path: Path, *, start_us: int = 0) -> tuple[list[Frame], Coverage]:
    with VideoReader(path) as video:
        return list(video.frames(start_us=start_us)), video.coverage()


def numbers(frames: list[Frame]) -> list[int]:
    return [read_number(frame.luma) for frame in frames]


def corners(height: int = 96, width: int = 160) -> np.ndarray:
    """A picture whose four quarters have levels 40, 90, 140, 190, left to right and top to bottom."""
    picture = np.zeros((height, width), np.uint8)
    picture[: height // 2, : width // 2] = 40
    picture[: height // 2, width // 2 :] = 90
    picture[height // 2 :, : width // 2] = 140
    picture[height // 2 :, width // 2 :] = 190
    return picture


def quarters(luma: np.ndarray) -> list[float]:
    height, width = luma.shape
    return [float(luma[y * height // 4, x * width // 4]) for y, x in ((1, 1), (1, 3), (3, 1), (3, 3))]


@pytest.mark.robustness("12")
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_variable_frame_rate_keeps_every_frames_own_time(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(3)
    times_ms = np.cumsum([0, *rng.choice([17, 33, 40, 100, 800], 60)]).tolist()
    path = write_numbered(
        tmp_path / f"vfr.{suffix}", frames=61, times=times_ms, time_base=Fraction(1, 1000), fps=Fraction(30)
    )
    frames, coverage = read(path)
    assert numbers(frames) == list(range(61))
    assert [frame.time_us for frame in frames] == pytest.approx([1000 * t for t in times_ms], abs=100)
    assert coverage.complete and not coverage.repairs
    report = check_video(path)
    assert report.severity == "ok" and "variable-frame-rate" in {f.code for f in report.findings}


@pytest.mark.robustness("13")
@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_rotation_comes_out_upright(tmp_path: Path, rotation_deg: int) -> None:
    upright = corners(height=96, width=160)
    coded = np.ascontiguousarray(np.rot90(upright, k=rotation_deg // 90))
    path = write_frames(tmp_path / "r.mp4", [coded] * 3, rotation_deg=rotation_deg)
    info = probe(path)
    assert (info.width, info.height, info.rotation_deg) == (160, 96, rotation_deg)
    frame = read(path)[0][0]
    assert frame.luma.shape == (96, 160)
    assert quarters(frame.luma) == pytest.approx([40, 90, 140, 190], abs=3)
    assert frame.to_rgb().shape == (96, 160, 3)
    assert np.argsort(quarters(frame.to_rgb()[:, :, 1])).tolist() == [0, 1, 2, 3]


@pytest.mark.robustness("13")
def test_a_mirrored_video_comes_out_as_players_show_it(tmp_path: Path) -> None:
    path = tmp_path / "m.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.set_display_rotation(0, hflip=True)
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(corners()[:, ::-1]), format="gray")
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    levels = quarters(read(path)[0][0].luma)
    assert np.argsort(levels).tolist() == [0, 1, 2, 3]


@pytest.mark.robustness("14")
@pytest.mark.parametrize(("width", "height"), [(161, 97), (159, 95), (33, 17)])
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv420p"])
def test_odd_sizes(tmp_path: Path, width: int, height: int, pix_fmt: str) -> None:
    codec, suffix = ("libx264", "mp4") if pix_fmt == "yuv444p" else ("libvpx-vp9", "webm")
    picture = corners(height=height, width=width)
    path = write_frames(tmp_path / f"odd.{suffix}", [picture] * 3, codec=codec, pix_fmt=pix_fmt)
    frame = read(path)[0][-1]
    assert frame.luma.shape == (height, width)
    assert quarters(frame.luma) == pytest.approx([40, 90, 140, 190], abs=4)
    assert frame.to_rgb().shape == (height, width, 3)


@pytest.mark.robustness("14")
@pytest.mark.parametrize(("aspect", "shown"), [(Fraction(16, 11), 1047), (Fraction(8, 9), 640), (Fraction(2), 1440)])
def test_pixels_that_are_not_square_are_stretched(tmp_path: Path, aspect: Fraction, shown: int) -> None:
    path = write_frames(tmp_path / "sar.mp4", [corners(height=480, width=720)] * 2, aspect=aspect)
    info = probe(path)
    assert (info.width, info.height) == (shown, 480)
    frame = read(path)[0][0]
    assert frame.luma.shape == (480, shown)
    assert quarters(frame.luma) == pytest.approx([40, 90, 140, 190], abs=4)


@pytest.mark.robustness("14")
def test_a_senseless_pixel_shape_is_not_believed(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "sar.mp4", [corners()] * 2, aspect=Fraction(9000))
    assert probe(path).width == 160


@pytest.mark.robustness("15")
@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv422p10le", "yuv444p10le"])
def test_ten_bits_are_cut_to_eight(tmp_path: Path, pix_fmt: str) -> None:
    def deep(frame: av.VideoFrame) -> av.VideoFrame:
        out = av.VideoFrame(160, 96, pix_fmt)
        for i, plane in enumerate(out.planes):
            rows = np.full((plane.height, plane.line_size // 2), 512, np.uint16)
            if i == 0:
                rows[:, :160] = corners().astype(np.uint16) * 4 + 2
            plane.update(rows.tobytes())
        out.pts, out.time_base = frame.pts, frame.time_base
        return out

    path = write_frames(tmp_path / "deep.mp4", [corners()] * 3, pix_fmt=pix_fmt, prepare=deep)
    assert probe(path).pixel_format == pix_fmt
    frame = read(path)[0][0]
    assert frame.luma.dtype == np.uint8
    assert quarters(frame.luma) == pytest.approx([40, 90, 140, 190], abs=1)


@pytest.mark.robustness("15")
def test_luma_is_passed_as_coded_and_colours_by_their_range(tmp_path: Path) -> None:
    grey = {}
    for pix_fmt, codec in (("yuv420p", "libx264"), ("yuvj420p", "mjpeg")):
        picture = np.full((96, 160, 3), 255, np.uint8)
        path = write_frames(tmp_path / f"{pix_fmt}.mkv", [picture], codec=codec, pix_fmt=pix_fmt)
        frame = read(path)[0][0]
        grey[pix_fmt] = int(frame.luma[48, 80])
        assert int(frame.to_rgb().min()) >= 253
    assert grey["yuv420p"] == pytest.approx(235, abs=1)
    assert grey["yuvj420p"] == pytest.approx(255, abs=1)


@pytest.mark.robustness("14", "15")
@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix"),
    [("ffv1", "gray", "mkv"), ("ffv1", "bgr0", "mkv"), ("ffv1", "yuv420p16le", "mkv"), ("rawvideo", "yuyv422", "avi"),
     ("rawvideo", "nv12", "nut"), ("mpeg4", "yuv420p", "avi"), ("mpeg2video", "yuv420p", "mpg"),
     ("libvpx", "yuv420p", "webm"), ("libx265", "yuv420p", "mp4"),
     ("ffv1", "gray16le", "mkv"), ("ffv1", "gbrp10le", "mkv"), ("flv", "yuv420p", "flv")],
)  # fmt: skip
def test_pixel_formats_and_codecs(tmp_path: Path, codec: str, pix_fmt: str, suffix: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    pictures = [bars(i, width=160, height=96) for i in range(12)]
    path = write_frames(tmp_path / f"x.{suffix}", pictures, codec=codec, pix_fmt=pix_fmt)
    frames, coverage = read(path)
    assert numbers(frames) == list(range(12))
    assert [frame.time_us for frame in frames] == pytest.approx([i * STEP_US for i in range(12)], abs=1000)
    assert coverage.complete
    assert numbers([Frame(0, np.ascontiguousarray(frame.to_rgb()[:, :, 1])) for frame in frames]) == list(range(12))


def woven(even: np.ndarray, odd: np.ndarray) -> np.ndarray:
    picture = even.copy()
    picture[1::2] = odd[1::2]
    return picture


@pytest.mark.robustness("16")
def test_interlaced_video_is_deinterlaced_and_said_to_be(tmp_path: Path) -> None:
    block = np.full((96, 160), 60, np.uint8)
    fields = []
    for i in range(24):
        field = block.copy()
        field[:, 6 * i : 6 * i + 12] = 200
        fields.append(field)
    pictures = [woven(fields[2 * i], fields[2 * i + 1]) for i in range(12)]
    path = write_frames(tmp_path / "i.ts", pictures, options={"flags": "+ildct+ilme", "x264-params": "tff=1:crf=10"})
    info = probe(path)
    assert any("interlaced" in note for note in info.notes)
    frames, coverage = read(path)
    assert [frame.time_us for frame in frames] == [i * STEP_US for i in range(12)]
    assert coverage.complete

    def comb(luma: np.ndarray) -> float:
        rows = luma.astype(int)
        return float(np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:]).mean())

    assert comb(frames[5].luma) < comb(pictures[5]) / 3
    assert "interlaced" in {finding.code for finding in check_video(path).findings}


@pytest.mark.robustness("17")
def test_no_sound_is_no_fault(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "mute.mp4", frames=5)
    report = check_video(path)
    assert report.severity == "ok" and not report.info.has_audio
    assert "no-audio" in {finding.code for finding in report.findings}


def two_streams(path: Path) -> Path:
    """Two video streams of 10 frames; the second spells 100 more and is marked as the default."""
    with av.open(str(path), "w") as container:
        streams = []
        for _ in range(2):
            stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            streams.append(stream)
        streams[0].disposition = 0
        streams[1].disposition = 1
        for i in range(10):
            for which, stream in enumerate(streams):
                picture = bars(i + 100 * which, width=160, height=96)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


@pytest.mark.robustness("19")
def test_of_two_video_streams_the_default_is_taken_and_said(tmp_path: Path) -> None:
    path = two_streams(tmp_path / "two.mkv")
    with VideoReader(path) as video:
        assert numbers(list(video.frames())) == list(range(100, 110))
        assert "2 video streams" in video.info.notes[0] and "--stream" in video.info.notes[0]
        assert video.info.stream_index == 1
    with VideoReader(path, stream=0) as video:
        assert numbers(list(video.frames())) == list(range(10))
        assert not video.info.notes
    with pytest.raises(UsageError, match="no video stream 7; its video streams: 0, 1"):
        probe(path, stream=7)


@pytest.mark.robustness("20")
def test_time_counts_from_the_first_shown_frame(tmp_path: Path) -> None:
    times = [2505 + i for i in range(40)]
    path = write_numbered(tmp_path / "late.ts", frames=40, times=times, container_options={"muxdelay": "0"})
    info = probe(path)
    assert 100_000_000 <= info.start_us <= 103_000_000
    frames, coverage = read(path)
    assert [frame.time_us for frame in frames] == [i * STEP_US for i in range(40)]
    assert coverage.complete
    assert numbers(read_clip(path, times_us=[1_200_000, 40_000])) == [30, 1]


@pytest.mark.robustness("21")
def test_an_edit_list_hides_frames(tmp_path: Path, ffmpeg: str) -> None:
    source = write_numbered(tmp_path / "long.mp4", frames=200, options={"preset": "ultrafast", "g": "50", "bf": "2"})
    path = tmp_path / "edited.mp4"
    cut = [ffmpeg, "-v", "error", "-ss", "1.32", "-i", str(source), "-c", "copy", str(path)]
    subprocess.run(cut, check=True, timeout=60)
    with av.open(str(path)) as container:
        header = container.streams.video[0].frames
    frames, coverage = read(path)
    assert header == 200 and numbers(frames) == list(range(33, 200))
    assert [frame.time_us for frame in frames] == [i * STEP_US for i in range(167)]
    assert coverage.complete and coverage.frames_decoded == 167
    assert numbers(read_clip(path, times_us=[0, 4_000_000])) == [33, 133]


@pytest.mark.robustness("24")
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_very_short_videos(tmp_path: Path, frames: int) -> None:
    path = write_numbered(tmp_path / "short.mp4", frames=frames)
    shown, coverage = read(path)
    assert numbers(shown) == list(range(frames))
    assert coverage.duration_us == frames * STEP_US and coverage.complete
    assert check_video(path).severity == "ok"


@pytest.mark.robustness("27")
def test_size_changing_midway_is_fitted_into_the_first(tmp_path: Path) -> None:
    joined = b""
    for i, (width, height) in enumerate(((160, 96), (320, 192), (96, 160))):
        times = [30 * i + k for k in range(30)]
        part = write_numbered(tmp_path / f"{i}.ts", frames=30, first=30 * i, width=width, height=height, times=times)
        joined += part.read_bytes()
    path = tmp_path / "joined.ts"
    path.write_bytes(joined)
    frames, coverage = read(path)
    assert {frame.luma.shape for frame in frames} == {(96, 160)}
    assert numbers(frames[:60]) == list(range(60))
    assert len(frames) >= 88
    portrait = frames[-1].luma
    assert not portrait[:, :40].any() and not portrait[:, -40:].any() and portrait[:, 60:100].any()
    assert frames[-1].to_rgb().shape == (96, 160, 3)
    assert any("of another size, fitted into 160x96" in repair for repair in coverage.repairs)


@pytest.mark.robustness("27")
def test_frame_rate_changing_midway_keeps_times(tmp_path: Path) -> None:
    times = [*range(0, 50 * 40, 40), *range(2000, 2000 + 50 * 20, 20)]
    path = write_numbered(tmp_path / "rates.mkv", frames=100, times=times, time_base=Fraction(1, 1000))
    frames, coverage = read(path)
    assert [frame.time_us // 1000 for frame in frames] == times
    assert numbers(frames) == list(range(100)) and coverage.complete


def test_reading_from_the_middle_gives_the_tail_of_the_whole(tmp_path: Path) -> None:
    options = {"preset": "veryfast", "g": "40", "bf": "3", "x264-params": "open-gop=1"}
    for suffix in ("mp4", "mkv", "ts"):
        path = write_numbered(tmp_path / f"v.{suffix}", frames=200, options=options)
        whole, _ = read(path)
        for start_us in (0, 20_000, 1_000_000, 3_333_333, 7_960_000):
            tail, coverage = read(path, start_us=start_us)
            first = start_us // STEP_US
            assert [f.time_us for f in tail] == [f.time_us for f in whole[first:]]
            assert all((a.luma == b.luma).all() for a, b in zip(tail, whole[first:], strict=True))
            assert coverage.complete
        assert read(path, start_us=9_000_000)[0] == []


def test_random_access_gives_the_nearest_frames_in_the_order_asked(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "v.mp4", frames=500)
    times_us = [19_000_000, 41_000, 7_019_000, 7_021_000, 99_000_000, 41_000, 0]
    assert numbers(read_clip(path, times_us=times_us)) == [475, 1, 175, 176, 499, 1, 0]
    assert read_clip(path, times_us=[]) == []
    with pytest.raises(ValueError, match="negative time -1"):
        read_clip(path, times_us=[0, -1])


def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "v.mp4", frames=50)
    with VideoReader(path) as video:
        frames = video.frames()
        next(frames)
        assert video.coverage().frames_decoded == 1
    assert list(frames) == []
