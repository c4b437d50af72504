"""``torchrun -m touchline train``: one model, one report, one folder of files; and what cannot be trained so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from touchline.core.errors import UsageError
from touchline.training.distributed import Group, folder_of_process
from touchline.training.distributed.launch import Launch
from touchline.training.logs import read_metrics
from touchline.training.run import run_recipe

RECIPE = {
    "task": "stream-head",
    "name": "tiny",
    "planted": {"recordings": [3, 1, 1], "minutes": 6, "picture_width": 12, "sound_width": 8},
    "head_arguments": {"window": 64, "inner": 16, "layers": 1, "heads": 2},
    "width": 16,
    "optimizer": {"steps": 6, "batch": 2, "samples": 64, "rounds": 2},
    "resamples": 2,
}
LAUNCHED = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


def _write(folder: Path, **changes: object) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({**RECIPE, **changes}))
    return path


@pytest.mark.timeout(600)
def test_two_processes_train_one_model_and_one_goes_on_with_it(tmp_path: Path) -> None:
    recipe, out = _write(tmp_path), tmp_path / "out"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    train = ["-m", "touchline", "train", str(recipe), "--out", str(out), "--device", "cpu", "--json"]
    ended = subprocess.run(
        [*torchrun, *train],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ended.returncode == 0 and "Warning" not in ended.stderr, ended.stderr
    (line,) = ended.stdout.splitlines()
    assert json.loads(line)["model"] == str(out / "tiny.safetensors")
    assert {"checkpoint.pt", "metrics.jsonl", "measured.json", "settings.json"} <= {path.name for path in out.iterdir()}
    assert not list(tmp_path.glob("touchline-process-*"))
    assert ended.stderr.count("step 6 of 6") == 1
    rows = read_metrics(out / "metrics.jsonl")
    assert [row["step"] for row in rows if "tight" in row] == [3, 6]
    before = load_file(out / "tiny.safetensors")
    again = load_file(run_recipe(recipe, out=out, device="cpu"))
    assert all(torch.equal(before[name], value) for name, value in again.items())


def test_a_fit_in_one_process_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LAUNCHED.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "saves.yaml"
    path.write_text(yaml.safe_dump({"task": "expected-saves", "data_root": str(tmp_path)}))
    with pytest.raises(
        UsageError, match="'expected-saves' is fitted by one process, not by 2; start it without torchrun"
    ):
        run_recipe(path, out=tmp_path / "out")


def test_the_place_of_a_process_is_read_from_the_environment() -> None:
    assert Launch.read({}) == Launch.read({"WORLD_SIZE": "4", "RANK": "1"}) == Launch(0, 1, 0)
    assert Launch.read(LAUNCHED) == Launch(1, 2, 1)
    for broken in ({"RANK": "2"}, {"WORLD_SIZE": "two"}, {"LOCAL_RANK": "-1"}):
        with pytest.raises(UsageError, match="the environment names processes that cannot be"):
            Launch.read({**LAUNCHED, **broken})


def test_another_process_sees_the_folder_and_leaves_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stage").mkdir()
    done = tmp_path / "stage" / "done.json"
    done.write_text("first")
    monkeypatch.setattr(Group, "from_first", lambda self, make: make())
    monkeypatch.setattr(Group, "wait", lambda self: None)
    with folder_of_process(tmp_path, group=Group(1, 2)) as own:
        assert (own / "stage" / "done.json").read_text() == "first"
        (own / "new").write_text("second")
        (own / "replacement").write_text("second")
        (own / "replacement").replace(own / "stage" / "done.json")
        assert (own / "stage" / "done.json").read_text() == "second"
    assert not own.exists() and done.read_text() == "first" and not (tmp_path / "new").exists()
    with folder_of_process(tmp_path, group=Group(0, 2)) as own:
        assert own == tmp_path


def test_a_machine_that_does_not_see_the_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Group, "from_first", lambda self, make: ["done.json"])
    with (
        pytest.raises(UsageError, match=r"does not see 1 of its files, such as done\.json; .*must be on a file system"),
        folder_of_process(tmp_path, group=Group(1, 2)),
    ):
        pass
