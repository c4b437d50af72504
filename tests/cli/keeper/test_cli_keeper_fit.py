"""``touchline keeper fit --reference``: one table, on made tables and on the published ones; bad input in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keeper_data import KEEPERS, write_tables
from touchline.cli.main import app

runner = CliRunner()
needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "tables")


def records(folder: Path) -> list[dict]:
    done = runner.invoke(app, ["keeper", "fit", "--reference", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_made_tables_give_a_table_with_every_part(made: Path) -> None:
    done = runner.invoke(app, ["keeper", "fit", "--reference", str(made)])
    assert done.exit_code == 0, done.output
    parts = {record["part"] for record in records(made)}
    for part in ("data", "clusters", "expected saves", "maps", "keepers", "amateurs", "penalties"):
        assert part in parts and f"\n{part}\n" in done.stdout
    assert "not published" in done.stdout.splitlines()[-1]


def test_pictures_are_drawn_beside_the_table(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    done = runner.invoke(app, ["keeper", "fit", "--reference", str(made), "--pictures", str(out), "--json"])
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    named = [Path(row["picture"]).name for row in rows if row.get("type") == "picture"]
    assert len(named) == 5 and sorted(named) == sorted(path.name for path in out.iterdir())
    done = runner.invoke(app, ["keeper", "fit", str(made), "--pictures", str(out)])
    assert done.exit_code == 2 and "--pictures draws what --reference compares" in done.stderr


@needs_tables
@pytest.mark.shared_data
def test_the_published_numbers_come_out_or_are_explained() -> None:
    found = records(KEEPERS)
    differing = [record for record in found if record["verdict"] == "differs"]
    assert sum(record["verdict"] == "same" for record in found) >= 45
    assert all(record["note"] for record in differing)
    assert {record["quantity"] for record in differing} == {
        "pictures of shots on target",
        "mean engagement of passive",
        "Łukasz Fabiański, %",
        "most that aggressive adds, no pressure",
        "spread less passive, 4 yd out",
    }


def decimal_commas(text: str) -> str:
    """The table's first number with a decimal comma, quoted as spreadsheets write it."""
    return re.sub(r"(\d+)\.(\d+)", r'"\1,\2"', text, count=1)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (decimal_commas, "is not a number"),
        (lambda text: text.replace("under_pressure", "pressure"), "'under_pressure'"),
        (lambda text: text.replace("Saved", ""), "'shot_outcome_name'"),
    ],
)
def test_a_damaged_table_is_one_line(made: Path, damage: Callable[[str], str], words: str) -> None:
    path = made / "events" / "1v1_events.csv"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    done = runner.invoke(app, ["keeper", "fit", "--reference", str(made)])
    assert done.exit_code == 3
    assert done.stderr.count("\n") == 1 and words in done.stderr and "1v1_events.csv" in done.stderr


def test_a_folder_without_tables_is_one_line(tmp_path: Path) -> None:
    done = runner.invoke(app, ["keeper", "fit", "--reference", str(tmp_path)])
    assert done.exit_code == 3 and done.stderr.count("\n") == 1


def test_techniques_are_fitted_and_written(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "techniques.json"
    done = runner.invoke(app, ["keeper", "fit", str(made), "--out", str(out), "--bootstraps", "2"])
    assert done.exit_code == 0, done.output
    assert "two pictures of one shot get the same name" in done.stdout
    from touchline.goalkeeping.technique import load_techniques

    assert load_techniques(out).facts["shots"] > 200


@pytest.mark.parametrize("words", [[], ["a", "--reference", "b"], ["--reference", "a", "--penalties", "b"]])
def test_one_folder_is_wanted(words: list[str]) -> None:
    done = runner.invoke(app, ["keeper", "fit", *words])
    assert done.exit_code == 2 and "one folder" in done.stderr


@needs_tables
@pytest.mark.shared_data
@pytest.mark.slow
def test_penalties_say_nothing() -> None:
    done = runner.invoke(app, ["keeper", "fit", "--penalties", str(KEEPERS), "--json"])
    assert "nothing is better" in json.loads(done.stdout.splitlines()[-1])["said"]
