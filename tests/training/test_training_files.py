"""Checkpoints and logs: whole or absent, resumable, never in the way."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from touchline.core.errors import InputError
from touchline.training import logs
from touchline.training.checkpoint import CheckpointFolder, load_checkpoint, restore_rng, save_checkpoint
from touchline.training.logs import MetricLog, read_metrics


def test_checkpoint_restores_state_and_random_generators(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "a" / "c.pt", model={"w": torch.arange(3.0)}, step=5)
    expected = (torch.rand(3), random.random(), np.random.rand(3))  # noqa: NPY002
    state = load_checkpoint(path)
    restore_rng(state["rng"])
    assert state["step"] == 5
    assert torch.equal(state["model"]["w"], torch.arange(3.0))
    assert torch.equal(torch.rand(3), expected[0])
    assert random.random() == expected[1]
    assert np.array_equal(np.random.rand(3), expected[2])  # noqa: NPY002


def test_checkpoint_that_is_absent_cut_or_something_else_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.pt"):
        load_checkpoint(tmp_path / "absent.pt")
    path = save_checkpoint(tmp_path / "c.pt", weights=torch.zeros(1000))
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(InputError, match=r"c\.pt"):
        load_checkpoint(path)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(InputError, match=r"holds a list"):
        load_checkpoint(tmp_path / "list.pt")


def test_checkpoint_runs_no_code_of_a_file(tmp_path: Path) -> None:
    torch.save({"rng": {}, "bad": Path("x")}, tmp_path / "code.pt")
    with pytest.raises(InputError, match=r"code\.pt"):
        load_checkpoint(tmp_path / "code.pt")


def test_folder_keeps_the_last_two_and_the_best(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    assert folder.load_latest() is None
    for step in (1, 2, 3, 4):
        folder.save(step, is_best=step == 2, value=step * 10)
    assert folder.steps() == [3, 4]
    latest = folder.load_latest()
    assert latest is not None
    assert (latest["step"], latest["value"]) == (4, 40)
    assert load_checkpoint(folder.best)["value"] == 20
    folder.clear()
    assert list(tmp_path.iterdir()) == []


def test_log_writes_rows_and_a_resumed_run_leaves_no_step_twice(tmp_path: Path) -> None:
    with MetricLog(tmp_path, tensorboard=False) as log:
        for step in range(4):
            log.log(step, loss=step / 2, note="x")
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    with MetricLog(tmp_path, from_step=1, tensorboard=False) as log:
        log.log(2, loss=9.0)
    assert [(row["step"], row["loss"]) for row in read_metrics(tmp_path / "metrics.jsonl")] == [
        (0, 0),
        (1, 0.5),
        (2, 9),
    ]


def test_log_goes_on_when_the_folder_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with MetricLog(tmp_path / "file" / "log", tensorboard=False) as log:
        log.log(1, loss=1.0)
    assert "training continues" in caplog.text


class _BrokenBoard:
    def add_scalar(self, *_: object) -> None:
        raise RuntimeError("tracker is down")

    def close(self) -> None:
        raise RuntimeError("tracker is down")


def test_log_goes_on_when_tensorboard_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logs, "_open_tensorboard", lambda *_, **__: _BrokenBoard())
    with MetricLog(tmp_path) as log:
        log.log(1, loss=1.0)
        log.log(2, loss=2.0)
    assert "tracker is down" in caplog.text
    assert [json.loads(line)["step"] for line in log.path.read_text().splitlines()] == [1, 2]
