"""``touchline features set`` from the command line, and a head trained on what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from touchline.cli.main import app
from touchline.formats.features.stream_sets import open_stream_set
from touchline.formats.features.vectors import FeatureInfo, write_features
from touchline.spotting.stream_spotter import load_stream_spotter

RECIPE = Path(__file__).parents[3] / "recipes" / "stream-head.yaml"
PICTURE, SOUND = ("--stream", "picture=own"), ("--stream", "sound=sound")


def run(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["features", "set", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def features(path: Path, *, rows: int = 60, width: int = 4, rate_hz: float = 2.0) -> None:
    values = np.random.default_rng(0).normal(size=(rows, width)).astype(np.float32)
    write_features(path, [values], shape=values.shape, info=FeatureInfo(model=path.stem[2:], rate_hz=rate_hz))


def game(games: Path, name: str, *, width: int = 4, sound: bool = True) -> Path:
    """A game of one half of 30 s, with a goal at 5 s."""
    folder = games / name
    folder.mkdir(parents=True)
    goal = {"gameTime": "1 - 00:05", "label": "Goal", "position": "5000", "team": "home", "visibility": "visible"}
    (folder / "Labels-v2.json").write_text(json.dumps({"UrlLocal": name, "annotations": [goal]}))
    features(folder / "1_own.npy", width=width)
    if sound:
        features(folder / "1_sound.npy", rows=300, width=3, rate_hz=10.0)
    return folder


@pytest.fixture
def games(tmp_path: Path) -> Path:
    for name in "abc":
        game(tmp_path / "games", name)
    return tmp_path / "games"


def test_a_set_is_written_and_told(games: Path, tmp_path: Path) -> None:
    result = run(games, *PICTURE, *SOUND, "--out", tmp_path / "set")
    assert "3 recordings (1 to train, 1 to validate, 1 to test), 3 events of 1 label:" in result.stdout
    assert f"--set data_root={tmp_path / 'set'}" in result.stdout and not result.stderr
    (record,) = map(json.loads, run(games, *PICTURE, *SOUND, "--out", tmp_path / "set", "--json").stdout.splitlines())
    assert record["recordings"] == {"train": 1, "valid": 1, "test": 1} and record["widths"] == {
        "picture": 4,
        "sound": 3,
    }
    assert record["labels"] == ["Goal"] and record["events"] == 3 and record["copied"] == 3 and record["remarks"] == []
    assert open_stream_set(tmp_path / "set").models == {"picture": "own", "sound": "sound"}


def test_games_that_lack_something_are_told_and_the_rest_goes_on(games: Path, tmp_path: Path) -> None:
    (game(games, "d") / "Labels-v2.json").unlink()
    game(games, "e", sound=False)
    result = run(games, *PICTURE, *SOUND, "--out", tmp_path / "set", code=4)
    assert "note: d: features, but no Labels-v2.json; left out" in result.stderr
    assert "note: e, half 1: no 'sound'" in result.stderr
    assert "4 recordings" in result.stdout


def test_many_remarks_are_cut_short(games: Path, tmp_path: Path) -> None:
    for number in range(12):
        game(games, f"mute-{number:02d}", sound=False)
    result = run(games, *PICTURE, *SOUND, "--out", tmp_path / "set", code=4)
    assert result.stderr.count("no 'sound'") == 10 and "note: and 2 more such" in result.stderr


def test_sets_that_cannot_be_made_are_refused_with_what_to_do(games: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "set")
    missing = run(games, *PICTURE, "--stream", "sound=vggish", *out, code=3).output
    assert "KIND 'vggish' for 'sound'; kinds found: own, sound" in missing
    game(games, "wide", width=5)
    wide = run(games, *PICTURE, *out, code=3).output
    assert "features have 5 values per row where other games have 4; reduce all games' features" in wide
    (tmp_path / "empty").mkdir()
    assert "no game has a label file" in run(tmp_path / "empty", *PICTURE, *out, code=3).output
    assert "does not exist" in run(tmp_path / "none", *PICTURE, *out, code=3).output
    assert "is not a folder" in run(games / "a" / "Labels-v2.json", *PICTURE, *out, code=3).output
    assert "no game has a label file other.json" in run(games, *PICTURE, *out, "--labels", "other.json", code=3).output
    assert "is not of the form NAME=KIND" in run(games, "--stream", "own", *out, code=2).output
    assert "picture is own already" in run(games, *PICTURE, "--stream", "picture=sound", *out, code=2).output
    assert not (tmp_path / "set" / "set.json").exists()


def test_a_head_is_trained_on_it_with_the_shipped_recipe(games: Path, tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text("game,part\na,train\nb,valid\n")
    told = run(games, *PICTURE, *SOUND, "--out", tmp_path / "set", "--parts", tmp_path / "parts.csv", code=4)
    assert "no recording to test on" in told.stderr
    small = ["optimizer.steps=2", "optimizer.samples=64", "head_arguments.window=32", f"data_root={tmp_path / 'set'}"]
    changes: list[Any] = [word for change in small for word in ("--set", change)]
    words = ["--out", str(tmp_path / "head"), "--device", "cpu", *changes]
    trained = CliRunner().invoke(app, ["train", str(RECIPE), *words])
    assert trained.exit_code == 0, trained.output
    assert "my-head: step 2 of 2" in trained.stderr and "kept for testing" not in trained.output
    head = load_stream_spotter(tmp_path / "head" / "my-head.safetensors", device="cpu")
    assert [(stream.name, stream.model) for stream in head.config.streams] == [("picture", "own"), ("sound", "sound")]
    assert head.labels == ("Goal",) and "test" not in head.config.measured


def test_a_recipe_may_name_the_set_beside_it_and_tells_what_the_head_is_worth(games: Path, tmp_path: Path) -> None:
    run(games, *PICTURE, *SOUND, "--out", tmp_path / "set")
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(RECIPE.read_text().replace("data_root: SET", "data_root: set").replace("1000", "2"))
    small = ["--set", "optimizer.samples=64", "--set", "head_arguments.window=32", "--device", "cpu", "--json"]
    trained = CliRunner().invoke(app, ["train", str(recipe), "--out", str(tmp_path / "head"), *small])
    assert trained.exit_code == 0, trained.output
    assert "recordings kept for testing: 1; average-mAP on them: tight" in trained.stderr
    record = json.loads(trained.stdout.splitlines()[-1])
    assert record["measured"]["recordings"] == 1 and set(record["measured"]["average_map"]) == {"tight", "loose"}
    test = load_stream_spotter(record["model"], device="cpu").config.measured["test"]
    assert test["recordings"] == 1 and not any(name.endswith("draws") for name in test)
    assert "tight_draws" in json.loads((tmp_path / "head" / "measured.json").read_text())["test"]
