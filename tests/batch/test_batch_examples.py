"""The examples for many matches: the shell script runs, Slurm's requeues, Kubernetes' fits the program."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from batchcase import videos
from typer.main import get_command

from touchline.cli.main import app

EXAMPLES = Path(__file__).parents[2] / "examples" / "batch"


def program(folder: Path, name: str, text: str) -> None:
    """Put a program where shells find it first."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def environment(tools: Path, **more: str) -> dict[str, str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": paths, **more}


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of programs, with the touchline of these sources."""
    folder = tmp_path / "tools"
    folder.mkdir()
    program(folder, "touchline", f'exec {sys.executable} -m touchline "$@"')
    return folder


@pytest.mark.slow
def test_the_shell_script_runs_every_shard(tools: Path, tmp_path: Path) -> None:
    given = videos(tmp_path / "v", {"a": "no video", "b": "no video either"})
    done = subprocess.run(
        ["sh", EXAMPLES / "shards.sh", given, tmp_path / "s", "2"],
        env=environment(tools, TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
    )
    assert "2 matches: 0 done, 2 failed" in done.stdout, done.stderr
    assert done.returncode == 4


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs Ray")
def test_the_ray_script_runs_on_a_local_cluster(tools: Path, tmp_path: Path) -> None:
    given = videos(tmp_path / "v", {"a": "no video", "b": "no video either"})
    done = subprocess.run(
        ["sh", EXAMPLES / "ray.sh", given, tmp_path / "s", "local"],
        env=environment(tools, TMPDIR=str(tmp_path), RAY_TMPDIR="/tmp", RAY_raylet_start_wait_time_s="180"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4, done.stderr
    assert "0 done, 0 done before, 2 failed" in done.stdout


def test_slurm_queues_a_stopped_task_again(tools: Path, tmp_path: Path) -> None:
    asked, stopped = tmp_path / "asked", tmp_path / "stopped"
    program(tools, "srun", f'shift; trap "exit 75" TERM; echo "$@" > {asked}; while :; do sleep 0.05; done')
    program(tools, "scontrol", f'echo "$@" > {stopped}')
    task = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3", "STORE": "/data/results"}
    script = subprocess.Popen(["bash", EXAMPLES / "slurm.sh"], env=environment(tools, **task))
    until_s = time.monotonic() + 20
    while not asked.exists() or not asked.read_text():
        assert time.monotonic() < until_s
        time.sleep(0.02)
    script.send_signal(signal.SIGTERM)
    assert script.wait(timeout=20) == 75
    assert stopped.read_text().split() == ["requeue", "7_3"]
    assert asked.read_text().startswith("touchline batch work --out /data/results --help-others")


def test_kubernetes_splits_the_plan_in_as_many_shards_as_it_has_pods() -> None:
    job: dict[str, Any] = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())
    spec = job["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    variables = {each["name"]: each["value"] for each in container["env"]}
    assert spec["completionMode"] == "Indexed"
    assert int(variables["JOB_COMPLETIONS"]) == spec["completions"]
    assert container["command"] == ["touchline", "batch", "work"]
    group: Any = get_command(app)
    command = group.get_command(None, "batch").get_command(None, "work")
    known = {option for param in command.params for option in param.opts}
    assert {word for word in container["args"] if word.startswith("--")} <= known


def test_the_files_name_options_that_exist() -> None:
    group: Any = get_command(app)
    batch = group.get_command(None, "batch")
    for path in EXAMPLES.iterdir():
        for verb, rest in re.findall(r"touchline batch (\w+)(.*)", path.read_text()):
            known = {option for param in batch.get_command(None, verb).params for option in param.opts}
            assert set(re.findall(r"--[a-z-]+", rest)) <= known, path.name
