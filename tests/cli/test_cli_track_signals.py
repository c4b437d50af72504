"""``track`` in processes of its own, stopped from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakematch import FakeDetector, FakePitchFinder, write_match
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks

pytestmark = pytest.mark.robustness("32")

SAME = ("tracks.parquet", "tracks.txt", "actions.json", "camera.npz")
PATIENCE_S = 300.0
PROGRAM = Path(__file__).parent / "with_fakes.py"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=1600)


def start(video: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), "track", str(video), "--out", str(out), "--device", "cpu"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> int:
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in out + err
    return process.returncode


def saved(out: Path) -> int:
    return len(list(out.glob("match.touchline/.partial/track/chunk-*.npz")))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_interrupted_and_terminated_it_ends_with_the_same_bytes(video: Path, tmp_path: Path) -> None:
    options = AnalyzeOptions(out=tmp_path / "clean")
    clean = analyze_video(
        video, tasks=usual_tasks(tracker=VideoTracker(FakeDetector(), FakePitchFinder())), options=options
    )
    out = tmp_path / "stopped"
    codes = []
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        before, process = saved(out), start(video, out)
        deadline_s = time.monotonic() + PATIENCE_S
        while process.poll() is None and saved(out) <= before and time.monotonic() < deadline_s:
            time.sleep(0.002)
        process.send_signal(number)
        codes.append(finish(process))
        if codes[-1] == 0:  # on a busy machine the run may end before the signal comes
            break
    assert codes in ([-9, 130, 130], [-9, 130, 0], [-9, 0])
    assert finish(start(video, out)) == 0
    bundle = out / "match.touchline"
    assert {name: (bundle / name).read_bytes() for name in SAME} == {
        name: (clean.bundle / name).read_bytes() for name in SAME
    }
    assert sorted(p.name for p in bundle.iterdir()) == sorted([*SAME, "likeness.json", "manifest.json"])
