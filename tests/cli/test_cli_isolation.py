"""A video whose decoder crashes, hangs or eats memory ends with 5; the other videos of the run are done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from makevideo import write_frames, write_numbered
from tinymodel import write_tiny_model
from touchline.media.isolation.limits import MEMORY_VARIABLE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


def start(words: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "touchline", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def reader_of(pid: int, path: Path) -> int:
    """The process below another one that has a file open, as soon as there is one."""
    until_s = time.monotonic() + 60
    while time.monotonic() < until_s:
        for child in children_of(pid):
            for link in list(Path(f"/proc/{child}/fd").iterdir()) if Path(f"/proc/{child}/fd").exists() else []:
                try:
                    if os.readlink(link) == str(path):
                        return child
                except OSError:
                    continue
        time.sleep(0.002)
    raise AssertionError(f"nobody reads {path}")


def children_of(pid: int) -> list[int]:
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *children_of(child)]
    except OSError:
        return found
    return found


@pytest.mark.robustness("child")
@pytest.mark.parametrize(
    ("number", "words"), [(signal.SIGSEGV, "crashed (SIGSEGV)"), (signal.SIGSTOP, "hangs")], ids=["crash", "hang"]
)
def test_a_decoder_that_dies_costs_its_own_video_only(tmp_path: Path, number: signal.Signals, words: str) -> None:
    videos = [write_numbered(tmp_path / f"{name}.mp4", frames=length) for name, length in (("a", 1000), ("b", 30))]
    run = start(["check", *map(str, videos), "--json"], TOUCHLINE_DECODER_TIMEOUT_S="5")
    os.kill(reader_of(run.pid, videos[0]), number)
    out, told = run.communicate(timeout=120)
    failed, good = map(json.loads, out.splitlines())
    assert run.returncode == 4
    assert (failed["path"], failed["exit_code"]) == (str(videos[0]), 5)
    assert words in failed["error"]
    assert (good["path"], good["coverage"]["frames_decoded"]) == (str(videos[1]), 30)
    assert "1 of 2 videos failed:" in told


@pytest.mark.robustness("child", "10")
def test_a_hungry_video_ends_alone_with_5(tmp_path: Path) -> None:
    large = write_frames(tmp_path / "8k.mkv", [np.zeros((4320, 7680), np.uint8)], codec="mjpeg", pix_fmt="yuvj420p")
    small = write_numbered(tmp_path / "small.mp4", frames=30)
    words = ["spot", "--model", str(write_tiny_model(tmp_path)), "--json"]
    limited = {MEMORY_VARIABLE: "40"}
    both = start([*words, "--out", str(tmp_path / "out"), str(large), str(small)], **limited)
    out, _ = both.communicate(timeout=120)
    records = [json.loads(line) for line in out.splitlines()]
    assert both.returncode == 4
    assert [record["exit_code"] for record in records if "error" in record] == [5]
    assert records[-1]["video"] == str(small)
    alone = start([*words, "--out", str(tmp_path / "out"), str(large)], **limited)
    alone.communicate(timeout=120)
    assert alone.returncode == 5
