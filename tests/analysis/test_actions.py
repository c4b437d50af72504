"""What everyone does, from the same decode that follows them: the right labels, bounded, resumed byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fakematch import PEOPLE, FakeDetector, FakePitchFinder, write_match
from fakerecogniser import LABELS, shirt_recogniser
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.result import AnalysisResult
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.formats.bundle import Bundle

FILES = ("tracks.parquet", "tracks.txt", "actions.json", "camera.npz")


def tracker() -> VideoTracker:
    return VideoTracker(FakeDetector(), FakePitchFinder(), recogniser=shirt_recogniser())


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=100)


@pytest.fixture(scope="module")
def result(video: Path, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    options = AnalyzeOptions(out=tmp_path_factory.mktemp("whole"), chunk_s=1.0)
    return analyze_video(video, tasks=usual_tasks(tracker=tracker()), options=options)


def test_everyone_is_named_by_what_the_recogniser_saw(result: AnalysisResult) -> None:
    bundle = Bundle(result.bundle)
    actions, tracks = bundle.read_actions(), bundle.read_tracks()
    assert actions.recogniser == "shirts" and actions.labels == LABELS
    people = [track for track in tracks if track.label != "ball"]
    assert {w.track_id for w in actions.windows} == {track.track_id for track in people}
    said = {a.track_id: a.label for a in actions.actions if a.source == "shirts"}
    counts = {label: list(said.values()).count(label) for label in LABELS}
    colours = [colour for colour, *_ in PEOPLE]
    assert counts["red"] == colours.count("red") and counts["blue"] == colours.count("blue")
    by_team = {track.team: set() for track in people if track.team}
    for track in people:
        if track.label == "player":
            by_team[track.team].add(said[track.track_id])
    assert sorted(map(sorted, by_team.values())) == [["blue"], ["red"]]


def test_windows_follow_the_tracks_clock(result: AnalysisResult) -> None:
    for windows in Bundle(result.bundle).read_actions().windows:
        assert windows.starts_us[0] == 0
        assert set(windows.starts_us % 80_000) == {0}
        assert windows.ends_us.max() <= 4_100_000


@pytest.mark.parametrize("saved", [0, 1, 3])
def test_a_killed_run_goes_on_to_the_same_bytes(
    video: Path, result: AnalysisResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: int
) -> None:
    class Killed(BaseException):
        pass

    from touchline.analysis.checkpoint import Chunks

    save, done = Chunks.save, []

    def dying(self: Chunks, arrays: object) -> None:
        if len(done) == saved:
            raise Killed
        save(self, arrays)
        done.append(1)

    options = AnalyzeOptions(out=tmp_path, chunk_s=1.0)
    with monkeypatch.context() as patch:
        patch.setattr(Chunks, "save", dying)
        with pytest.raises(Killed):
            analyze_video(video, tasks=usual_tasks(tracker=tracker()), options=options)
    again = analyze_video(video, tasks=usual_tasks(tracker=tracker()), options=options)
    assert (again.resumed_from_us is not None) == (saved > 0)
    for name in FILES:
        assert (again.bundle / name).read_bytes() == (result.bundle / name).read_bytes(), name
    assert not (again.bundle / ".partial").exists()


def test_without_a_recogniser_the_ball_is_still_told_and_tracks_are_the_same(
    video: Path, result: AnalysisResult, tmp_path: Path
) -> None:
    plain = analyze_video(
        video,
        tasks=usual_tasks(tracker=VideoTracker(FakeDetector(), FakePitchFinder())),
        options=AnalyzeOptions(out=tmp_path),
    )
    actions = Bundle(plain.bundle).read_actions()
    assert actions.recogniser is None and actions.windows == ()
    assert {a.source for a in actions.actions} <= {"movement", "ball"}
    assert (plain.bundle / "tracks.parquet").read_bytes() == (result.bundle / "tracks.parquet").read_bytes()


def test_another_recogniser_is_another_result(video: Path, result: AnalysisResult, tmp_path: Path) -> None:
    copy = tmp_path / result.bundle.name
    shutil.copytree(result.bundle, copy)
    same = analyze_video(video, tasks=usual_tasks(tracker=tracker()), options=AnalyzeOptions(out=tmp_path))
    assert same.reused
    plain = VideoTracker(FakeDetector(), FakePitchFinder())
    assert not analyze_video(video, tasks=usual_tasks(tracker=plain), options=AnalyzeOptions(out=tmp_path)).reused
