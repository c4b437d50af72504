from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WATCHER = """
import os, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(os.environ["CALLS"], "a") as file:
            print(event, arguments, file=file)
        raise OSError("no network in tests")

sys.addaudithook(watch)
"""
COMPILE = """
import multiprocessing, sys, torch
from touchline.models.runtime.openvino_runtime import import_openvino
from touchline.models.runtime.graphs import openvino_graph

if __name__ == "__main__":
    openvino_graph(torch.nn.Identity(), example=torch.zeros(1, 2, 2, 3), precision="f32", threads=1)
    child = multiprocessing.get_context("spawn").Process(target=import_openvino)
    child.start()
    child.join()
    print(child.exitcode, [name for name, module in sys.modules.items() if "openvino_telemetry" in name and module])
"""


def quiet_run(*words: str, folder: Path) -> str:
    """What a Python process prints that left nothing in its user's home and asked no network."""
    home, calls, watcher = folder / "home", folder / "calls", folder / "watcher"
    home.mkdir()
    watcher.mkdir()
    (watcher / "sitecustomize.py").write_text(WATCHER)
    paths = [str(watcher), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "HOME": str(home), "CALLS": str(calls), "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True)
    assert done.stdout, done.stderr
    assert not (home / "intel").exists()
    assert not calls.exists(), calls.read_text()
    return done.stdout


@pytest.mark.robustness("network")
def test_neither_a_compiled_network_nor_a_child_process_reports_home(tmp_path: Path) -> None:
    script = tmp_path / "compile.py"
    script.write_text(COMPILE)
    assert quiet_run(str(script), folder=tmp_path).split() == ["0", "[]"]


@pytest.mark.robustness("network")
@pytest.mark.slow
def test_the_doctor_reports_home_nothing(tmp_path: Path) -> None:
    assert "openvino cpu" in quiet_run("-m", "touchline", "doctor", folder=tmp_path)
