"""Runs in processes of their own, stopped from outside; the real command with its own choice of backend."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.usual import usual_tasks
from touchline.spotting.spotter import load_spotter

pytestmark = pytest.mark.robustness("32")

SAME = ("events.json", "candidates.json", "results_spotting.json", "scores.npz")
PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "match.mp4", frames=12000, width=96, height=64)


@pytest.fixture(scope="module")
def clean(model: Path, video: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("clean")
    analyze_video(video, tasks=usual_tasks(spotter=load_spotter(model, device="cpu")), options=AnalyzeOptions(out=out))
    return files(out)


def start(model: Path, video: Path, out: Path) -> subprocess.Popen[str]:
    words = ["spot", str(video), "--model", str(model), "--out", str(out), "--device", "cpu"]
    command = [sys.executable, "-m", "touchline", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> int:
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in out + err
    return process.returncode


def files(out: Path) -> dict[str, bytes]:
    return {name: (out / "match.touchline" / name).read_bytes() for name in SAME}


def stop(process: subprocess.Popen[str], number: int, *, when: Callable[[], bool]) -> int:
    """Send a signal as soon as something is so, or the process has ended."""
    deadline_s = time.monotonic() + PATIENCE_S
    while process.poll() is None and not when() and time.monotonic() < deadline_s:
        time.sleep(0.002)
    process.send_signal(number)
    return finish(process)


def saved(out: Path) -> list[str]:
    return sorted(path.name for path in out.glob("match.touchline/.partial/spot/chunk-*.npz"))


@pytest.mark.timeout(900)
def test_killed_interrupted_and_terminated_it_ends_with_the_same_bytes(
    model: Path, video: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    codes = []
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        before = saved(tmp_path)
        codes.append(stop(start(model, video, tmp_path), number, when=lambda b=before: len(saved(tmp_path)) > len(b)))  # type: ignore[misc]
        if codes[-1] == 0:  # on a busy machine the run may end before the signal comes
            break
        assert len(saved(tmp_path)) > len(before), "what was done is kept"
    assert codes in ([-9, 130, 130], [-9, 130, 0], [-9, 0])
    assert finish(start(model, video, tmp_path)) == 0
    assert files(tmp_path) == clean
    assert sorted(p.name for p in (tmp_path / "match.touchline").iterdir()) == sorted(
        [*SAME, "likeness.json", "manifest.json"]
    )


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_killed_at_random_points_resume_equals_a_clean_run(
    model: Path, video: Path, clean: dict[str, bytes], tmp_path: Path
) -> None:
    rng = random.Random(4)
    kills = 0
    while kills < 100:
        out = tmp_path / f"after-{kills}"
        process = start(model, video, out)
        while process.poll() is None:
            due_s = time.monotonic() + rng.uniform(0.0, 6.0)
            stop(process, signal.SIGKILL, when=lambda due_s=due_s: time.monotonic() > due_s)  # type: ignore[misc]
            kills += 1
            process = start(model, video, out) if kills % 5 else process
        assert finish(start(model, video, out)) == 0
        assert files(out) == clean
