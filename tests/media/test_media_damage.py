"""Rows 6, 8, 9, 22, 23 of the bad inputs: what can be read is read, what was lost is said, times stay right."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from makevideo import bars, read_number, write_frames, write_numbered
from touchline.core.events import Coverage
from touchline.media.check import check_video
from touchline.media.clips import read_clip
from touchline.media.video import VideoReader

FRAMES = 250
STEP_US = 40_000


def noisy(frames: int) -> Iterator[np.ndarray]:
    """Numbered pictures with noise, so that every frame has a few kilobytes to damage."""
    rng = np.random.default_rng(0)
    for i in range(frames):
        picture = bars(i, width=320, height=192) + rng.integers(-8, 9, (192, 320))
        yield picture.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    return write_frames(folder / "sound.mp4", noisy(FRAMES), container_options={"movflags": "faststart"})


def read(path: Path) -> tuple[list[tuple[int, int]], Coverage]:
    """``(time, number seen)`` of every frame, and the coverage."""
    with VideoReader(path) as video:
        shown = [(frame.time_us, read_number(frame.luma)) for frame in video.frames()]
        return shown, video.coverage()


def plain_count(path: Path) -> int:
    """Frames a plain decode loop gets before it raises or ends."""
    count = 0
    with av.open(str(path)) as container:
        try:
            for _ in container.decode(video=0):
                count += 1
        except av.FFmpegError:
            pass
    return count


def break_packets(path: Path, into: Path, numbers: set[int]) -> Path:
    """A copy in which the payload of some packets is destroyed beyond decoding (row 8)."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for i, packet in enumerate(container.demux(video=0)):
            if i in numbers and packet.pos is not None:
                data[packet.pos : packet.pos + 4] = b"\xff\xff\xff\xff"
    into.write_bytes(data)
    return into


@pytest.mark.robustness("8")
def test_skipping_bad_packets_recovers_what_a_plain_loop_loses(sound: Path, tmp_path: Path) -> None:
    path = break_packets(sound, tmp_path / "broken.mp4", {11, 130})
    shown, coverage = read(path)
    assert plain_count(path) <= 12
    assert len(shown) == 248
    assert coverage.packets_skipped == 2 and not coverage.complete
    assert coverage.lost_us == 2 * STEP_US
    assert all(time_us % STEP_US == 0 for time_us, _ in shown)
    assert sum(number * STEP_US != time_us for time_us, number in shown) <= 24


@pytest.mark.robustness("8")
def test_every_frame_is_shown_or_in_a_gap(sound: Path, tmp_path: Path) -> None:
    path = break_packets(sound, tmp_path / "broken.mp4", {40, 41, 42, 100, 200, 249})
    shown, coverage = read(path)
    times = {time_us for time_us, _ in shown}
    for i in range(FRAMES):
        lost = any(gap.start_us <= i * STEP_US < gap.end_us for gap in coverage.gaps)
        assert (i * STEP_US in times) != lost
    assert coverage.duration_us == FRAMES * STEP_US


@pytest.mark.robustness("9")
def test_a_hole_of_zeros_leaves_later_times_alone(sound: Path, tmp_path: Path) -> None:
    data = bytearray(sound.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60_000] = bytes(60_000)
    path = tmp_path / "hole.mp4"
    path.write_bytes(data)
    shown, coverage = read(path)
    assert len(shown) > 230 and plain_count(path) < 130
    assert coverage.packets_skipped > 0 and 0 < coverage.lost_us < 1_000_000
    tail = [(time_us, number) for time_us, number in shown if time_us > coverage.gaps[-1].end_us + 12 * STEP_US]
    assert len(tail) > 80
    assert all(number * STEP_US == time_us for time_us, number in tail)


@pytest.mark.robustness("9")
@pytest.mark.parametrize("suffix", ["mkv", "ts", "flv"])
def test_holes_in_other_containers_are_seen(tmp_path: Path, suffix: str) -> None:
    data = bytearray(write_frames(tmp_path / f"whole.{suffix}", noisy(FRAMES)).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60_000] = bytes(60_000)
    path = tmp_path / f"hole.{suffix}"
    path.write_bytes(data)
    shown, coverage = read(path)
    assert 230 < len(shown) < FRAMES
    assert not coverage.complete
    assert (FRAMES - len(shown)) * STEP_US <= coverage.lost_us < 1_000_000
    assert shown[-1] == ((FRAMES - 1) * STEP_US, FRAMES - 1)


@pytest.mark.robustness("8")
def test_flipped_bits_that_the_decoder_paints_over_are_told(sound: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    data = bytearray(sound.read_bytes())
    first = len(data) // 2
    for position in rng.integers(first, first + 40_000, 40):
        data[position] ^= int(rng.integers(1, 256))
    path = tmp_path / "flipped.mp4"
    path.write_bytes(data)
    shown, coverage = read(path)
    assert len(shown) >= 240
    assert not coverage.complete
    assert all(gap.start_us > 4_000_000 and gap.end_us < 6_500_000 for gap in coverage.gaps)


@pytest.mark.robustness("8")
def test_the_same_damage_reads_the_same_twice(sound: Path, tmp_path: Path) -> None:
    path = break_packets(sound, tmp_path / "broken.mp4", {40, 100})
    runs = []
    for _ in range(2):
        with VideoReader(path) as video:
            runs.append((b"".join(frame.luma.tobytes() for frame in video.frames()), video.coverage()))
    assert runs[0] == runs[1]


@pytest.mark.robustness("6")
def test_truncation_is_a_gap_up_to_the_stated_end(sound: Path, tmp_path: Path) -> None:
    data = sound.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) * 6 // 10])
    shown, coverage = read(path)
    assert 140 < len(shown) < 155
    assert shown == [(i * STEP_US, i) for i in range(len(shown))] or coverage.packets_skipped
    assert coverage.gaps[-1].end_us == coverage.duration_us == FRAMES * STEP_US
    assert "cut short" in coverage.gaps[-1].reason
    report = check_video(path)
    assert report.severity == "error" and {"gap", "damaged"} <= {f.code for f in report.findings}
    assert {f.code for f in check_video(path, decode=False).findings} >= {"cut-short"}


@pytest.mark.robustness("6")
@pytest.mark.parametrize("suffix", ["mkv", "ts", "flv", "avi"])
def test_truncation_of_other_containers_is_told(tmp_path: Path, suffix: str) -> None:
    options = {"preset": "ultrafast", "g": "12", "bf": "0"}
    data = write_frames(tmp_path / f"whole.{suffix}", noisy(100), options=options).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(data[: len(data) * 6 // 10 + 37])
    shown, coverage = read(path)
    assert 50 < len(shown) < 65
    assert not coverage.complete
    assert any("cut short" in gap.reason or "ends before" in gap.reason for gap in coverage.gaps)


@pytest.mark.robustness("23")
def test_an_mp4_header_that_lies_about_its_duration_is_not_believed(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "lie.mp4", frames=50)
    data = bytearray(path.read_bytes())
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        at = data.index(box) + offset
        (duration,) = struct.unpack_from(">I", data, at)
        struct.pack_into(">I", data, at, duration * 50)
    path.write_bytes(data)
    shown, coverage = read(path)
    assert shown == [(i * STEP_US, i) for i in range(50)]
    assert coverage.duration_us == 2_000_000 and coverage.complete


@pytest.mark.robustness("23")
@pytest.mark.parametrize("factor", [0.1, 50.0])
def test_a_matroska_header_that_lies_about_its_duration_is_not_believed(tmp_path: Path, factor: float) -> None:
    path = write_numbered(tmp_path / "lie.mkv", frames=50)
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3
    (duration_ms,) = struct.unpack_from(">d", data, at)
    struct.pack_into(">d", data, at, duration_ms * factor)
    path.write_bytes(data)
    shown, coverage = read(path)
    assert shown == [(i * STEP_US, i) for i in range(50)]
    assert coverage.duration_us == 2_000_000 and coverage.complete
    assert any("the end of the pictures is used" in repair for repair in coverage.repairs)


def retimed(source: Path, into: Path, frames: list[int]) -> Path:
    """A copy whose packets carry other presentation times, in frames."""
    with av.open(str(source)) as old, av.open(str(into), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [packet for packet in old.demux(video=0) if packet.size]
        for i, (packet, frame) in enumerate(zip(packets, frames, strict=True)):
            step = round(1 / 25 / packet.time_base)
            packet.pts, packet.dts = (frame + 20) * step, i * step
            packet.stream = stream
            new.mux(packet)
    return into


@pytest.mark.robustness("22")
def test_repeated_timestamps_are_mended_and_flagged(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "bf": "0"}
    source = write_numbered(tmp_path / "good.mp4", frames=20, options=options)
    path = retimed(source, tmp_path / "bad.mkv", [*range(8), 7, *range(9, 20)])
    shown, coverage = read(path)
    assert [number for _, number in shown] == list(range(20))
    times = [time_us for time_us, _ in shown]
    assert times == sorted(set(times)) and times[0] == 0
    assert times[9:] == [i * STEP_US for i in range(9, 20)]
    assert any("repeated or backward timestamp" in repair for repair in coverage.repairs)
    assert "repaired" in {finding.code for finding in check_video(path).findings}


@pytest.mark.robustness("22")
def test_frames_without_timestamps_are_counted_on(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "raw.h264"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for i in range(30):
            picture = av.VideoFrame.from_ndarray(bars(i, width=160, height=96), format="gray")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    shown, coverage = read(tmp_path / "raw.h264")
    assert [number for _, number in shown] == list(range(30))
    assert [time_us for time_us, _ in shown] == [i * STEP_US for i in range(30)]
    assert not coverage.gaps
    assert [read_number(f.luma) for f in read_clip(tmp_path / "raw.h264", times_us=[1_100_000, 40_000])] == [27, 1]


@pytest.mark.robustness("22")
def test_sources_joined_with_their_own_clocks_go_on(tmp_path: Path) -> None:
    first = write_numbered(tmp_path / "a.ts", frames=50)
    second = write_numbered(tmp_path / "b.ts", frames=50, first=50)
    path = tmp_path / "joined.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    shown, coverage = read(path)
    assert [number for _, number in shown] == list(range(100))
    times = [time_us for time_us, _ in shown]
    assert np.diff(times).min() > 0 and abs(times[-1] - 99 * STEP_US) <= 2 * STEP_US
    assert any("clock" in repair or "timestamp" in repair for repair in coverage.repairs)
