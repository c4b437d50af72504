"""``touchline keeper pose`` from files to files."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from tinypose import backgrounds, tiny_pose_model
from touchline.cli.main import app
from touchline.core.errors import EXIT_DEGRADED, EXIT_INPUT, EXIT_OK, EXIT_USAGE
from touchline.formats.keeper.pose_tables import read_pose_table
from touchline.synthetic.keeper_figures import figure_picture

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_pose_model(tmp_path_factory.mktemp("pose")))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("1.png", "2.png", "10.png"):
        pixels, _, _ = figure_picture(rng, backgrounds(), side_px=80)
        cv2.imwrite(str(folder / name), pixels[:, :, ::-1])
    return folder


def test_a_folder_becomes_a_table_and_overlays(pictures: Path, model: str, tmp_path: Path) -> None:
    out, overlay = tmp_path / "poses.csv", tmp_path / "drawn"
    options = ["--model", model, "--whole", "--out", str(out), "--overlay", str(overlay), "--device", "cpu"]
    result = RUNNER.invoke(app, ["keeper", "pose", str(pictures), *options])
    assert result.exit_code == EXIT_OK, result.output
    assert [Path(found.file).name for found in read_pose_table(out)] == ["1.png", "2.png", "10.png"]
    drawn = cv2.imread(str(overlay / "1.png"))
    assert drawn.shape == (80, 80, 3) and bool((drawn != cv2.imread(str(pictures / "1.png"))).any())


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(pictures: Path, model: str) -> None:
    (pictures / "3.png").write_bytes(b"nothing")
    result = RUNNER.invoke(app, ["keeper", "pose", str(pictures), "--model", model, "--whole", "--json"])
    assert result.exit_code == EXIT_DEGRADED
    records = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert len(records) == 4
    assert set(records[0]["joints"]) >= {"pelvis", "left_wrist"} and len(records[0]["joints"]["pelvis"]["space"]) == 3
    assert records[2]["error"].endswith("3.png: not a readable image; use JPEG, PNG, WebP, TIFF or BMP")


def test_boxes_say_where_the_keeper_is(pictures: Path, model: str, tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("file,x0,y0,x1,y1\n1.png,10,10,60,70\n2.png,500,10,600,70\n")
    result = RUNNER.invoke(app, ["keeper", "pose", str(pictures), "--model", model, "--boxes", str(boxes)])
    assert result.exit_code == EXIT_DEGRADED
    assert "2.png: the box 500,10,600,70 does not lie in the picture of 80x80" in result.output
    assert f"{boxes} has no row for 10.png" in result.output


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--whole", "--boxes", "b.csv"], EXIT_USAGE, "--boxes and --whole"),
        (["--out", "poses.txt"], EXIT_USAGE, "written as .csv or .json"),
        (["--model", "nothing-like-it", "--whole"], EXIT_INPUT, "no model is called 'nothing-like-it'"),
    ],
)
def test_mistakes_are_one_line(pictures: Path, options: list[str], code: int, message: str) -> None:
    result = RUNNER.invoke(app, ["keeper", "pose", str(pictures), *options])
    assert result.exit_code == code and message in result.output


def test_a_folder_without_pictures_is_named(tmp_path: Path, model: str) -> None:
    result = RUNNER.invoke(app, ["keeper", "pose", str(tmp_path), "--model", model, "--whole"])
    assert result.exit_code == EXIT_INPUT and "holds no pictures" in result.output
