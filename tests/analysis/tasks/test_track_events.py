"""Events of play as results of an analysis: fused or from tracks alone, and back to the picture alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fakematch import FakeDetector, FakePitchFinder, write_match
from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.play_events import PlaySpotter, play_spans
from touchline.analysis.result import AnalysisResult
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import EventsFrom, usual_tasks
from touchline.core.errors import UsageError
from touchline.core.events import Scores
from touchline.core.labels import PLAY as LABELS
from touchline.formats.bundle import Bundle
from touchline.formats.play import PLAY, PLAY_CURVES, read_play
from touchline.spotting.spotter import Spotter, load_spotter

ALWAYS = ("candidates.json", "events.json", "results_spotting.json")
FUSED = (*ALWAYS, PLAY, PLAY_CURVES, "scores.npz")


@pytest.fixture(scope="module")
def spotter(tmp_path_factory: pytest.TempPathFactory) -> Spotter:
    return load_spotter(write_tiny_model(tmp_path_factory.mktemp("model")), device="cpu", backend="torch", threads=1)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=150)


def run(
    video: Path,
    out: Path,
    spotter: Spotter | None,
    events: EventsFrom,
    *,
    sees: FakeDetector | None = None,
    **more: float,
) -> AnalysisResult:
    tasks = usual_tasks(
        spotter=spotter,
        tracker=VideoTracker(sees or FakeDetector(), FakePitchFinder()),
        events=events,
        thresholds=more,
    )
    return analyze_video(video, tasks=tasks, options=AnalyzeOptions(out=out))


@pytest.fixture(scope="module")
def fused(video: Path, spotter: Spotter, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    return run(video, tmp_path_factory.mktemp("fused"), spotter, "fused")


def files(bundle: Path, *names: str) -> dict[str, bytes]:
    return {name: (bundle / name).read_bytes() for name in names}


def test_the_bundle_holds_events_and_what_they_were_found_from(fused: AnalysisResult) -> None:
    manifest = Bundle(fused.bundle).read_manifest()
    assert set(FUSED) <= set(manifest.files)
    assert manifest.spotting["events"] == "fused"
    assert set(manifest.settings["spot"]["thresholds"]) == set(LABELS)
    assert {name for name, limit in manifest.settings["spot"]["thresholds"].items() if limit == 1} == set(
        manifest.spotting["off"]
    )
    assert [model["name"] for model in manifest.models if model["task"] == "spot"][-1] == "event-fusion"
    assert read_play(fused.bundle).curves.labels


def test_equal_runs_give_equal_bytes(fused: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path) -> None:
    again = run(video, tmp_path, spotter, "fused")
    assert files(again.bundle, *FUSED) == files(fused.bundle, *FUSED)
    assert run(video, tmp_path, spotter, "fused").reused


def test_what_events_are_named_from_can_be_changed_without_looking_again(
    fused: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path
) -> None:
    shutil.copytree(fused.bundle, tmp_path / fused.bundle.name)
    sees = FakeDetector()
    pixels = run(video, tmp_path, spotter, "pixels", sees=sees)
    assert not pixels.reused
    assert not (pixels.bundle / PLAY).exists()
    assert "events" not in Bundle(pixels.bundle).read_manifest().spotting
    alone = run(video, tmp_path / "alone", spotter, "pixels")
    assert files(alone.bundle, *ALWAYS, "scores.npz") == files(pixels.bundle, *ALWAYS, "scores.npz")
    tracks = run(video, tmp_path, None, "tracks", sees=sees)
    assert not (tracks.bundle / "scores.npz").exists()
    assert Bundle(tracks.bundle).read_manifest().spotting["events"] == "tracks"
    assert sees.seen == 0
    back = run(video, tmp_path, spotter, "fused", sees=sees)
    assert files(back.bundle, *FUSED) == files(fused.bundle, *FUSED)
    assert sees.seen == 0


def test_a_threshold_switches_a_label_on(video: Path, spotter: Spotter, tmp_path: Path) -> None:
    result = run(video, tmp_path, spotter, "fused", TACKLE=0.4)
    manifest = Bundle(result.bundle).read_manifest()
    assert manifest.settings["spot"]["thresholds"]["TACKLE"] == 0.4
    assert "TACKLE" not in manifest.spotting["off"]
    with pytest.raises(UsageError, match=r"threshold TACKEL=0.4: .* did you mean 'TACKLE'"):
        PlaySpotter(thresholds={"TACKEL": 0.4})
    with pytest.raises(UsageError, match="a threshold is 0 to 1"):
        PlaySpotter(thresholds={"PASS": 1.4})


def test_without_a_tracker_events_come_from_the_picture(spotter: Spotter) -> None:
    task = usual_tasks(spotter=spotter, events="fused")[0]
    assert type(task).__name__ == "SpotTask"


def test_spans_of_play_end_where_nothing_is_known() -> None:
    shares = np.array([[0.9], [0.8], [0.2], [0.5], [0.9], [0.9]], np.float32)
    times_us = np.array([0, 80_000, 160_000, 240_000, 320_000, 2_000_000], np.int64)
    spans = play_spans(Scores(shares, times_us, ("in play",)))
    assert [(one.start_us, one.in_play, round(one.confidence, 2)) for one in spans] == [
        (0, True, 0.85),
        (160_000, False, 0.8),
        (320_000, True, 0.9),
        (2_000_000, True, 0.9),
    ]
    assert spans[0].end_us == 160_000
    assert play_spans(Scores(np.zeros((0, 1), np.float32), np.zeros(0, np.int64), ("in play",))) == ()


def test_details_reach_the_json_of_the_command(fused: AnalysisResult) -> None:
    for row in fused.summaries["spot"].rows():
        assert row["reason"]
        json.dumps(row)


def test_the_fusion_was_fitted_with_what_names_the_candidates() -> None:
    play = PlaySpotter()
    made_with = "" if play.model is None else play.model.sha256
    assert play.fusion.fitted_with == made_with, "run benchmarks/fused_events.py --fit"
