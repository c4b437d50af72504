"""``touchline evaluate spotting``: keys, pairing, warnings, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from touchline.cli.evaluate.commands import app
from touchline.core.labels import BALL_2, BALL_12, SOCCERNET_V2

SOCCERNET_KEYS = {f"a_mAP{a}{b}" for a in ("", "_per_class") for b in ("", "_visible", "_unshown")}


def write_truth(root: Path, game: str, *labels: str, name: str = "Labels-ball.json") -> None:
    rows = [
        {"gameTime": f"1 - {10 * i // 60:02d}:{10 * i % 60:02d}", "label": x, "position": str(10_000 * i)}
        for i, x in enumerate(labels, 1)
    ]
    write(root / game / name, {"annotations": rows})


def write_found(root: Path, game: str, *labels: str) -> None:
    rows = [
        {"label": x, "position": str(10_000 * i), "half": "1", "confidence": "0.9"} for i, x in enumerate(labels, 1)
    ]
    write(root / game / "results_spotting.json", {"predictions": rows})


def write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def evaluate(root: Path, *options: str) -> tuple[int, str, str]:
    arguments = ["spotting", "--truth", str(root / "truth"), "--predictions", str(root / "found"), *options]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_json_is_one_object_with_soccernets_keys(tmp_path: Path) -> None:
    write_truth(tmp_path / "truth", "g", "PASS", "DRIVE")
    write_found(tmp_path / "found", "g", "PASS", "DRIVE")
    code, out, err = evaluate(tmp_path, "--json")
    record = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert record.keys() >= SOCCERNET_KEYS
    assert (record["a_mAP"], record["a_mAP_per_class"], record["labels"]) == (1, [1, 1], list(BALL_2))
    assert (record["metric"], record["fps"], record["games"], record["warnings"]) == ("at1", 25, 1, [])


@pytest.mark.parametrize(
    ("labels", "name", "classes", "fps", "metric"),
    [
        (("PASS", "SHOT"), "Labels-ball.json", BALL_12, 25, "at1"),
        (("Goal",), "Labels-v2.json", SOCCERNET_V2, 2, "loose"),
        (("KICK", "PASS"), "Labels-ball.json", ("KICK", "PASS"), 25, "at1"),
        (("y-card", "soccer-ball"), "Labels.json", ("card", "subs", "soccer"), 2, "loose"),
    ],
)
def test_labels_fps_and_metric_follow_the_files(
    tmp_path: Path, labels: tuple[str, ...], name: str, classes: tuple[str, ...], fps: int, metric: str
) -> None:
    write_truth(tmp_path / "truth", "g", *labels, name=name)
    write_found(tmp_path / "found", "g", *(["card", "soccer"] if name == "Labels.json" else labels))
    record = json.loads(evaluate(tmp_path, "--json")[1])
    assert (tuple(record["labels"]), record["fps"], record["metric"]) == (classes, fps, metric)
    assert sum(record["a_mAP_per_class"]) == pytest.approx(len(labels))
    assert (record["a_mAP_visible"] is None) == (name == "Labels.json")


def test_missing_and_unused_files_are_told_and_counted(tmp_path: Path) -> None:
    for game in ("a", "b"):
        write_truth(tmp_path / "truth", game, "PASS")
    for game in ("b", "c"):
        write_found(tmp_path / "found", game, "PASS")
    code, out, err = evaluate(tmp_path, "--json", "--labels", "PASS,")
    assert code == 4
    assert json.loads(out)["a_mAP"] == pytest.approx(6 / 11)
    assert "1 game without predictions, counted as missed: a" in err
    assert "1 prediction file without a game" in err


def test_unknown_labels_are_counted(tmp_path: Path) -> None:
    write_truth(tmp_path / "truth", "g", "PASS")
    write_found(tmp_path / "found", "g", "PASS", "TACKLE", "TACKLE")
    code, _, err = evaluate(tmp_path)
    assert code == 0
    assert "2 predictions with a label that is not scored: TACKLE (2)" in err


def test_table_names_every_class(tmp_path: Path) -> None:
    write_truth(tmp_path / "truth", "g", "PASS", "DRIVE")
    write_found(tmp_path / "found", "g", "PASS")
    code, out, _ = evaluate(tmp_path, "--strict")
    lines = out.splitlines()
    assert code == 0
    assert "strict" in lines[0]
    assert lines[4].split()[:4] == ["PASS", "1", "1", "100.00"]
    assert lines[-1].split()[:4] == ["mean", "2", "1", "50.00"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--metric", "best"), 2, "metric 'best' is unknown"),
        (("--fps", "fast"), 2, "--fps 'fast'"),
        (("--fps", "nan"), 2, "--fps 'nan'"),
        (("--labels", "football"), 2, "is not a label set"),
    ],
)
def test_wrong_options(tmp_path: Path, options: tuple[str, ...], code: int, message: str) -> None:
    write_truth(tmp_path / "truth", "g", "PASS")
    write_found(tmp_path / "found", "g", "PASS")
    got, out, err = evaluate(tmp_path, *options)
    assert (got, out) == (code, "")
    assert message in err


def test_unusable_files(tmp_path: Path) -> None:
    write_truth(tmp_path / "truth", "g", "PASS")
    code, _, err = evaluate(tmp_path)
    assert (code, "does not exist" in err) == (3, True)
    write_found(tmp_path / "found", "g", "PASS")
    (tmp_path / "found/g/results_spotting.json").write_text('{"predictions":\n [}')
    code, _, err = evaluate(tmp_path)
    assert (code, "line 2" in err) == (3, True)


def test_truth_without_events_needs_labels(tmp_path: Path) -> None:
    write_truth(tmp_path / "truth", "g")
    write_found(tmp_path / "found", "g", "PASS")
    assert evaluate(tmp_path)[0] == 2
    code, out, _ = evaluate(tmp_path, "--strict", "--json", "--labels", "ball-2")
    assert (code, json.loads(out)["a_mAP"]) == (0, None)


GAME = "england_epl/2014-2015/2015-02-21 - 18-00 Chelsea 1 - 1 Burnley"
OTHER = "england_epl/2014-2015/2015-05-17 - 18-00 Manchester United 1 - 1 Arsenal"


def score_files(root: Path, *, truth: str, found: str) -> tuple[int, str, str]:
    """Score one file against another, whose ``UrlLocal`` are given."""
    rows = [{"gameTime": "1 - 00:10", "label": "PASS", "position": "10000", "half": "1", "confidence": "0.9"}]
    write(root / "Labels-ball.json", {"UrlLocal": truth, "annotations": rows})
    write(root / "results_spotting.json", {"UrlLocal": found, "predictions": rows})
    paths = ["--truth", str(root / "Labels-ball.json"), "--predictions", str(root / "results_spotting.json")]
    result = CliRunner().invoke(app, ["spotting", *paths])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(("truth", "found"), [(f"{GAME}/", OTHER), ("derby", "final")])
def test_a_truth_and_predictions_of_other_games_are_an_error(tmp_path: Path, truth: str, found: str) -> None:
    code, out, err = score_files(tmp_path, truth=truth, found=found)
    assert (code, out) == (3, "")
    assert "they have no name in common" in err
    assert repr(truth.strip("/")) in err and repr(found) in err


@pytest.mark.parametrize(("truth", "found"), [(f"{GAME}/", GAME), ("", OTHER), (GAME, "1_720p"), ("720p", "derby")])
def test_files_that_share_a_name_or_have_none_are_scored(tmp_path: Path, truth: str, found: str) -> None:
    code, _, err = score_files(tmp_path, truth=truth, found=found)
    assert (code, err) == (0, "")


def test_a_game_and_a_video_of_another_name_are_scored_with_a_warning(tmp_path: Path) -> None:
    code, _, err = score_files(tmp_path, truth=GAME, found="match")
    assert code == 0
    assert f"the truth names the game {GAME!r}, the predictions 'match'" in err


def test_folders_of_one_game_each_must_have_a_name_in_common(tmp_path: Path) -> None:
    write_truth(tmp_path / "truth", GAME, "PASS")
    write_found(tmp_path / "found", OTHER, "PASS")
    code, out, err = evaluate(tmp_path)
    assert (code, out) == (3, "")
    assert "they have no name in common" in err


def test_events_of_other_halves_are_named(tmp_path: Path) -> None:
    rows = [{"label": "PASS", "position": "10000", "half": half, "confidence": "0.9"} for half in ("1", "3", "4", "4")]
    write_truth(tmp_path / "truth", "g", "PASS")
    write(tmp_path / "found" / "g" / "results_spotting.json", {"predictions": rows})
    code, _, err = evaluate(tmp_path)
    assert code == 0
    assert "3 predictions outside halves 1 and 2 left out, as in SoccerNet's code (1 of half 3, 2 of half 4" in err
