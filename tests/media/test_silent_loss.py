"""Nothing is lost in silence: mutated videos, each compared with the healthy one, frame by frame."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from makevideo import read_number, write_frames, write_numbered
from mutating import FRAMES, STEP_US, make_clip, read, scene, trial
from touchline.core.events import Coverage
from touchline.formats.bundle import coverage_from_json
from touchline.media.check import check_video
from touchline.media.video import VideoReader

UNNOTICED = 0.18
"""Part of the mutated files with damaged pictures that nothing tells of: HEVC and VP9 decode flipped bits into other
pictures without an error, and carry no check sum unless the container does."""


def outcomes(folder: Path, count: int, *, seed: int) -> Counter[str]:
    """How many of the mutated files came out how."""
    return Counter(verdict.outcome for verdict in trial(folder, count, seed=seed).values())


@pytest.mark.robustness("silent", "6", "7", "8", "9")
def test_mutated_videos_lose_nothing_in_silence(tmp_path: Path, tried: Callable[[int], None]) -> None:
    found = outcomes(tmp_path, 45, seed=3)
    tried(sum(found.values()))
    assert found["silent lost"] == 0 and found["silent slipped"] == 0
    assert found["silent damaged"] <= UNNOTICED * 45
    assert found["named"] >= 20


@pytest.mark.slow
@pytest.mark.robustness("silent", "6", "7", "8", "9")
def test_many_mutated_videos_lose_nothing_in_silence(tmp_path: Path, tried: Callable[[int], None]) -> None:
    found = outcomes(tmp_path, 504, seed=7)
    tried(sum(found.values()))
    assert found["silent lost"] == 0 and found["silent slipped"] == 0
    assert found["silent damaged"] <= UNNOTICED * 504
    assert found["false alarm"] <= 8


def damaged(path: Path, into: Path, change: Callable[[bytearray], None]) -> Path:
    """A changed copy of a file."""
    data = bytearray(path.read_bytes())
    change(data)
    into.write_bytes(data)
    return into


def numbers(path: Path) -> tuple[list[tuple[int, int]], Coverage]:
    """(time, number in the picture) of every shown frame, and the coverage."""
    with VideoReader(path) as video:
        shown = [(frame.time_us, read_number(frame.luma)) for frame in video.frames()]
        return shown, video.coverage()


def _steps(data: bytearray) -> None:
    """Let the table of times list one frame less than there are."""
    at = data.index(b"stts") + 12
    struct.pack_into(">I", data, at, struct.unpack_from(">I", data, at)[0] - 50)


def _sizes(data: bytearray) -> None:
    """Let the table of sizes end after 3 frames."""
    struct.pack_into(">I", data, data.index(b"stsz") + 12, 3)


def _chunks(data: bytearray) -> None:
    """Let the frames have a format that is not described."""
    struct.pack_into(">I", data, data.index(b"stsc") + 20, 0x80000001)


@pytest.mark.robustness("silent", "21", "23")
@pytest.mark.parametrize("change", [_steps, _sizes])
def test_a_damaged_index_of_an_mp4_is_named(tmp_path: Path, change: Callable[[bytearray], None]) -> None:
    whole = write_numbered(tmp_path / "whole.mp4", frames=100)
    path = damaged(whole, tmp_path / "damaged.mp4", change)
    shown, coverage = numbers(path)
    assert not coverage.complete
    spans = [*coverage.gaps, *coverage.doubtful]
    assert any("index is damaged" in span.reason for span in spans)
    right = {time_us for time_us, number in shown if number * STEP_US == time_us}
    for number in range(100):
        time_us = number * STEP_US
        assert time_us in right or any(span.start_us <= time_us < span.end_us for span in spans)
    assert check_video(path).severity == "error"


@pytest.mark.robustness("false-alarm", "23")
def test_a_damaged_index_by_which_every_frame_is_read_is_a_note(tmp_path: Path) -> None:
    whole = write_numbered(tmp_path / "whole.mp4", frames=100)
    shown, coverage = numbers(damaged(whole, tmp_path / "damaged.mp4", _chunks))
    assert shown == [(i * STEP_US, i) for i in range(100)]
    assert coverage.complete and any("index is damaged" in repair for repair in coverage.repairs)


@pytest.mark.robustness("silent")
def test_the_first_group_lost_leaves_later_times_alone(tmp_path: Path) -> None:
    whole = write_frames(tmp_path / "whole.mp4", scene(), options={"preset": "veryfast", "g": "25", "bf": "0"})

    def change(data: bytearray) -> None:
        at = data.index(b"mdat") + 4
        data[at : at + 4000] = bytes(4000)

    shown, coverage = numbers(damaged(whole, tmp_path / "hole.mp4", change))
    assert shown[-1] == ((FRAMES - 1) * STEP_US, FRAMES - 1)
    assert not coverage.complete


@pytest.mark.robustness("silent", "9")
@pytest.mark.parametrize("name", ["mpeg4.avi", "h264.avi"])
def test_chunks_taken_out_of_an_avi_are_named_and_shift_nothing(tmp_path: Path, name: str) -> None:
    whole = make_clip(tmp_path, name)

    def change(data: bytearray) -> None:
        middle = data.index(b"movi") + (len(data) - data.index(b"movi")) // 2
        data[middle : middle + 12_000] = bytes(12_000)

    shown, coverage = numbers(damaged(whole, tmp_path / f"hole-{name}", change))
    assert len(shown) < FRAMES and coverage.gaps
    assert shown[-1] == ((FRAMES - 1) * STEP_US, FRAMES - 1)


@pytest.mark.robustness("silent", "8")
def test_a_wrong_check_sum_of_a_matroska_cluster_is_doubtful(tmp_path: Path) -> None:
    whole = make_clip(tmp_path, "hevc.mkv")

    def change(data: bytearray) -> None:
        data[data.index(bytes.fromhex("1f43b675")) + 3000] ^= 4

    healthy, _ = read(whole)
    shown, coverage = read(damaged(whole, tmp_path / "flip.mkv", change))
    assert coverage.doubtful and "check sum" in coverage.doubtful[0].reason
    wrong = [t for t in healthy if t not in shown or (shown[t] != healthy[t]).any()]
    spans = [*coverage.gaps, *coverage.doubtful]
    assert wrong and all(any(span.start_us <= time_us < span.end_us for span in spans) for time_us in wrong)


def test_the_coverage_of_an_older_bundle_is_read() -> None:
    document = {"duration_us": 4, "frames_decoded": 2, "packets_skipped": 0, "gaps": [], "repairs": []}
    assert coverage_from_json(document) == Coverage(4, 2)
