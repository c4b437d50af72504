"""``touchline keeper compare``: keepers beside each other, attempts beside professionals, bad input in one line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from keeper_data import KEEPERS, made_poses, write_tables
from touchline.cli.main import app

runner = CliRunner()
needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")

HEADER = "id,x,y,keeper_x,keeper_y,keeper,outcome"
ROWS = (
    "1,108,44,117,41,Ånders Alpha,Saved",
    "2,110,36,118,39,Anders Alpha,Goal",
    "3,112,40,119,40,Bo Beta,Saved",
    "4,106,50,116,42,Bo Beta,Saved",
    "5,104,30,117,38,Bo Beta,Off T",
)


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def write_poses(path: Path, names: list[str], files: list[str] | None = None) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*map(str, range(48)), *(["file"] if files else [])])
        for number, pose in enumerate(made_poses(names)):
            writer.writerow([*pose.ravel().tolist(), *([files[number]] if files else [])])
    return path


def compare(*words: object) -> Result:
    return runner.invoke(app, ["keeper", "compare", *map(str, words)])


def records(*words: object) -> list[dict]:
    done = compare(*words, "--json")
    assert done.exit_code in (0, 4), done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(kind: str, found: list[dict]) -> list[dict]:
    return [record for record in found if record.get("type") == kind]


def test_keepers_are_set_beside_each_other(tmp_path: Path) -> None:
    shots = write(tmp_path / "shots.csv", *ROWS)
    found = records("--shots", shots)
    keepers = {record["keeper"]: record for record in of("keeper", found)}
    assert len(keepers) == 2  # Ånders and Anders are one
    assert keepers["Bo Beta"]["shots"] == 2 and keepers["Bo Beta"]["saved"] == 2
    assert keepers["Bo Beta"]["low"] < keepers["Bo Beta"]["above"] < keepers["Bo Beta"]["high"]
    assert len(of("attempt", found)) == 5 and of("summary", found)[0]["with_keeper_place"] == 5
    pair = of("pair", records("--shots", shots, "--keeper", "beta", "--keeper", "anders alpha"))
    assert len(pair) == 1 and 0 < pair[0]["better"] < 1


def test_attempts_are_set_beside_professionals(tmp_path: Path) -> None:
    rows = [row.rsplit(",", 2)[0] for row in ROWS[:4]]
    shots = write(tmp_path / "shots.csv", *rows, header="id,x,y,keeper_x,keeper_y")
    poses = write_poses(tmp_path / "poses.csv", ["passive", "spread", "spread"], ["1.png", "2.png", "2-2.png"])
    found = records("--shots", shots, "--poses", poses)
    attempts = {record["id"]: record for record in of("attempt", found)}
    assert attempts["1"]["reading"]["probabilities"] and attempts["3"]["reading"] is None
    assert all(a["gain_low"] <= a["gain"] <= a["gain_high"] for a in attempts.values())
    assert not of("keeper", found) and len(of("technique", found)) == 4
    assert all(
        0.25 <= a["best_chance"] <= 1 and a["best"] in ("passive", "spread", "aggressive", "smother")
        for a in attempts.values()
    )
    assert attempts["3"]["above_average"] is None
    done = compare("--shots", shots, "--poses", poses)
    assert done.exit_code == 0 and "as usual would change" in done.stdout and "note: " in done.stdout


def test_joints_missing_cannot_be_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    shots = write(tmp_path / "shots.csv", "1,108,44", "2,110,36", header="id,x,y")
    poses = write_poses(tmp_path / "poses.csv", ["passive", "spread"], ["1.png", "2.png"])
    lines = poses.read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[30:33] = ["", "", ""]  # the right wrist
    poses.write_text("\n".join([lines[0], ",".join(cells), lines[2]]), encoding="utf-8")
    first, second = of("attempt", records("--shots", shots, "--poses", poses))
    assert "right wrist not seen" in first["reading"]["reason"] and first["reading"]["technique"] is None
    assert second["reading"]["probabilities"]


@pytest.mark.parametrize(
    ("rows", "words", "code"),
    [
        (("1,44,108,117,41,A,Saved",), "look swapped", 3),
        (("1,44,108,117,41,A,Saved", ROWS[0]), "look swapped", 4),
        (('1,"108,5",44,117,41,A,Saved', ROWS[0]), "decimal comma", 4),
        (("1,108,5,44,0,117,5,41,0,A,Saved", ROWS[0]), "decimal commas", 4),
        (("1,130,44,117,41,A,Saved", ROWS[0]), "outside the pitch", 4),
    ],
)
def test_bad_rows_are_one_line_each(tmp_path: Path, rows: tuple[str, ...], words: str, code: int) -> None:
    done = compare("--shots", write(tmp_path / "shots.csv", *rows))
    assert done.exit_code == code
    told = [line for line in done.stderr.splitlines() if line.startswith("touchline: error:")]
    assert len(told) == 1 and words in told[0]


def test_an_unknown_keeper_and_poses_of_nobody_are_one_line(tmp_path: Path) -> None:
    shots = write(tmp_path / "shots.csv", *ROWS)
    done = compare("--shots", shots, "--keeper", "Bo Better")
    assert done.exit_code == 3 and done.stderr.count("\n") == 1 and "is it Bo Beta" in done.stderr
    poses = write_poses(tmp_path / "poses.csv", ["passive"], ["77.png"])
    done = compare("--shots", shots, "--poses", poses)
    assert done.exit_code == 3 and "match none of 5 shots" in done.stderr
    comma = write_poses(tmp_path / "comma.csv", ["passive"], ["1.png"])
    comma.write_text(comma.read_text(encoding="utf-8").replace(",0.0,", ',"0,0",', 1), encoding="utf-8")
    done = compare("--shots", shots, "--poses", comma)
    assert done.exit_code == 3 and "decimal points, not commas" in done.stderr
    assert compare("--shots", shots, "--poses", poses, "--poses", poses).exit_code == 2
    assert compare("--shots", tmp_path / "none.csv").exit_code == 3


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    found = records("--shots", tmp_path / "none.csv", "--shots", write(tmp_path / "shots.csv", *ROWS))
    assert "none.csv" in found[0]["error"] and of("summary", found)[0]["attempts"] == 5


def test_made_tables_of_the_published_layout_are_read(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "tables")
    found = records("--shots", folder / "events" / "1v1_events.csv", "--poses", folder / "pose" / "pose_1v1_3d.csv")
    assert {record["keeper"] for record in of("keeper", found)} == {"Ånders Alpha", "Bo Beta", "Cy Gamma"}
    told = [record["reading"] for record in of("attempt", found) if record["reading"]]
    assert len(told) == 216


@needs_tables
@pytest.mark.shared_data
def test_the_amateurs_beside_the_professionals() -> None:
    found = records(
        "--shots", KEEPERS / "events" / "amateur_1v1.csv", "--units", "percent",
        "--poses", KEEPERS / "pose" / "amateur_3d_1v1s.csv",
    )  # fmt: skip
    attempts = of("attempt", found)
    assert len(attempts) == 18
    engagement = [0.763997, 0.721865, 0.430986, 0.574422, 0.789408]
    np.testing.assert_allclose([a["engagement"] for a in attempts[:5]], engagement, atol=1e-4)
    named = [a["reading"]["technique"] for a in attempts]
    assert named.count("passive") + named.count("spread") >= 15
