"""Events and tracks from one decode, and bundles that hold both."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from fakematch import FakeDetector, FakePitchFinder, grass, match_picture, write_match
from makevideo import write_frames
from tinymodel import write_tiny_model
from touchline.analysis.events_in_shots import remark_on_left_out
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.result import AnalysisResult
from touchline.analysis.tasks.spot_summary import candidate_thresholds
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.core.tracks import Detections
from touchline.formats.bundle import Bundle
from touchline.media.frame import Frame
from touchline.media.video import VideoReader
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import Spotter, load_spotter

SPOT = ("events.json", "candidates.json", "results_spotting.json", "scores.npz")
TRACK = ("tracks.parquet", "tracks.txt", "actions.json", "camera.npz")


@pytest.fixture(scope="module")
def spotter(tmp_path_factory: pytest.TempPathFactory) -> Spotter:
    return load_spotter(write_tiny_model(tmp_path_factory.mktemp("model")), device="cpu", backend="torch", threads=1)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=500)


def tracker(detector: FakeDetector | None = None) -> VideoTracker:
    return VideoTracker(detector or FakeDetector(), FakePitchFinder())


@contextlib.contextmanager
def noting_frames() -> Iterator[list[int]]:
    """Grows by the index of every frame that is decoded meanwhile."""
    original = VideoReader.frames
    numbers: list[int] = []

    def frames(self: VideoReader, **kwargs: int) -> Iterator[Frame]:
        for number, frame in enumerate(original(self, **kwargs)):
            numbers.append(number)
            yield frame

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VideoReader, "frames", frames)
        yield numbers


@pytest.fixture
def decoded() -> Iterator[list[int]]:
    with noting_frames() as numbers:
        yield numbers


@pytest.fixture(scope="module")
def both_and_frames(
    video: Path, spotter: Spotter, tmp_path_factory: pytest.TempPathFactory
) -> tuple[AnalysisResult, list[int]]:
    """Events and tracks together, and the frames that were decoded for them."""
    options = AnalyzeOptions(out=tmp_path_factory.mktemp("both"))
    with noting_frames() as numbers:
        result = analyze_video(video, tasks=usual_tasks(spotter=spotter, tracker=tracker()), options=options)
    return result, numbers


@pytest.fixture(scope="module")
def both(both_and_frames: tuple[AnalysisResult, list[int]]) -> AnalysisResult:
    return both_and_frames[0]


@pytest.fixture(scope="module")
def tracks_alone(video: Path, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    options = AnalyzeOptions(out=tmp_path_factory.mktemp("track"))
    return analyze_video(video, tasks=usual_tasks(tracker=tracker()), options=options)


def copy_of(result: AnalysisResult, folder: Path) -> AnalyzeOptions:
    """Options of an analysis that finds the bundle of an earlier one."""
    shutil.copytree(result.bundle, folder / result.bundle.name)
    return AnalyzeOptions(out=folder)


def files(bundle: Path, *names: str) -> dict[str, bytes]:
    return {name: (bundle / name).read_bytes() for name in names}


def test_one_decode_feeds_both_tasks(both_and_frames: tuple[AnalysisResult, list[int]]) -> None:
    result, decoded = both_and_frames
    assert decoded == list(range(500))
    assert result.tasks == ("spot", "track")
    assert result.summaries["spot"].timeline.events
    assert result.summaries["track"].people == 8


def test_together_they_give_the_files_they_give_alone(
    both: AnalysisResult, tracks_alone: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path
) -> None:
    events = analyze_video(video, tasks=usual_tasks(spotter=spotter), options=AnalyzeOptions(out=tmp_path))
    assert files(events.bundle, *SPOT) == files(both.bundle, *SPOT)
    assert files(tracks_alone.bundle, *TRACK) == files(both.bundle, *TRACK)
    assert sorted(p.name for p in both.bundle.iterdir()) == sorted([*SPOT, *TRACK, "likeness.json", "manifest.json"])


def test_what_one_task_found_before_is_kept_and_not_done_again(
    both: AnalysisResult, tracks_alone: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path
) -> None:
    options = copy_of(tracks_alone, tmp_path)
    assert not tracks_alone.reused
    assert not analyze_video(video, tasks=usual_tasks(spotter=spotter), options=options).reused
    detector = FakeDetector()
    result = analyze_video(video, tasks=usual_tasks(spotter=spotter, tracker=tracker(detector)), options=options)
    assert result.reused
    assert detector.seen == 0
    assert files(result.bundle, *SPOT, *TRACK) == files(both.bundle, *SPOT, *TRACK)
    manifest = Bundle(result.bundle).read_manifest()
    assert {model["task"] for model in manifest.models} == {"spot", "track"}
    assert set(manifest.files) == {*SPOT, *TRACK, "likeness.json"}
    (result.bundle / "tracks.txt").write_text("1,1,1,1,1,1,1,1,1\n")
    again = analyze_video(video, tasks=usual_tasks(spotter=spotter, tracker=tracker()), options=options)
    assert not again.reused
    assert files(result.bundle, *SPOT, *TRACK) == files(both.bundle, *SPOT, *TRACK)


def test_another_video_of_the_same_name_keeps_nothing(spotter: Spotter, tmp_path: Path) -> None:
    path = write_match(tmp_path / "match.mp4", frames=50)
    analyze_video(path, tasks=usual_tasks(tracker=tracker()))
    write_match(path, frames=60)
    result = analyze_video(path, tasks=usual_tasks(spotter=spotter))
    manifest = Bundle(result.bundle).read_manifest()
    assert {model["task"] for model in manifest.models} == {"spot"}
    assert set(manifest.files) == {*SPOT, "likeness.json"}
    assert not (result.bundle / "tracks.parquet").exists(), "tracks of another video must not stay"


class Stop(Exception):
    pass


def test_stopped_in_the_middle_both_go_on(both: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path) -> None:
    def stop(seen: int) -> None:
        if seen >= 190:
            raise Stop

    options = AnalyzeOptions(out=tmp_path, chunk_s=4.0)
    with pytest.raises(Stop):
        analyze_video(
            video, tasks=usual_tasks(spotter=spotter, tracker=tracker(FakeDetector(on_detect=stop))), options=options
        )
    detector = FakeDetector()
    result = analyze_video(video, tasks=usual_tasks(spotter=spotter, tracker=tracker(detector)), options=options)
    assert files(result.bundle, *SPOT, *TRACK) == files(both.bundle, *SPOT, *TRACK)
    assert detector.seen == 250 - 150
    assert result.resumed_from_us is not None


def write_wide_then_not(path: Path) -> Path:
    """Ten seconds of the match from afar, then ten of two people on another ground, which is no wide shot."""
    fields = grass(0), np.clip(grass(1).astype(int) + 20, 0, 255).astype(np.uint8)
    wide = (match_picture(index, field=fields[0]) for index in range(250))
    near = (match_picture(index, field=fields[1], people=2) for index in range(250, 500))
    return write_frames(path, itertools.chain(wide, near))


@pytest.fixture(scope="module")
def two_shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wide_then_not(tmp_path_factory.mktemp("video") / "shots.mp4")


@pytest.fixture(scope="module")
def events_alone(two_shots: Path, spotter: Spotter, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    options = AnalyzeOptions(out=tmp_path_factory.mktemp("alone"))
    return analyze_video(two_shots, tasks=usual_tasks(spotter=spotter), options=options)


@pytest.fixture(scope="module")
def watched(two_shots: Path, spotter: Spotter, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    """Events and tracks of the two shots, and a report."""
    tasks = usual_tasks(spotter=spotter, tracker=tracker(), report=ReportOptions())
    return analyze_video(two_shots, tasks=tasks, options=AnalyzeOptions(out=tmp_path_factory.mktemp("watched")))


def test_outside_wide_shots_there_are_no_ball_actions_and_no_teams(
    watched: AnalysisResult, events_alone: AnalysisResult
) -> None:
    tracks = Bundle(watched.bundle).read_tracks()
    cut_us = 10_000_000
    assert [(shot.kind, shot.start_us) for shot in tracks.shots] == [("wide", 0), ("other", cut_us)]
    every = events_alone.summaries["spot"].timeline
    early = [event for event in every if event.start_us < cut_us]
    late = len(every) - len(early)
    assert early
    assert late > 0
    assert list(watched.summaries["spot"].timeline) == early
    assert watched.remarks == (remark_on_left_out(late),)
    assert not watched.degraded
    assert files(watched.bundle, "scores.npz") == files(events_alone.bundle, "scores.npz")
    results = json.loads((watched.bundle / "results_spotting.json").read_text())
    assert len(results["predictions"]) == len(early)
    teams = {shot: {t.team for t in tracks if t.shot == shot and t.label == "player"} for shot in (0, 1)}
    assert teams == {0: {"A", "B"}, 1: {None}}
    assert {t.team_confidence for t in tracks if t.shot == 1} == {0.0}


def test_the_report_offers_no_candidates_outside_wide_shots(watched: AnalysisResult, spotter: Spotter) -> None:
    bundle = Bundle(watched.bundle)
    low = candidate_thresholds(spotter.thresholds_with({}))
    everything = spotter.events(bundle.read_scores(), thresholds=low)
    inside = [event for event in everything if event.start_us < 10_000_000]
    assert len(inside) < len(everything)
    found = [(event.label, event.start_us) for event in bundle.read_candidates()]
    assert found == [(event.label, event.start_us) for event in inside]
    assert watched.report is not None
    assert watched.report.read_text().count(watched.remarks[0]) == 1


def test_events_are_picked_anew_when_tracks_come_later(
    watched: AnalysisResult,
    events_alone: AnalysisResult,
    two_shots: Path,
    spotter: Spotter,
    tmp_path: Path,
    decoded: list[int],
) -> None:
    options = copy_of(events_alone, tmp_path)
    assert len(events_alone.summaries["spot"].timeline) > len(watched.summaries["spot"].timeline)
    analyze_video(two_shots, tasks=usual_tasks(tracker=tracker()), options=options)
    decoded.clear()
    after = analyze_video(two_shots, tasks=usual_tasks(spotter=spotter, tracker=tracker()), options=options)
    assert not after.reused
    assert decoded == [], "the scores are there, and the tracks"
    assert files(after.bundle, *SPOT, *TRACK) == files(watched.bundle, *SPOT, *TRACK)
    assert after.remarks == watched.remarks
    again = analyze_video(two_shots, tasks=usual_tasks(spotter=spotter), options=options)
    assert again.reused, "spot alone takes the tracks that are there"
    assert again.remarks == watched.remarks


def test_events_found_along_other_tracks_are_not_reused(
    watched: AnalysisResult, two_shots: Path, spotter: Spotter, tmp_path: Path
) -> None:
    class Blind(FakeDetector):
        sha256 = "b" * 64

        def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
            return [Detections.none() for _ in pictures]

    options = copy_of(watched, tmp_path)
    analyze_video(two_shots, tasks=usual_tasks(tracker=tracker(Blind())), options=options)
    blind = analyze_video(two_shots, tasks=usual_tasks(spotter=spotter, tracker=tracker(Blind())), options=options)
    seen = watched.summaries["spot"].timeline
    assert seen.events
    assert not blind.reused
    assert not blind.summaries["spot"].timeline.events, "no shot is wide where nobody is seen"
    again = analyze_video(two_shots, tasks=usual_tasks(spotter=spotter, tracker=tracker()), options=options)
    assert again.summaries["spot"].timeline == seen
