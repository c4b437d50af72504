"""Commands killed at random moments, again and again: in the end they leave what a clean run does, byte for byte."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.numpy

from clipmatch import a_match
from fakematch import write_match
from makevideo import write_numbered
from tinymodel import write_tiny_model

PROGRAM = Path(__file__).parent / "with_fakes.py"
PATIENCE_S = 300.0
KILLS_AT_ONCE = 4
"""After this many kills a run is left to its end."""
TIMED = {"manifest.json", "report.html", "measured.json", "checkpoint.pt", "checkpoint_best.pt"}
"""Files that hold how long it took; they are not compared, and of models the weights are."""
HEAD = """
task: stream-head
name: tiny
planted: {recordings: [3, 1, 1], minutes: 6, picture_width: 12, sound_width: 8, detectability: 14}
head: pooling
head_arguments: {pool: netvlad++, window: 16, clusters: 8}
fusion: middle
width: 16
resamples: 3
optimizer: {steps: 60, batch: 4, samples: 64, base_lr: 0.01, rounds: 3}
"""
pytestmark = [pytest.mark.robustness("32"), pytest.mark.slow, pytest.mark.timeout(3000)]


class Command:
    """A command that writes into a folder, and what it wrote when nothing disturbed it."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder, self._words = folder, words
        self.out = folder / "out"
        began_s = time.monotonic()
        assert self.finish(self.start()) in (0, 4)
        self.takes_s = time.monotonic() - began_s
        self.clean = self.files()
        assert self.clean

    def start(self) -> subprocess.Popen[str]:
        words = [word.replace("OUT", str(self.out)) for word in self._words]
        line = [sys.executable, str(PROGRAM), *words]
        return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process: subprocess.Popen[str]) -> int:
        out, err = process.communicate(timeout=PATIENCE_S)
        assert "Traceback" not in out + err, err
        return process.returncode

    def files(self) -> dict[str, bytes]:
        paths = sorted(path for path in self.out.rglob("*") if path.is_file())
        return {str(path.relative_to(self.out)): content(path) for path in paths if path.name not in TIMED}

    def again(self) -> None:
        shutil.rmtree(self.out)


def content(path: Path) -> bytes:
    if path.suffix != ".safetensors":
        return path.read_bytes()
    tensors = safetensors.numpy.load_file(path)
    return b"".join(name.encode() + tensors[name].tobytes() for name in sorted(tensors))


def the_same(command: Command) -> None:
    files = command.files()
    assert sorted(files) == sorted(command.clean)
    different = [name for name, content in files.items() if content != command.clean[name]]
    assert not different


def kill_loop(command: Command, *, kills: int, seed: int) -> int:
    """Kill a command at random moments, with each kind of signal; return how many kills found it at work."""
    rng = random.Random(seed)
    number = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    met = done = 0
    while done < kills:
        command.again()
        for _ in range(min(KILLS_AT_ONCE, kills - done)):
            process = command.start()
            due_s = time.monotonic() + rng.uniform(0.1, command.takes_s)
            while process.poll() is None and time.monotonic() < due_s:
                time.sleep(0.01)
            met += process.poll() is None
            process.send_signal(number[done % len(number)])
            assert command.finish(process) in (0, 4, 130, -9, -15, -2)
            done += 1
        assert command.finish(command.start()) in (0, 4)
        the_same(command)
    return met


def analyze(folder: Path) -> Command:
    video = write_match(folder / "match.mp4", frames=300)
    model = write_tiny_model(folder)
    return Command(folder, "analyze", str(video), "--model", str(model), "--device", "cpu", "--out", "OUT")


def track(folder: Path) -> Command:
    video = write_match(folder / "match.mp4", frames=600)
    return Command(folder, "track", str(video), "--device", "cpu", "--out", "OUT")


def features(folder: Path) -> Command:
    video = write_numbered(folder / "match.mp4", frames=6000, width=96, height=64)
    return Command(folder, "features", "extract", str(video), "--model", "m", "--out", "OUT")


def train(folder: Path) -> Command:
    (folder / "tiny.yaml").write_text(HEAD)
    return Command(folder, "train", str(folder / "tiny.yaml"), "--out", "OUT")


def clips(folder: Path) -> Command:
    match = a_match(folder)
    return Command(folder, "clips", str(match.bundle.path), "--out", "OUT", "--reel")


@pytest.mark.parametrize("make", [analyze, track, features, train, clips], ids=lambda make: make.__name__)
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    make: Callable[[Path], Command], tmp_path: Path, tried: Callable[[int], None]
) -> None:
    command = make(tmp_path)
    command.again()
    assert command.finish(command.start()) in (0, 4)
    the_same(command)
    kills = 20
    met = kill_loop(command, kills=kills, seed=len(make.__name__))
    tried(kills)
    assert met >= kills // 4
