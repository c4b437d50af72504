"""Events and tracks from one decode, and bundles that hold both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakematch import FakeDetector, FakePitchFinder, write_match
from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalysisResult, AnalyzeOptions, analyze_video
from touchline.analysis.tracking import VideoTracker
from touchline.formats.bundle import Bundle
from touchline.media.frame import Frame
from touchline.media.video import VideoReader
from touchline.spotting.spotter import Spotter, load_spotter

SPOT = ("events.json", "results_spotting.json", "scores.npz")
TRACK = ("tracks.parquet", "tracks.txt", "actions.json")


@pytest.fixture(scope="module")
def spotter(tmp_path_factory: pytest.TempPathFactory) -> Spotter:
    return load_spotter(write_tiny_model(tmp_path_factory.mktemp("model")), device="cpu", backend="torch", threads=1)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=500)


def tracker(detector: FakeDetector | None = None) -> VideoTracker:
    return VideoTracker(detector or FakeDetector(), FakePitchFinder())


@pytest.fixture(scope="module")
def both(video: Path, spotter: Spotter, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    options = AnalyzeOptions(out=tmp_path_factory.mktemp("both"))
    return analyze_video(video, spotter=spotter, tracker=tracker(), options=options)


def files(bundle: Path, *names: str) -> dict[str, bytes]:
    return {name: (bundle / name).read_bytes() for name in names}


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the index of every frame that is decoded."""
    original = VideoReader.frames
    numbers: list[int] = []

    def frames(self: VideoReader, **kwargs: int) -> Iterator[Frame]:
        for number, frame in enumerate(original(self, **kwargs)):
            numbers.append(number)
            yield frame

    monkeypatch.setattr(VideoReader, "frames", frames)
    return numbers


def test_one_decode_feeds_both_tasks(video: Path, spotter: Spotter, tmp_path: Path, decoded: list[int]) -> None:
    options = AnalyzeOptions(out=tmp_path)
    result = analyze_video(video, spotter=spotter, tracker=tracker(), options=options)
    assert decoded == list(range(500))
    assert result.tasks == ("spot", "track")
    assert result.timeline.events
    assert result.tracking is not None
    assert result.tracking.people == 8


def test_together_they_give_the_files_they_give_alone(
    both: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path
) -> None:
    events = analyze_video(video, spotter=spotter, options=AnalyzeOptions(out=tmp_path / "spot"))
    tracks = analyze_video(video, tracker=tracker(), options=AnalyzeOptions(out=tmp_path / "track"))
    assert files(events.bundle, *SPOT) == files(both.bundle, *SPOT)
    assert files(tracks.bundle, *TRACK) == files(both.bundle, *TRACK)
    assert sorted(p.name for p in both.bundle.iterdir()) == sorted([*SPOT, *TRACK, "manifest.json"])


def test_what_one_task_found_before_is_kept_and_not_done_again(
    both: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path
) -> None:
    options = AnalyzeOptions(out=tmp_path)
    assert not analyze_video(video, tracker=tracker(), options=options).reused
    assert not analyze_video(video, spotter=spotter, options=options).reused
    detector = FakeDetector()
    result = analyze_video(video, spotter=spotter, tracker=tracker(detector), options=options)
    assert result.reused
    assert detector.seen == 0
    assert files(result.bundle, *SPOT, *TRACK) == files(both.bundle, *SPOT, *TRACK)
    manifest = Bundle(result.bundle).read_manifest()
    assert {model["task"] for model in manifest.models} == {"spot", "track"}
    assert set(manifest.files) == {*SPOT, *TRACK}
    (result.bundle / "tracks.txt").write_text("1,1,1,1,1,1,1,1,1\n")
    again = analyze_video(video, spotter=spotter, tracker=tracker(), options=options)
    assert not again.reused
    assert files(result.bundle, *SPOT, *TRACK) == files(both.bundle, *SPOT, *TRACK)


def test_another_video_of_the_same_name_keeps_nothing(spotter: Spotter, tmp_path: Path) -> None:
    path = write_match(tmp_path / "match.mp4", frames=50)
    analyze_video(path, tracker=tracker())
    write_match(path, frames=60)
    result = analyze_video(path, spotter=spotter)
    manifest = Bundle(result.bundle).read_manifest()
    assert {model["task"] for model in manifest.models} == {"spot"}
    assert set(manifest.files) == set(SPOT)
    assert not (result.bundle / "tracks.parquet").exists(), "tracks of another video must not stay"


class Stop(Exception):
    pass


def test_stopped_in_the_middle_both_go_on(both: AnalysisResult, video: Path, spotter: Spotter, tmp_path: Path) -> None:
    def stop(seen: int) -> None:
        if seen >= 190:
            raise Stop

    options = AnalyzeOptions(out=tmp_path, chunk_s=4.0)
    with pytest.raises(Stop):
        analyze_video(video, spotter=spotter, tracker=tracker(FakeDetector(on_detect=stop)), options=options)
    detector = FakeDetector()
    result = analyze_video(video, spotter=spotter, tracker=tracker(detector), options=options)
    assert files(result.bundle, *SPOT, *TRACK) == files(both.bundle, *SPOT, *TRACK)
    assert detector.seen == 250 - 150
    assert result.resumed_from_us is not None
