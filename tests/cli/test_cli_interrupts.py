"""Ctrl-C, SIGTERM and a closed terminal at any moment: exit code 130, one line, never a page of text."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from makevideo import write_numbered
from tinymodel import write_tiny_model
from touchline.cli import interrupts
from touchline.cli.common import run_guarded
from touchline.cli.interrupts import INTERRUPTED_LINE, Interrupts

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 120.0
pytestmark = [
    pytest.mark.robustness("32"),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see when a process is ready"),
]

SWALLOWING = """
import sys, time
from touchline.__main__ import Interrupts
from touchline.cli import interrupts
from touchline.cli.common import run_guarded
interrupts._AGAIN_S = 0.2
Interrupts.listen()

class Finalized:
    def __del__(self):
        time.sleep(0.5)

def work():
    try:
        print("working", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        {swallow}
    time.sleep(60)

import typer
try:
    run_guarded(work)
except typer.Exit as left:
    sys.exit(left.exit_code)
"""


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Command lines of some seconds: imports, models, and work."""
    folder = tmp_path_factory.mktemp("commands")
    model = write_tiny_model(folder)
    video = write_numbered(folder / "match.mp4", frames=3000, width=96, height=64)
    spot = ["spot", str(video), "--model", str(model), "--device", "cpu", "--force", "--out", str(folder / "out")]
    return {"doctor": ["doctor"], "models": ["models", "list"], "spot": spot, "help": ["--help"]}


def start(words: list[str]) -> subprocess.Popen[str]:
    """Start a command and wait until it has taken over its signals."""
    command = [sys.executable, "-m", "touchline", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        caught = re.search(r"SigCgt:\s*([0-9a-f]+)", status.read_text())
        if caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            break
        time.sleep(0.001)
    return process


def check_end(process: subprocess.Popen[str]) -> int:
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (0, 130), (process.returncode, err)
    assert not re.search(r"Traceback|Exception ignored|Aborted|Error", out + err), err
    lines = [line for line in err.splitlines() if "interrupted" in line]
    assert lines == [INTERRUPTED_LINE] * (process.returncode == 130), err
    return process.returncode


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_at_the_start_ends_at_once(commands: dict[str, list[str]], number: signal.Signals) -> None:
    process = start(commands["spot"])
    process.send_signal(number)
    assert check_end(process) == 130


@pytest.mark.parametrize("number", SIGNALS[:2], ids=lambda number: number.name)
def test_a_signal_while_models_load_ends_with_one_line(
    commands: dict[str, list[str]], number: signal.Signals, tried: Callable[[int], None]
) -> None:
    for delay_s in (0.4, 1.2):
        process = start(commands["spot"])
        time.sleep(delay_s)
        process.send_signal(number)
        check_end(process)
    tried(2)


def test_a_signal_after_the_last_line_prints_no_page_of_text(commands: dict[str, list[str]]) -> None:
    process = start(commands["models"])
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    check_end(process)


@pytest.mark.parametrize("swallow", ["pass", "raise ImportError('numpy', None)", "del Finalized; pass"])
def test_a_swallowed_request_is_made_again(swallow: str) -> None:
    code = SWALLOWING.format(swallow=swallow)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    assert check_end(process) == 130


def test_work_after_an_answered_request_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Interrupts, "asked", True)
    Interrupts.answered()
    Interrupts.check()
    run_guarded(lambda: None)


def test_a_timer_that_is_not_ours_is_left_running() -> None:
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    run_guarded(lambda: None)
    after = signal.getitimer(signal.ITIMER_REAL)[0]
    assert (before > 0) == (after > 0)
    assert interrupts.Interrupts._armed is False


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_signals_at_random_moments_of_many_commands(
    commands: dict[str, list[str]], tried: Callable[[int], None]
) -> None:
    rng = random.Random(8)
    codes = []
    for turn in range(100):
        process = start(commands[rng.choice(sorted(commands))])
        time.sleep(rng.uniform(0, 3.5))
        process.send_signal(SIGNALS[turn % 3])
        codes.append(check_end(process))
    tried(len(codes))
    assert codes.count(130) >= 20
