from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from touchline.cli import doctor
from touchline.cli.main import app

runner = CliRunner()


def test_doctor_tells_every_part_in_json() -> None:
    done = runner.invoke(app, ["doctor", "--json"])
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    names = {finding["name"] for finding in findings}
    assert names >= {"python", "touchline", "torch", "av", "ffmpeg", "cpu", "gpu", "this folder", "cache"}
    worst = {finding["severity"] for finding in findings}
    assert done.exit_code == (5 if "error" in worst else 0)
    for finding in findings:
        assert finding["severity"] == "ok" or finding["remedy"], finding


def test_what_is_missing_comes_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "_PACKAGES", ("touchline", "no-such-package"))
    monkeypatch.setattr(doctor, "_LOW_DISK_GB", 1e9)
    monkeypatch.setattr("touchline.models.store.builtin_folder", lambda: tmp_path)
    done = runner.invoke(app, ["doctor"])
    assert done.exit_code == 5
    assert "ERR no-such-package: not installed" in done.stdout
    assert "-> run: pip install" in done.stdout
    assert "ERR models: no built-in model" in done.stdout
    assert "-> free some space" in done.stdout


def test_cuda_asked_for_and_absent_is_an_error() -> None:
    from touchline.analysis.environment import describe_gpu

    if describe_gpu().usable:
        pytest.skip("this machine has CUDA")
    done = runner.invoke(app, ["doctor", "--device", "cuda"])
    assert done.exit_code == 5
    assert "ERR gpu: asked for" in done.stdout
