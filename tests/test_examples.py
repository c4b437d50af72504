"""The examples run, each on a small input with a known answer, and stay short."""

from __future__ import annotations

import ast
import importlib.util
import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import touchline
from fakerecogniser import shirt_recogniser
from touchline.core import Shot
from touchline.goalkeeping import load_expected_saves

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def example(name: str) -> Any:
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def start_of_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two seconds of the sample clip, with its sound."""
    path = tmp_path_factory.mktemp("video") / "start.mp4"
    with (
        as_file(files("touchline.analysis") / "sample" / "sample.mp4") as sample,
        av.open(str(sample)) as source,
        av.open(str(path), "w") as start,
    ):
        copies = {stream.index: start.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None and packet.dts * packet.time_base < 2:
                packet.stream = copies[packet.stream.index]
                start.mux(packet)
    return path


@pytest.fixture(scope="module")
def bundle(start_of_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> touchline.Bundle:
    made: touchline.Bundle = example("whole_analysis").main(str(start_of_sample), str(tmp_path_factory.mktemp("out")))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short_and_says_what_it_shows(name: str) -> None:
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    assert f"python examples/{name}.py" in (ast.get_docstring(ast.parse(text)) or "")


def test_there_are_six() -> None:
    assert len(NAMES) == 6


def test_the_events_of_a_video(start_of_sample: Path) -> None:
    events = example("events_of_a_video").main(str(start_of_sample))
    assert all(event.label in ("PASS", "DRIVE") and event.start_us < 2_100_000 for event in events)


def test_a_whole_analysis_is_read_back(bundle: touchline.Bundle, start_of_sample: Path) -> None:
    manifest = bundle.read_manifest()
    assert manifest.coverage.frames_decoded == 52  # two seconds, and those that the cut keeps for later ones
    assert set(manifest.settings) == {"spot", "track", "sound", "likeness"}
    assert len(bundle.read_tracks()) > 10
    assert (bundle.path / "report.html").is_file()
    again = touchline.analyze(start_of_sample, out=bundle.path.parent, tasks=["sound"], report=False)
    assert again.path == bundle.path


def test_distances_and_speeds(bundle: touchline.Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    moved = example("distances_and_speeds").main(str(bundle.path))
    assert all(how.top_speed_mps <= 12.5 for how in moved.values())
    assert len(capsys.readouterr().out.splitlines()) == sum(how.known_s > 0 for how in moved.values())


def test_predictions_are_evaluated(tmp_path: Path) -> None:
    rows = [{"gameTime": "1 - 00:10", "label": "PASS", "position": str(1000 * at)} for at in (10, 20)]
    (tmp_path / "Labels-ball.json").write_text(json.dumps({"annotations": rows}))
    found = [{"label": "PASS", "position": "10000", "half": "1", "confidence": "0.9"}]
    (tmp_path / "results_spotting.json").write_text(json.dumps({"predictions": found}))
    module = example("evaluate_predictions")
    score = module.main(str(tmp_path / "Labels-ball.json"), str(tmp_path / "results_spotting.json"))
    assert 0 < score < 0.5  # one of two passes, and no DRIVE
    assert (module.late_by(0.0), module.late_by(2.0)) == (1, 0)


def test_joints_are_named(tmp_path: Path) -> None:
    joints = np.random.default_rng(0).random((30, 13, 2))
    np.save(tmp_path / "stroke.npy", joints)
    assert example("name_clips").main(str(tmp_path / "stroke.npy")) in ("neutral", "forehand", "backhand", "serve")


def test_clips_are_named(start_of_sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touchline, "load_recogniser", lambda model: shirt_recogniser())
    assert example("name_clips").main(str(start_of_sample), "shirts") == "other"


def test_a_keeper_saves(tmp_path: Path) -> None:
    from touchline.media.stills import encode_still

    picture = np.random.default_rng(0).integers(0, 255, (200, 100, 3)).astype(np.uint8)
    (tmp_path / "keeper.png").write_bytes(encode_still(picture, suffix=".png"))
    near = load_expected_saves().predict([Shot(x_yd=108, y_yd=40, keeper_yd=(114, 40))]).p[0]
    assert example("keeper_saves").main(str(tmp_path / "keeper.png")) == near
