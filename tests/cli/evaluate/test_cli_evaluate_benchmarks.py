"""``evaluate calibration`` and ``evaluate players`` as a user meets them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from touchline.cli.main import app

CASES = json.loads((Path(__file__).parents[2] / "metrics" / "camera_cases.json").read_bytes())


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


def record(done: Result) -> dict[str, Any]:
    (line,) = done.stdout.splitlines()
    return dict(json.loads(line))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("cases")
    truth, found = root / "truth.zip", root / "cameras"
    with zipfile.ZipFile(truth, "w") as archive:
        for name, lines in CASES["truth"].items():
            archive.writestr(f"test/{name}.json", json.dumps(lines))
    found.mkdir()
    for name, camera in CASES["cameras"].items():
        (found / f"camera_{name}.json").write_text(json.dumps(camera))
    return truth, found


def test_calibration_has_the_official_numbers_and_names_what_is_missing(cases: tuple[Path, Path]) -> None:
    done = run("evaluate", "calibration", "--truth", cases[0], "--predictions", cases[1], "--json")
    assert done.exit_code == 4 and "2 pictures without a camera" in done.stderr
    found = record(done)
    for threshold in ("5", "10", "20"):
        official = CASES["official"][threshold]["meanAccuracies"]
        assert found[f"JaC@{threshold}"] == pytest.approx(official, abs=1e-6)
    assert found["completeness"] == pytest.approx(12 / 14)
    assert found["protocol"]["verified"] is True and found["protocol"]["differs"] == []
    text = run("evaluate", "calibration", "--truth", cases[0], "--predictions", cases[1]).stdout
    assert "completeness 85.71" in text and "protocol: SoccerNet camera calibration 2023" in text


def test_calibration_in_another_size_says_so(cases: tuple[Path, Path]) -> None:
    words = ("evaluate", "calibration", "--truth", cases[0], "--predictions", cases[1], "--json")
    found = record(done := run(*words, "--size", "1920x1080"))
    assert "12 cameras with a principal point far from the middle" in done.stderr
    assert found["protocol"]["differs"] == ["distances in a picture of 1920x1080, not 960x540"]
    done = run(*words, "--size", "big")
    assert done.exit_code == 2 and "WIDTHxHEIGHT" in done.stderr


def test_cameras_of_other_pictures_are_an_error(cases: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "camera_other.json").write_text("{}")
    done = run("evaluate", "calibration", "--truth", cases[0], "--predictions", tmp_path)
    assert done.exit_code == 3 and "none of its 1 files matches" in done.stderr


def plays(path: Path, events: dict[str, list[list[float]]]) -> Path:
    path.write_text(json.dumps({"keys": list(events), "events": events}))
    return path


def test_players_are_scored_by_half_and_unknown_halves_are_named(tmp_path: Path) -> None:
    truth = plays(tmp_path / "t.json", {"g_H1": [[100, 0, 7, 2, 1, 0], [200, 1, 9, 5, 1, 0]], "g_H2": [[5, 0, 1, 1]]})
    said = plays(tmp_path / "p.json", {"g_H1": [[108, 0, 7, 2, 0.9], [200, 1, 8, 5, 0.9]], "x_H1": []})
    done = run("evaluate", "players", "--truth", truth, "--predictions", said, "--json")
    assert done.exit_code == 4
    assert "1 half without predictions, left out: g_H2" in done.stderr and "without truth" in done.stderr
    found = record(done)
    assert found["micro_f1"] == 0.5 and found["macro_f1"] == 0.125 and found["halves"] == 1
    assert found["classes"]["pass"]["f1"] == 1.0 and found["classes"]["shot"]["wrong"] == 1
    assert found["protocol"]["verified"] is False and "12 frames" in found["protocol"]["name"]
    found = record(run("evaluate", "players", "--truth", truth, "--predictions", said, "--tolerance", 5, "--json"))
    assert found["micro_f1"] == 0.0 and found["protocol"]["differs"] == ["at 5 frames"]
    assert "macro-F1 12.50" in run("evaluate", "players", "--truth", truth, "--predictions", said).stdout


def test_players_of_other_halves_are_an_error(tmp_path: Path) -> None:
    truth, said = plays(tmp_path / "t.json", {"a_H1": []}), plays(tmp_path / "p.json", {"b_H1": []})
    done = run("evaluate", "players", "--truth", truth, "--predictions", said)
    assert done.exit_code == 3 and "none of its 1 halves" in done.stderr
