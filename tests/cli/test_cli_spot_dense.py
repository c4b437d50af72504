"""``touchline spot`` and ``touchline live`` with a dense spotter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from makevideo import write_frames
from tinydense import moving_colours, write_tiny_dense
from tinymodel import write_tiny_model
from touchline.cli.main import app
from touchline.formats.bundle import Bundle
from touchline.spotting.dense.decoding import TEAM_COLUMN
from touchline.spotting.dense.spotter import load_dense_spotter

FRAMES = 110


@pytest.fixture(autouse=True)
def with_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Preparing a model for OpenVINO takes seconds."""

    def prepared(name: Any, *, device: Any, flip: bool | None, threads: int | None) -> Any:
        return load_dense_spotter(name, device=device, flip=flip, backend="torch", threads=1)

    monkeypatch.setattr("touchline.spotting.dense.spotter.load_dense_spotter", prepared)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dense")
    return write_tiny_dense(folder, shift="gsf", displacement=True, team=True, fps=25, windows={"encode": "once"})


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "match.mkv"
    return write_frames(path, moving_colours(FRAMES, height=64, width=96), fps=25)


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


def lines(done: Result, kind: str = "event") -> list[dict[str, Any]]:
    return [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == kind]


def test_spot_writes_events_with_teams_and_the_scores_of_all_columns(model: Path, video: Path, tmp_path: Path) -> None:
    done = call("spot", video, "--model", model, "--out", tmp_path, "--json")
    assert done.exit_code == 0
    bundle = Bundle(tmp_path / "match.touchline")
    events = bundle.read_events()
    assert len(events) > 3 and {event.team for event in events} == {"left", "right"}
    assert [line["team"] for line in lines(done)] == [event.team for event in events]
    scores = bundle.read_scores()
    assert scores.labels == ("PASS", "DRIVE", "SHOT", TEAM_COLUMN)
    assert len(scores) == FRAMES
    results = json.loads((bundle.path / "results_spotting.json").read_text())
    assert {one["team"] for one in results["predictions"]} == {"left", "right"}
    (result,) = lines(done, "result")
    assert any("names teams by the side they play on, left or right" in remark for remark in result["remarks"])
    again = call("spot", video, "--model", model, "--out", tmp_path, "--threshold", "PASS=0.9")
    assert again.exit_code == 0
    fewer = bundle.read_events()
    assert len(fewer) < len(events) and {e.team for e in fewer} <= {"left", "right"}


def test_live_finds_what_spot_finds(model: Path, video: Path, tmp_path: Path) -> None:
    offline = lines(call("spot", video, "--model", model, "--out", tmp_path, "--json"))
    words = ("--follow", "0.2", "--no-page", "--out", tmp_path / "live", "--json")
    live = call("live", video, "--model", model, *words)
    assert live.exit_code == 0
    found = [one for one in lines(live) if one["final"] and not one["withdrawn"]]
    keys = [(one["label"], one["time_us"], one["team"]) for one in found]
    assert sorted(keys) == sorted((one["label"], one["time_us"], one["team"]) for one in offline)
    assert "s of stream after it" in live.stderr
    bundle = Bundle(tmp_path / "live" / "match.touchline")
    np.testing.assert_array_equal(
        bundle.read_scores().values, Bundle(tmp_path / "match.touchline").read_scores().values
    )


def test_a_dense_spotter_is_named_alone(model: Path, video: Path, tmp_path: Path) -> None:
    other = write_tiny_model(tmp_path)
    done = call("spot", video, "--model", model, "--model", other, "--out", tmp_path)
    assert done.exit_code == 2
    assert "a dense spotter cannot be averaged with others; name it alone" in " ".join(done.stderr.split())


def test_models_list_and_show_know_it(model: Path) -> None:
    done = call("models", "show", model)
    assert done.exit_code == 0 and "spot-dense" in done.stdout
