"""``track``: from a video to tracks in its bundle, with a detector that sees coloured rectangles."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fakematch import PEOPLE, PERSON_PX, FakeDetector, FakePitchFinder, ball_place, place, write_match
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.result import AnalysisResult
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.analysis.track_video import track_video
from touchline.core.tracks import Tracks
from touchline.formats.actions import read_actions
from touchline.formats.boxes.mot import read_mot
from touchline.formats.boxes.picked import PickedBox
from touchline.formats.bundle import ACTIONS, Bundle
from touchline.models.specs.spec import ClipSpec

FILES = ("tracks.parquet", "tracks.txt", "actions.json", "camera.npz")
FRAMES = 100


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=FRAMES)


@pytest.fixture(scope="module")
def clean(video: Path, tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    options = AnalyzeOptions(out=tmp_path_factory.mktemp("clean"))
    return analyze_video(
        video, tasks=usual_tasks(tracker=VideoTracker(FakeDetector(), FakePitchFinder())), options=options
    )


@pytest.fixture(scope="module")
def tracks(clean: AnalysisResult) -> Tracks:
    return Bundle(clean.bundle).read_tracks()


def files(bundle: Path) -> dict[str, bytes]:
    return {name: (bundle / name).read_bytes() for name in FILES}


def box_of(number: int, frame: int) -> np.ndarray:
    x, y = place(frame, number)
    return np.array([x, y, x + PERSON_PX[0], y + PERSON_PX[1]], float)


def test_everyone_is_followed_with_role_and_team(tracks: Tracks, clean: AnalysisResult) -> None:
    people = [track for track in tracks if track.label != "ball"]
    assert len(people) == len(PEOPLE)
    for number, (colour, *_) in enumerate(PEOPLE):
        at = 50
        mine = [
            t for t in people if at in t.frames and _near(t.boxes_xyxy[list(t.frames).index(at)], box_of(number, at))
        ]
        assert len(mine) == 1, colour
        expected = {"yellow": "goalkeeper", "black": "referee"}.get(colour, "player")
        assert mine[0].label == expected
        assert (mine[0].team is not None) == (expected != "referee")
    teams = {colour: set() for colour in ("red", "blue")}
    for number, (colour, *_) in enumerate(PEOPLE[:6]):
        teams[colour] |= {t.team for t in people if _near(t.boxes_xyxy[0], box_of(number, int(t.frames[0])))}
    assert sorted(map(sorted, teams.values())) == [["A"], ["B"]]
    assert clean.summaries["track"] is not None
    assert (clean.summaries["track"].people, clean.summaries["track"].pictures) == (8, 50)


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() < 4)


def test_boxes_lie_at_every_decoded_picture_and_say_which_were_seen(tracks: Tracks) -> None:
    for track in tracks:
        np.testing.assert_array_equal(np.diff(track.frames), 1)
        np.testing.assert_array_equal(track.times_us, track.frames * 40_000)
        assert set(track.frames[track.observed] % 2) == {0}, "every second picture was looked at"
        assert track.observed.sum() >= 0.9 * (len(track) + 1) / 2
    (ball,) = [track for track in tracks if track.label == "ball"]
    truth = np.array([ball_place(int(frame)) for frame in ball.frames])
    assert np.abs(ball.boxes_xyxy[:, :2] - truth).max() < 4


def test_the_mot_file_holds_the_same_people_from_frame_1(tracks: Tracks, clean: AnalysisResult) -> None:
    table = read_mot(clean.bundle / "tracks.txt")
    people = [track for track in tracks if track.label != "ball"]
    assert len(table) == sum(len(track) for track in people)
    assert int(table.frames.min()) == min(int(track.frames[0]) for track in people) + 1


def test_the_manifest_says_with_what_and_what_was_found(clean: AnalysisResult) -> None:
    manifest = Bundle(clean.bundle).read_manifest()
    assert [(m["task"], m["name"]) for m in manifest.models] == [
        ("track", "fake-detector"),
        ("track", "fake-pitch-finder"),
    ]
    assert set(manifest.files) == {*FILES, "likeness.json"}
    assert manifest.tracking["labels"] == {"ball": 1, "goalkeeper": 1, "player": 6, "referee": 1}
    assert [shot["kind"] for shot in manifest.tracking["shots"]] == ["wide"]
    assert sorted(p.name for p in clean.bundle.iterdir()) == sorted([*FILES, "likeness.json", "manifest.json"])
    assert any("not recognised" in note for note in manifest.tracking["notes"]), "no pitch is said"


def test_the_same_bundle_is_reused_and_other_settings_are_not(
    clean: AnalysisResult, video: Path, tmp_path: Path
) -> None:
    detector = FakeDetector()
    out = clean.bundle.parent
    again = analyze_video(
        video, tasks=usual_tasks(tracker=VideoTracker(detector, FakePitchFinder())), options=AnalyzeOptions(out=out)
    )
    assert again.reused
    assert (again.summaries["track"], detector.seen) == (clean.summaries["track"], 0)
    for number, change in enumerate(
        ({"fps": 6.25}, {"pitch_every": 5}, {"detect_every": 2}, {"detector_size": (960, 544)})
    ):
        options = AnalyzeOptions(out=tmp_path / str(number))
        shutil.copytree(clean.bundle, tmp_path / str(number) / clean.bundle.name)
        usual = VideoTracker(FakeDetector(), FakePitchFinder())
        before = analyze_video(video, tasks=usual_tasks(tracker=usual), options=options)
        assert before.summaries["track"] == clean.summaries["track"]
        tracker = VideoTracker(FakeDetector(), FakePitchFinder(), **change)  # type: ignore[arg-type]
        assert not analyze_video(video, tasks=usual_tasks(tracker=tracker), options=options).reused


class Stop(Exception):
    pass


@pytest.mark.parametrize(("stop_at", "batch"), [(3, 1), (13, 1), (30, 4), (50, 1)])
def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(
    clean: AnalysisResult, video: Path, tmp_path: Path, stop_at: int, batch: int
) -> None:
    def stop(seen: int) -> None:
        if seen >= stop_at:
            raise Stop

    options = AnalyzeOptions(out=tmp_path, chunk_s=0.8)
    with pytest.raises(Stop):
        analyze_video(
            video,
            tasks=usual_tasks(tracker=VideoTracker(FakeDetector(batch=batch, on_detect=stop), FakePitchFinder())),
            options=options,
        )
    detector = FakeDetector(batch=batch)
    result = analyze_video(video, tasks=usual_tasks(tracker=VideoTracker(detector, FakePitchFinder())), options=options)
    assert files(result.bundle) == files(clean.bundle)
    assert result.summaries["track"] == clean.summaries["track"]
    saved = (stop_at - 1) // (12 if batch == 4 else 10) * (12 if batch == 4 else 10)
    assert detector.seen == 50 - saved
    assert (result.resumed_from_us is not None) == (saved > 0)
    assert not (result.bundle / ".partial").exists()


def test_picked_boxes_keep_only_their_people(video: Path, tmp_path: Path) -> None:
    picks = (
        PickedBox(time_us=2_000_000, box_xyxy=tuple(box_of(0, 50)), name="Anna"),
        PickedBox(time_us=2_000_000, box_xyxy=(300.0, 0.0, 310.0, 20.0), name="Nobody"),
    )
    options = AnalyzeOptions(out=tmp_path)
    result = analyze_video(video, tasks=usual_tasks(tracker=VideoTracker(FakeDetector()), boxes=picks), options=options)
    (track,) = Bundle(result.bundle).read_tracks()
    assert track.name == "Anna"
    assert _near(track.boxes_xyxy[0], box_of(0, int(track.frames[0])))
    assert result.degraded
    assert result.summaries["track"] is not None
    (words,) = result.summaries["track"].unmatched
    assert "Nobody" in words


class Counting:
    """A recogniser that counts the clips it is asked about."""

    name, sha256, batch, labels, device_reason = "counting", "0", 1, ("still",), "cpu: a test"
    spec = ClipSpec(frames=8, width=16, height=16)

    def __init__(self) -> None:
        self.clips = 0

    def scores(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        self.clips += len(clips)
        return np.ones((len(clips), 1), np.float32)


def test_picked_people_alone_are_recognised(video: Path, tmp_path: Path) -> None:
    picks = (PickedBox(time_us=2_000_000, box_xyxy=tuple(box_of(0, 50)), name="Anna"),)
    asked, windows = {}, {}
    for name, boxes in (("picked", picks), ("everyone", ())):
        recogniser = Counting()
        tracker = VideoTracker(FakeDetector(), recogniser=recogniser)  # type: ignore[arg-type]
        options = AnalyzeOptions(out=tmp_path / name)
        result = analyze_video(video, tasks=usual_tasks(tracker=tracker, boxes=boxes), options=options)
        bundle = Bundle(result.bundle)
        actions = read_actions(bundle.path / ACTIONS)
        asked[name] = recogniser.clips
        ids = {track.track_id for track in bundle.read_tracks() if track.name == "Anna" or name == "everyone"}
        windows[name] = {w.track_id: w.starts_us.tolist() for w in actions.windows if w.track_id in ids}
    (starts,) = windows["picked"].values()
    assert 0 < asked["picked"] == len(starts) < asked["everyone"] / 4
    assert starts in windows["everyone"].values()


def test_the_ladder_in_one_line(video: Path, tmp_path: Path, tracks: Tracks) -> None:
    found = track_video(video, tracker=VideoTracker(FakeDetector(), FakePitchFinder()), out=tmp_path)
    assert [track.track_id for track in found] == [track.track_id for track in tracks]
