"""Damaged and healthy videos that were once read wrongly: what is lost is named, and only that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touchline.core.events import Coverage
from touchline.media.check import check_video
from touchline.media.video import VideoReader


def read(path: Path) -> tuple[list[int], Coverage]:
    """The times of the shown frames, and the coverage."""
    with VideoReader(path) as video:
        times = [time_us for time_us, _ in video.decoded()]
        return times, video.coverage()


@pytest.mark.robustness("silent", "23")
@pytest.mark.parametrize(
    ("name", "until_us"),
    [("silent_282_header_a/282_header_a.mp4", 4_000_000), ("stts_huge_count/stts_entry.mp4", 8_000_000)],
)
def test_an_index_that_contradicts_itself_is_a_loss(cases: Path, name: str, until_us: int) -> None:
    _, coverage = read(cases / "faults" / name)
    assert not coverage.complete
    assert coverage.gaps[-1].end_us == coverage.duration_us == until_us
    assert "the file's index is damaged" in coverage.gaps[-1].reason
    assert coverage.lost_us + coverage.doubtful_us > until_us - 200_000


@pytest.mark.robustness("silent", "9")
def test_a_hole_in_an_avi_shifts_nothing(cases: Path) -> None:
    times, coverage = read(cases / "faults" / "silent_190_hole_a" / "190_hole_a.avi")
    assert len(times) == 92 and times[-1] == 4_000_000
    assert [(gap.start_us, gap.end_us) for gap in coverage.gaps] == [(2_960_000, 3_280_000)]


@pytest.mark.robustness("silent", "8")
def test_pictures_made_from_a_damaged_one_are_doubtful(cases: Path) -> None:
    times, coverage = read(cases / "faults" / "silent_082_flip_a" / "082_flip_a.mp4")
    assert len(times) == 100 and coverage.lost_us == 0
    assert [(gap.start_us, gap.end_us) for gap in coverage.doubtful] == [(0, 1_000_000), (2_000_000, 3_000_000)]


@pytest.mark.robustness("false-alarm")
@pytest.mark.parametrize("name", ["bf2.avi", "bf3.avi"])
def test_h264_with_b_frames_in_avi_is_healthy(cases: Path, name: str) -> None:
    path = cases / "public" / "04-avi-h264-bframes" / name
    times, coverage = read(path)
    assert len(times) == 150 and set(np.diff(times)) == {40_000}
    assert coverage.complete and not coverage.repairs
    assert check_video(path).severity == "ok"
