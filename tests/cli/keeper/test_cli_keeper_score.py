"""``touchline keeper score`` and ``map``: records, tables, pictures; bad input in one line each."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from touchline.cli.main import app

runner = CliRunner()
TABLE = """id,x,y,under_pressure,engagement,keeper,outcome,technique
a,108,45,1,0.5,Bo Beta,Saved,Spread
b,110,38,0,,Bo Beta,Goal,
c,60,10,0,,,Off T,somersault
"""


def write(folder: Path, text: str = TABLE, *, name: str = "shots.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def call(*arguments: str) -> tuple[int, list[dict], str]:
    done = runner.invoke(app, ["keeper", *arguments])
    lines = done.stdout.splitlines() if "--json" in arguments else []
    return done.exit_code, [json.loads(line) for line in lines], done.output


def test_shots_are_scored_with_intervals_and_summed_up(tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    code, records, _ = call("score", "--shots", write(tmp_path), "--json", "--out", str(out))
    assert code == 0
    first, second, third, total = records
    assert 0 < first["low"] < first["p_save"] < first["high"] < 1
    assert first["notes"] == [] and first["engagement"] == 0.5
    assert second["notes"] == ["the keeper's place is unknown"]
    assert third["notes"][0] == "few such shots were learnt from" and "'somersault'" in third["notes"][2]
    assert (total["on_target"], total["saved"]) == (2, 1)
    assert total["expected_saves"] == pytest.approx(first["p_save"] + second["p_save"], abs=1e-3)
    assert any("50.5 % of the 192" in remark for remark in total["remarks"])
    assert any("No effect of technique" in remark for remark in total["remarks"])
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert [row["p_save"] for row in rows] == [str(record["p_save"]) for record in records[:3]]


def test_people_read_a_table(tmp_path: Path) -> None:
    code, _, text = call("score", "--shots", write(tmp_path))
    assert code == 0
    assert "2 shots known to be on target: 1 saved" in text
    assert "84.6 % of the 91 without any" in text


def test_bad_rows_and_bad_files_are_one_line_each_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = write(tmp_path, TABLE + 'd,40,108,0,,,,\ne,"108,5",40,0,,,,\n', name="bad.csv")
    code, records, text = call("score", "--shots", bad, "--shots", str(tmp_path / "absent.csv"), "--json")
    assert code == 4
    errors = [record["error"] for record in records if "error" in record]
    assert len(errors) == 3 and sum(record.get("type") == "shot" for record in records) == 3
    assert "swapped" in errors[0] and "decimal comma" in errors[1] and "absent.csv" in errors[2]
    assert "Traceback" not in text
    assert call("score", "--shots", str(tmp_path / "absent.csv"))[0] == 3
    assert call("score", "--shots", write(tmp_path), "--model", write(tmp_path, "{}", name="m.json"))[0] == 3


def test_the_population_counts(tmp_path: Path) -> None:
    every = call("score", "--shots", write(tmp_path), "--json")[1]
    pictured = call("score", "--shots", write(tmp_path), "--json", "--population", "pictured")[1]
    assert pictured[0]["p_save"] < every[0]["p_save"]
    assert pictured[0]["population"] == "pictured"


def test_a_map_as_json_and_as_pictures(tmp_path: Path) -> None:
    pytest.importorskip("mplsoccer")
    for name in ("map.png", "map.svg"):
        path = tmp_path / name
        code, _, text = call("map", "--out", str(path), "--keeper", "114,40", "--shot", "106,46", "--pressure")
        assert code == 0 and path.stat().st_size > 10_000
        assert "a technique is shown to be best in 0%" in text and "No effect of technique" in text
    code, records, _ = call("map", "--json", "--closing", "4", "--cell", "2")
    (record,) = records
    assert code == 0 and record["closing_yd"] == 4
    assert len(record["p"]) == len(record["x_yd"]) == 18 and len(record["p"][0]) == len(record["y_yd"]) == 40
    assert any(value is None for row in record["p"] for value in row)
    assert {value for row in record["best"] for value in row} == {None}


def test_a_map_that_says_nothing_says_so(tmp_path: Path) -> None:
    code, _, text = call("map", "--json", "--engagement", "3")
    assert code == 0
    assert call("map", "--out", str(tmp_path / "map.png"), "--engagement", "3")[2].count("nothing can be said") == 1
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json", "--keeper", "114"], "X,Y"),
        (["--json", "--keeper", "130,40"], "outside the pitch"),
        (["--json", "--keeper", "114,40", "--closing", "3"], "one way only"),
        (["--out", "map.gif"], ".png or .svg"),
        ([], "--out MAP.png"),
    ],
)
def test_usage(arguments: list[str], words: str) -> None:
    code, _, text = call("map", *arguments)
    assert code == 2 and words in text
