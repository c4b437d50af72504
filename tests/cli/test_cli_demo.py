from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tinymodel import write_tiny_model
from touchline.cli.main import app
from touchline.formats.bundle import Bundle
from touchline.spotting.spotter import load_spotter

runner = CliRunner()


@pytest.fixture
def no_tracks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Following takes half a minute; a test of its own does it."""
    monkeypatch.setattr("touchline.cli.running.has_detector", lambda: False)


@pytest.fixture
def tiny_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A random model stands in for the built-in one."""
    spotter = load_spotter(write_tiny_model(tmp_path), device="cpu", backend="torch", threads=1)
    monkeypatch.setattr("touchline.spotting.spotter.load_spotter", lambda *_, **__: spotter)


@pytest.mark.usefixtures("tiny_default", "no_tracks")
def test_demo_ends_with_the_path_of_a_report_that_holds_its_video(tmp_path: Path) -> None:
    done = runner.invoke(app, ["demo", "--out", str(tmp_path / "demo out")], catch_exceptions=False)
    assert done.exit_code == 0
    report = Path(done.stdout.splitlines()[-1])
    assert report.is_absolute()
    assert report.stat().st_size > 1_000_000, "the clip is inside"
    bundle = Bundle(report.parent)
    assert bundle.read_manifest().coverage.frames_decoded == 600
    again = runner.invoke(app, ["demo", "--out", str(tmp_path / "demo out"), "--json"], catch_exceptions=False)
    assert json.loads(again.stdout)["reused"]


@pytest.mark.usefixtures("no_tracks")
def test_demo_finds_the_events_of_the_sample_with_the_built_in_model(tmp_path: Path) -> None:
    from touchline.models.store import list_builtin

    if not list_builtin():
        pytest.skip("no built-in model in this tree")
    done = runner.invoke(app, ["demo", "--out", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert {"PASS", "DRIVE"} <= set(Bundle(tmp_path / "sample.touchline").read_events().labels)


@pytest.mark.slow
def test_demo_follows_the_players_of_the_sample_with_the_built_in_models(tmp_path: Path) -> None:
    from touchline.cli.running import has_detector

    if not has_detector():
        pytest.skip("no built-in detector in this tree")
    done = runner.invoke(app, ["demo", "--out", str(tmp_path), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert record["tracking"]["people"] >= 10
    assert set(record["tracking"]["teams"]) == {"A", "B"}
    assert len(Bundle(tmp_path / "sample.touchline").read_tracks()) >= 10
