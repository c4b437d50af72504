"""``touchline index``: what it prints, its exit codes, and answers in every form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seasonbundles import MadeMatch, write_made_bundle
from touchline.cli.main import app
from touchline.cli.matches.answers import answer_lines
from touchline.cli.matches.index import QUESTIONS
from touchline.season import SeasonFolder
from touchline.season import questions as registry

runner = CliRunner()


@pytest.fixture
def season(tmp_path: Path) -> Path:
    for number in range(2):
        write_made_bundle(tmp_path / f"game-{number}.touchline", MadeMatch(minutes=1.0, passes=8, seed=number))
    return tmp_path


def test_the_help_knows_the_questions() -> None:
    assert tuple(registry.QUESTIONS) == QUESTIONS


def test_a_folder_is_indexed_with_a_page(season: Path) -> None:
    done = runner.invoke(app, ["index", str(season)])
    assert done.exit_code == 0, done.output
    folder = season / "season.touchline"
    assert f"{folder}: 2 matches, 2 read" in done.stdout and f"page: {folder / 'season.html'}" in done.stdout
    again = runner.invoke(app, ["index", str(season), "--json"])
    assert json.loads(again.stdout) == {
        "type": "index",
        "season": str(folder),
        "page": str(folder / "season.html"),
        "matches": 2,
        "read": 0,
        "removed": [],
        "problems": [],
        "notes": [],
    }


def test_the_season_itself_is_no_bundle(season: Path) -> None:
    runner.invoke(app, ["index", str(season), "--no-page"])
    assert not (season / "season.touchline" / "season.html").exists()
    done = runner.invoke(app, ["export", str(season), "--to", "csv"])
    assert done.exit_code == 0 and "season.touchline" not in done.output


def test_a_damaged_bundle_is_listed_with_exit_code_4(season: Path) -> None:
    (season / "game-1.touchline" / "manifest.json").write_text("{")
    done = runner.invoke(app, ["index", str(season)])
    assert done.exit_code == 4
    assert "left out: " in done.stderr and "game-1.touchline" in done.stderr
    (season / "game-0.touchline" / "manifest.json").write_text("{")
    assert runner.invoke(app, ["index", str(season)]).exit_code == 3, "nothing is left"


def test_names_are_found_beside_the_bundles(season: Path) -> None:
    (season / "teams.csv").write_text("bundle,team,person,name\ngame-0,A,,Leeds\nelse,A,,Hull\n")
    done = runner.invoke(app, ["index", str(season)])
    assert "note: names: bundle 'else' is not in the index" in done.stderr
    assert {row["team_a"] for row in SeasonFolder(season / "season.touchline").read("matches").to_pylist()} == {
        "Leeds",
        "white (A)",
    }


@pytest.mark.parametrize("form", ["table", "csv", "jsonl"])
def test_an_answer_is_all_that_is_printed(season: Path, form: str) -> None:
    done = runner.invoke(app, ["index", str(season), "--ask", "labels", "--format", form])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    if form == "jsonl":
        assert json.loads(lines[0])["label"] == "PASS" and len(lines) == 2
    elif form == "csv":
        assert lines[:2] == ["label,events,matches,reviewed,mean_confidence", "PASS,16,2,0,0.9"]
    else:
        assert lines[0].split() == ["label", "events", "matches", "reviewed", "mean_confidence"]
        assert lines[2].split() == ["PASS", "16", "2", "0", "0.90"]


def test_sql_is_answered_and_json_means_lines_of_json(season: Path) -> None:
    pytest.importorskip("duckdb")
    sql = "SELECT match, count(*) AS n FROM events GROUP BY 1 ORDER BY 1"
    done = runner.invoke(app, ["index", str(season), "--query", sql, "--json"])
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"match": "game-0", "n": 12},
        {"match": "game-1", "n": 12},
    ]
    assert runner.invoke(app, ["index", str(season), "--query", "SELEC 1"]).exit_code == 2


def test_questions_are_answered_while_another_process_writes(season: Path) -> None:
    runner.invoke(app, ["index", str(season)])
    with SeasonFolder(season / "season.touchline").locked():
        done = runner.invoke(app, ["index", str(season), "--ask", "matches", "--format", "csv"])
        assert done.exit_code == 0 and len(done.stdout.splitlines()) == 3
        assert "the answer is from the index as it is" in done.stderr
        assert runner.invoke(app, ["index", str(season)]).exit_code == 5


def test_wrong_usage_is_refused(season: Path, tmp_path: Path) -> None:
    assert runner.invoke(app, ["index", str(season), "--ask", "labels", "--query", "SELECT 1"]).exit_code == 2
    assert runner.invoke(app, ["index", str(season), "--ask", "label"]).exit_code == 2
    (tmp_path / "empty").mkdir()
    assert runner.invoke(app, ["index", str(tmp_path / "empty")]).exit_code == 2
    assert runner.invoke(app, ["index", str(season), "--names", str(tmp_path / "none.csv")]).exit_code == 3


def test_cells_are_plain_whatever_they_hold() -> None:
    import pyarrow as pa

    answer = pa.table({"a": [float("nan"), 1.25], "b": [["x", "\x1b[2J"], None], "c": ["=1+1", "y" * 99]})
    jsonl = [json.loads(line) for line in answer_lines(answer, form="jsonl")]
    assert jsonl[0] == {"a": None, "b": ["x", "\x1b[2J"], "c": "=1+1"}
    csv = list(answer_lines(answer, form="csv"))
    assert csv[1].endswith(",'=1+1") and csv[2].startswith("1.25,,")
    table = list(answer_lines(answer, form="table"))
    assert "\x1b" not in "".join(table) and table[3].endswith("yyy...")
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"])
    assert list(answer_lines(twice, form="jsonl")) == ['{"n": 1, "n_2": 2}']
    assert list(answer_lines(answer.slice(0, 0), form="table"))[-1] == "(no rows)"
