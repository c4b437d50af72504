"""``touchline evaluate detection``: scores, pairing, warnings, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from touchline.cli.evaluate.commands import app

PLAYER = "2 0.5 0.5 0.1 0.2"
BALL = "0 0.2 0.2 0.01 0.02"


def write(root: Path, **files: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / f"{name}.txt").write_text(text + "\n")
    return root


def evaluate(root: Path, *options: str, truth: str = "truth", found: str = "found") -> tuple[int, str, str]:
    arguments = ["detection", "--truth", str(root / truth), "--predictions", str(root / found), *options]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_json_is_one_object(tmp_path: Path) -> None:
    write(tmp_path / "truth", a=f"{PLAYER}\n{BALL}", b="", classes="ball")
    write(tmp_path / "found", a=f"{PLAYER} 0.9\n3 0.2 0.2 0.01 0.02 0.4", b="")
    code, out, err = evaluate(tmp_path, "--json")
    record = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert (record["mAP50"], record["mAP50-95"], record["pictures"]) == (pytest.approx(0.5), pytest.approx(0.5), 2)
    assert record["classes"]["player"]["best_f1"]["confidence"] == pytest.approx(0.9)
    assert (record["classes"]["goalkeeper"]["AP50"], record["classes"]["referee"]["predicted"]) == (None, 1)
    assert (record["person"]["AP50"], record["person"]["true"]) == (pytest.approx(1), 1)


def test_table(tmp_path: Path) -> None:
    write(tmp_path / "truth", a=PLAYER)
    write(tmp_path / "found", a=f"{PLAYER} 0.9")
    code, out, _ = evaluate(tmp_path)
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}
    assert (code, rows["player"][:5]) == (0, ["1", "1", "100.00", "100.00", "100.00"])
    assert (rows["ball"][2], rows["person"][2], rows["mean"][2]) == ("-", "100.00", "100.00")


def test_other_labels(tmp_path: Path) -> None:
    write(tmp_path / "truth", a="1 0.5 0.5 0.1 0.2")
    write(tmp_path / "found", a="1 0.5 0.5 0.1 0.2 0.7")
    record = json.loads(evaluate(tmp_path, "--json", "--labels", "ball, person on foot")[1])
    assert record["classes"]["person on foot"]["AP50"] == pytest.approx(1)
    code, _, err = evaluate(tmp_path, "--labels", "ball")
    assert (code, "a.txt: line 1: class '1' is not a whole number from 0 to 0" in err) == (3, True)
    assert evaluate(tmp_path, "--labels", "ball,ball")[0] == 2


def test_missing_and_unused_files_are_told(tmp_path: Path) -> None:
    write(tmp_path / "truth", a=PLAYER, b=PLAYER)
    write(tmp_path / "found", b=PLAYER, c=PLAYER)
    code, out, err = evaluate(tmp_path, "--json")
    assert (code, json.loads(out)["classes"]["player"]["recall50"]) == (4, pytest.approx(0.5))
    assert "1 picture without predictions, counted as missed: a" in err
    assert "c.txt" in err
    assert "no prediction has a confidence" in err


def test_single_files_and_empty_ones(tmp_path: Path) -> None:
    write(tmp_path, truth=PLAYER, found=f"{PLAYER} 0.5", empty="")
    assert json.loads(evaluate(tmp_path, "--json", truth="truth.txt", found="found.txt")[1])["mAP50"] == pytest.approx(
        1
    )
    code, out, _ = evaluate(tmp_path, "--json", truth="truth.txt", found="empty.txt")
    assert (code, json.loads(out)["mAP50"], "hold no box" in json.loads(out)["warnings"][0]) == (0, 0, True)
    code, _, err = evaluate(tmp_path, truth="empty.txt", found="found.txt")
    assert (code, "hold no box to score" in err) == (3, True)


def test_bad_lines_are_named(tmp_path: Path) -> None:
    write(tmp_path / "truth", a=PLAYER)
    write(tmp_path / "found", a=f"{PLAYER} 0.5\n2 640 360 12 40 0.5")
    code, _, err = evaluate(tmp_path)
    assert (code, "a.txt: line 2: centre_x 640 is too large" in err) == (3, True)


def test_coco_files(tmp_path: Path) -> None:
    truth = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 3, "name": "player"}, {"id": 4, "name": "flag"}],
        "annotations": [{"image_id": 1, "category_id": 3, "bbox": [0, 0, 10, 20]}],
    }
    (tmp_path / "t.json").write_text(json.dumps(truth))
    (tmp_path / "f.json").write_text(
        json.dumps([{"image_id": 1, "category_id": 3, "bbox": [0, 0, 7, 20], "score": 0.5}])
    )
    code, out, err = evaluate(tmp_path, "--json", truth="t.json", found="f.json")
    assert (code, json.loads(out)["mAP50-95"]) == (0, pytest.approx(0.5))
    assert "1 category of the truth not among the labels" in err
    write(tmp_path / "found", a=PLAYER)
    assert evaluate(tmp_path, truth="t.json")[0] == 2
