"""The ``check`` verb: exit codes, one line an error, one JSON object a file; rows 1-8 and 30 through the program."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from makevideo import bars, write_frames, write_numbered
from touchline.cli.main import app


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["check", *map(os.fspath, arguments)])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "good.mp4", frames=10)


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    noise = rng.integers(-8, 9, (96, 160))
    pictures = [(bars(i, width=160, height=96) + noise).clip(0, 255).astype(np.uint8) for i in range(40)]
    whole = write_frames(tmp_path / "whole.mp4", pictures, container_options={"movflags": "faststart"}).read_bytes()
    path = tmp_path / "damaged.mp4"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    return path


def test_a_sound_file_is_0(good: Path) -> None:
    done = check(good)
    assert done.exit_code == 0
    assert "160x96" in done.stdout and "10 frames" in done.stdout and "fit for analysis" in done.stdout


def test_json_is_one_object_a_file_and_nothing_else(good: Path, damaged: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    done = check("--json", good, damaged, empty)
    assert done.exit_code == 4
    first, second, third = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["severity"] == "ok" and first["coverage"]["frames_decoded"] == 10
    assert second["severity"] == "error" and second["coverage"]["lost_us"] > 0 and not second["coverage"]["complete"]
    assert second["exit_code"] == 4 and any(f["code"] == "gap" and f["remedy"] for f in second["findings"])
    assert "empty" in third["error"] and third["exit_code"] == 3
    assert done.stderr.count("error:") == 1


@pytest.mark.robustness("8")
def test_a_damaged_file_is_4_and_says_what_to_do(damaged: Path) -> None:
    done = check(damaged)
    assert done.exit_code == 4
    assert "cut short" in done.stdout and "->" in done.stdout
    assert check("--quick", damaged).exit_code == 4


@pytest.mark.robustness("1", "2", "5")
def test_unusable_files_are_3_in_one_line(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video\n" * 9)
    for path in (text, tmp_path / "missing.mp4"):
        done = check(path)
        assert done.exit_code == 3
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("touchline: error: ") and path.name in done.stderr


def test_a_folder_or_a_url_is_2(tmp_path: Path) -> None:
    assert check(tmp_path).exit_code == 2
    assert check("http://127.0.0.1:9/x.mp4").exit_code == 2


@pytest.mark.robustness("4")
def test_an_unusable_file_does_not_stop_the_others(good: Path, tmp_path: Path) -> None:
    done = check(tmp_path / "missing.mp4", good)
    assert done.exit_code == 4 and "fit for analysis" in done.stdout


@pytest.mark.robustness("30", "text")
def test_names_with_dashes_and_newlines_stay_on_one_line(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-x.mp4", "new\nline.mp4"):
        (tmp_path / name).write_bytes(good.read_bytes())
        done = check("--", name)
        assert done.exit_code == 0
        assert len(done.stdout.splitlines()) == len(check(good).stdout.splitlines())


def test_quick_does_not_decode(good: Path) -> None:
    done = check("--quick", "--json", good)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["coverage"] is None
