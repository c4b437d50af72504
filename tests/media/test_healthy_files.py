"""Healthy videos of odd make raise no alarm: copies, joins, fragments, pauses, every usual codec and container."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from makevideo import write_numbered
from touchline.core.errors import InputError
from touchline.core.events import Coverage
from touchline.media.check import check_video
from touchline.media.video import VideoReader

SCENE = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6", "-f", "lavfi", "-i", "sine=f=440:d=6"]
SOURCES = {
    "open264": ["libx264", "-preset", "veryfast", "-bf", "3", "-x264-params", "keyint=40:open-gop=1:b-pyramid=normal"],
    "h264": ["libx264", "-preset", "veryfast", "-bf", "3", "-g", "40"],
    "open265": ["libx265", "-preset", "ultrafast", "-x265-params", "keyint=40:open-gop=1:bframes=4:log-level=none"],
}
CODECS = {
    "mpeg2.ts": ["mpeg2video", "-bf", "2", "-g", "15"],
    "mpeg2.mpg": ["mpeg2video", "-bf", "2", "-g", "15", "-c:a", "mp2"],
    "packed.avi": ["mpeg4", "-bf", "2", "-g", "50", "-c:a", "mp3"],
    "mpeg4.mp4": ["mpeg4"],
    "h264b.avi": ["libx264", "-preset", "veryfast", "-bf", "3", "-g", "40", "-c:a", "mp3"],
    "vp8.webm": ["libvpx", "-deadline", "realtime", "-cpu-used", "8"],
    "vp9.webm": ["libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "16"],
    "wmv.wmv": ["wmv2", "-c:a", "wmav2"],
    "mjpeg.avi": ["mjpeg", "-c:a", "pcm_s16le"],
    "prores.mov": ["prores_ks", "-c:a", "pcm_s16le"],
    "flash.flv": ["flv1", "-c:a", "mp3", "-ar", "44100"],
    "h264.flv": ["libx264", "-preset", "veryfast", "-bf", "3"],
    "refresh.mp4": ["libx264", "-preset", "veryfast", "-x264-params", "intra-refresh=1:keyint=50"],
    "slices.mp4": ["libx264", "-tune", "zerolatency", "-x264-params", "slices=4"],
    "hashes.mkv": ["libx265", "-preset", "ultrafast", "-x265-params", "hash=1:log-level=none"],
}


def run(ffmpeg: str, *arguments: str | Path) -> None:
    """Run ffmpeg quietly."""
    subprocess.run([ffmpeg, "-v", "error", "-y", *map(str, arguments)], check=True, capture_output=True)


def read(path: Path) -> tuple[list[int], Coverage]:
    """The times of the shown frames, and the coverage."""
    with VideoReader(path) as video:
        times = [time_us for time_us, _ in video.decoded()]
        return times, video.coverage()


@pytest.fixture(scope="module")
def source(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The video of :data:`SOURCES` of a name, made once."""
    folder = tmp_path_factory.mktemp("sources")

    def make(name: str) -> Path:
        path = folder / f"{name}.mp4"
        if not path.exists():
            run(ffmpeg, *SCENE, "-c:v", *SOURCES[name], path)
        return path

    return make


@pytest.mark.robustness("false-alarm")
@pytest.mark.parametrize("name", ["h264b.avi", "packed.avi", "vp9.webm", "mpeg2.ts"])
def test_usual_codecs_raise_no_alarm(ffmpeg: str, tmp_path: Path, name: str) -> None:
    run(ffmpeg, *SCENE, "-c:v", *CODECS[name], tmp_path / name)
    times, coverage = read(tmp_path / name)
    assert coverage.complete and len(times) == 150
    assert max(np.diff(times)) - min(np.diff(times)) <= 1000


@pytest.mark.slow
@pytest.mark.robustness("false-alarm")
@pytest.mark.parametrize("name", sorted(CODECS))
def test_every_codec_and_container_raises_no_alarm(ffmpeg: str, tmp_path: Path, name: str) -> None:
    run(ffmpeg, *SCENE, "-c:v", *CODECS[name], tmp_path / name)
    times, coverage = read(tmp_path / name)
    assert coverage.complete and len(times) == 150


@pytest.mark.robustness("false-alarm", "6")
def test_copies_that_end_or_begin_inside_a_group_raise_no_alarm(
    ffmpeg: str, tmp_path: Path, source: Callable[[str], Path], tried: Callable[[int], None]
) -> None:
    cuts = [["-frames:v", str(count)] for count in range(61, 66)]
    for number, cut in enumerate(cuts):
        path = tmp_path / f"{number}.{'mkv' if number % 2 else 'mp4'}"
        run(ffmpeg, "-i", source("open264"), *cut, "-c:v", "copy", "-an", path)
        assert read(path)[1].complete, cut
    tried(len(cuts))


@pytest.mark.slow
@pytest.mark.robustness("false-alarm", "6")
@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_stream_copy_raises_no_alarm(
    ffmpeg: str, tmp_path: Path, source: Callable[[str], Path], name: str, tried: Callable[[int], None]
) -> None:
    path, count = source(name), 0
    cuts = (["-ss", "1.3"], ["-t", "3.47"], ["-t", "3.39"], ["-ss", "2.9", "-t", "2.22"], [])
    suffixes = ("mp4", "mkv", "mov", "ts") if "265" in name else ("mp4", "mkv", "mov", "ts", "flv")
    for cut, suffix in product(cuts, suffixes):
        copy = tmp_path / f"copy{count}.{suffix}"
        run(ffmpeg, *cut, "-i", path, "-c", "copy", copy)
        try:
            _, coverage = read(copy)
        except InputError:
            continue  # a copy without parameter sets, which no player shows either
        assert coverage.complete, (cut, suffix, coverage)
        count += 1
    tried(count)


@pytest.mark.robustness("false-alarm", "21")
@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "frag_every_frame+empty_moov", "faststart"])
def test_fragments_raise_no_alarm(ffmpeg: str, tmp_path: Path, source: Callable[[str], Path], flags: str) -> None:
    run(ffmpeg, "-i", source("h264"), "-c", "copy", "-movflags", flags, tmp_path / "copy.mp4")
    times, coverage = read(tmp_path / "copy.mp4")
    assert coverage.complete and len(times) == 150


@pytest.mark.robustness("false-alarm", "20")
def test_transport_streams_joined_at_their_ends_raise_no_alarm(
    ffmpeg: str, tmp_path: Path, source: Callable[[str], Path]
) -> None:
    run(ffmpeg, "-i", source("h264"), "-c", "copy", "-f", "segment", "-segment_time", "2", tmp_path / "part%d.ts")
    parts = sorted(tmp_path.glob("part*.ts"))
    assert len(parts) > 1
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    times, coverage = read(joined)
    assert coverage.complete and len(times) == 150


@pytest.mark.robustness("false-alarm", "12", "22")
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "flv", "fragments.mp4"])
def test_a_pause_that_the_maker_left_is_a_note(tmp_path: Path, suffix: str) -> None:
    times = [40 * i for i in range(60)] + [40 * i for i in range(62, 120)]
    path = write_numbered(
        tmp_path / f"pause.{suffix}",
        frames=len(times),
        times=times,
        time_base=Fraction(1, 1000),
        fps=25,
        container_options={"movflags": "frag_keyframe+empty_moov"} if "fragments" in suffix else {},
    )
    shown, coverage = read(path)
    assert shown[60] - shown[59] == 120_000
    assert coverage.complete
    assert any("pauses between frames" in repair for repair in coverage.repairs)
    assert check_video(path).severity != "error"
