"""Row 25 of the bad inputs: memory does not grow with duration, and late times are right."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from makevideo import read_number, write_numbered
from touchline.media.clips import read_clip
from touchline.media.video import VideoReader

READ_ALL = """
import resource, sys
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader
with VideoReader(sys.argv[1]) as video:
    count = 0
    for count, frame in sample_regular(video.frames(), fps=25.0):
        if count == 500:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    late = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(count + 1, early, late)
"""


@pytest.mark.robustness("25")
def test_memory_stays_flat(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "long.mp4", frames=4000, width=320, height=192)
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(path)], capture_output=True, text=True, timeout=120, check=True
    )
    count, early_kib, late_kib = map(int, done.stdout.split())
    assert count == 4000
    assert late_kib - early_kib < 8 * 1024


@pytest.mark.robustness("25")
@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_hours_and_large_timestamps(tmp_path: Path, suffix: str) -> None:
    minute = 60 * 90_000
    times = [minute // 2 * i for i in range(480)]
    path = write_numbered(
        tmp_path / f"hours.{suffix}", frames=480, times=times, time_base=Fraction(1, 90_000), fps=Fraction(25)
    )
    assert times[-1] * 16 > 2**31
    with VideoReader(path) as video:
        shown = [(frame.time_us, read_number(frame.luma)) for frame in video.frames()]
        assert video.coverage().complete
    assert shown == [(i * 30_000_000, i) for i in range(480)]
    found = read_clip(path, times_us=[3 * 3600 * 1_000_000 + 2_000_000, 44_000_000])
    assert [read_number(frame.luma) for frame in found] == [360, 1]
