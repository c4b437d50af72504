"""Ball actions with teams: label and result files written, read, and scored as the files ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from touchline import Event, Timeline, evaluate
from touchline.cli.evaluate.commands import app
from touchline.core.errors import UsageError
from touchline.core.labels import BALL_12
from touchline.formats.soccernet import read_labels, write_labels, write_results

SIDES = ("left", "right")
TRUTH = Timeline(
    tuple(
        Event(label, (10 * i + 4 * j) * 1_000_000, team=side)
        for i, label in enumerate(BALL_12, 1)
        for j, side in enumerate(SIDES)
    )
)
FOUND = Timeline(
    tuple(
        Event(e.label, e.start_us, team="left" if e.label == "PASS" else e.team, confidence=0.9) for e in TRUTH.events
    )
)


def files(folder: Path, truth: Timeline = TRUTH, found: Timeline = FOUND) -> tuple[Path, Path]:
    game = "england_efl/2019-2020/a"
    true_path = folder / "truth" / game / "Labels-ball.json"
    found_path = folder / "found" / game / "results_spotting.json"
    for path in (true_path, found_path):
        path.parent.mkdir(parents=True)
    write_labels(truth, true_path, game=game)
    write_results(found, found_path, game=game)
    return true_path, found_path


def test_teams_survive_label_and_result_files(tmp_path: Path) -> None:
    true_path, found_path = files(tmp_path)
    assert json.loads(true_path.read_text())["annotations"][0]["team"] == "left"
    assert json.loads(found_path.read_text())["predictions"][3]["team"] == "right"
    assert [e.team for e in read_labels(true_path)] == [e.team for e in TRUTH.events]
    assert [e.team for e in read_labels(found_path)] == [e.team for e in FOUND.events]


def test_files_with_teams_are_scored_with_teams(tmp_path: Path) -> None:
    files(tmp_path)
    result = evaluate.spotting(tmp_path / "truth", tmp_path / "found")
    assert result.team is not None
    assert result.team.aggregate() == pytest.approx((11 + 0.25) / 12)
    assert result.average_map == pytest.approx(1)
    record = result.record()
    assert (record["metric"], record["labels"]) == ("team-at1", list(BALL_12))
    assert record["team_mAP"] == pytest.approx((11 + 0.25) / 12)
    assert record["protocol"] == {
        "name": "SoccerNet team ball action spotting 2025 (Team-mAP@1)",
        "version": "sn-teamspotting with SoccerNet 0.2.0",
        "verified": True,
        "differs": [],
    }


def test_without_teams_in_the_predictions_or_by_wish_teams_are_not_scored(tmp_path: Path) -> None:
    nobody = Timeline(tuple(Event(e.label, e.start_us, confidence=0.9) for e in TRUTH.events))
    assert evaluate.spotting(TRUTH, nobody).team is None
    assert evaluate.spotting(TRUTH, FOUND, metric="at1").protocol.name == "SoccerNet ball action spotting 2024 (at1)"
    blind = evaluate.spotting(TRUTH, nobody, metric="team-at1")
    assert blind.team is not None
    assert blind.team.aggregate() == 0
    assert "24 predictions without team left or right, left out of Team-mAP" in blind.warnings


def test_classes_without_truth_and_later_halves_are_named() -> None:
    some = Timeline((Event("PASS", 1_000_000, team="left"), Event("PASS", 9_000_000, team="left", half=2)))
    result = evaluate.spotting(some, some, metric="team-at1")
    assert result.record()["team_mAP"] is None
    assert result.record()["team_mAP_of_seen_classes"] == 0.5
    assert "1 true event outside half 1, left out as in the official code" in result.warnings
    assert any("no true event of DRIVE" in line and "undefined" in line for line in result.warnings)


def test_team_map_has_no_strict_form() -> None:
    with pytest.raises(UsageError, match="'team-at1' has no strict form"):
        evaluate.spotting(TRUTH, FOUND, metric="team-at1", strict=True)
    assert evaluate.spotting(TRUTH, FOUND, strict=True).team is None


def test_the_table_has_both_sides(tmp_path: Path) -> None:
    files(tmp_path)
    arguments = ["spotting", "--truth", str(tmp_path / "truth"), "--predictions", str(tmp_path / "found")]
    lines = CliRunner().invoke(app, arguments).stdout.splitlines()
    assert lines[-1].split() == ["Team-mAP", "12", "12", "93.75"]
    assert "protocol: SoccerNet team ball action spotting 2025" in lines[1]
