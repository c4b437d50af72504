from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fakematch import PERSON_PX, FakeDetector, FakePitchFinder, place, write_match
from makevideo import write_frames
from tinymodel import write_tiny_model
from touchline.analysis.speed import DEFAULT_SPEED, SPEEDS, SpeedName
from touchline.analysis.tasks.track import VideoTracker
from touchline.cli.main import app
from touchline.formats.bundle import Bundle
from touchline.spotting.spotter import load_spotter

Track = Callable[..., Result]
runner = CliRunner()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tone = np.sin(np.arange(2 * 48_000) * 0.05).astype(np.float32) * 0.3
    return write_match(tmp_path_factory.mktemp("video") / "match.mp4", frames=50, tone=tone)


@pytest.fixture
def track(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Track:
    """The verb, with a fake in place of the built-in models; ``load_tracker`` gets what the user asked for."""

    def load(
        detector: str | None = None,
        *,
        pitch_finder: str | None,
        device: str,
        fps: float | None,
        recogniser: str | None,
        threads: int | None,
        speed: SpeedName,
    ) -> VideoTracker:
        preset = SPEEDS[speed]
        every = {"detect_every": 1 if fps else preset.detect_every, "pitch_every": preset.pitch_every}
        return VideoTracker(FakeDetector(), FakePitchFinder(), fps=fps or preset.fps, **every)

    monkeypatch.setattr("touchline.analysis.tasks.track.load_tracker", load)

    def run(*words: object, verb: str = "track") -> Result:
        return runner.invoke(app, [verb, "--out", str(tmp_path / "out"), *map(str, words)], catch_exceptions=False)

    return run


def records(done: Result) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_track_says_what_it_found_and_where(track: Track, video: Path, tmp_path: Path) -> None:
    done = track(video)
    assert done.exit_code == 0
    verdict, first, *_, last = done.stdout.splitlines()
    assert verdict.startswith("Never measured, treat as a demonstration: people and ball")
    assert first.endswith("8 tracks of people, 1 of the ball")
    assert last == f"bundle: {tmp_path / 'out' / 'match.touchline'}"
    assert "goalkeeper 1" in done.stdout
    assert "fake-detector" in done.stderr
    again = track(video)
    assert "already analysed" in again.stdout


def test_json_is_one_record_a_video(track: Track, video: Path, tmp_path: Path) -> None:
    done = track(video, tmp_path / "missing.mp4", "--json")
    assert done.exit_code == 4
    result, error = records(done)
    assert (result["type"], result["events"], result["tracking"]["people"]) == ("result", None, 8)
    assert result["tracking"]["shots"][0]["kind"] == "wide"
    assert (error["type"], error["exit_code"]) == ("error", 3)


def test_fps_decides_how_many_pictures_are_looked_at(track: Track, video: Path) -> None:
    (record,) = records(track(video, "--json", "--fps", "5"))
    assert record["tracking"]["pictures"] == 10
    (record,) = records(track(video, "--json", "--fps", "100"))
    assert record["tracking"]["pictures"] == 50, "never more than the video has"
    assert track(video, "--fps", "0").exit_code == 2


def test_overlay_keeps_the_sound(track: Track, video: Path, tmp_path: Path) -> None:
    done = track(video, "--overlay")
    assert done.exit_code == 0
    path = tmp_path / "out" / "match.touchline" / "overlay.mp4"
    assert f"overlay: {path}" in done.stdout
    with av.open(str(path)) as container:
        assert len(container.streams.audio) == 1
        assert sum(1 for _ in container.decode(video=0)) == 50
    assert Bundle(path.parent).read_manifest().coverage.frames_decoded == 50
    before = path.stat().st_mtime_ns
    assert track(video, "--overlay").exit_code == 0
    assert path.stat().st_mtime_ns == before, "an overlay that is there is not made again"
    assert track(video, "--overlay", "--radar", "none").exit_code == 0
    assert path.stat().st_mtime_ns > before, "another place of the radar is another overlay"
    track(video, "--fps", "5")
    assert not path.exists(), "an overlay of older tracks must not stay"


def test_boxes_of_a_file_are_followed_and_others_are_not(track: Track, video: Path, tmp_path: Path) -> None:
    x, y = place(25, 3)
    row = f"1.0,{x},{y},{x + PERSON_PX[0]},{y + PERSON_PX[1]},Ben"
    picks = tmp_path / "picks.csv"
    picks.write_text(f"time_s,x0,y0,x1,y1,name\n{row}\n")
    done = track(video, "--boxes", picks)
    assert done.exit_code == 0
    assert [t.name for t in Bundle(tmp_path / "out" / "match.touchline").read_tracks()] == ["Ben"]
    picks.write_text(f"time_s,x0,y0,x1,y1,name\n{row}\n1.0,0,0,4,4,Nobody\n")
    done = track(video, "--boxes", picks)
    assert done.exit_code == 4
    assert "warning" in done.stderr
    assert "Nobody" in done.stderr
    assert "matches nobody" in done.stderr
    picks.write_text("time_s,x0,y0,x1,y1,name\n1.0,a,0,4,4,Nobody\n")
    assert track(video, "--boxes", picks).exit_code == 3
    assert track(video, tmp_path / "other.mp4", "--boxes", picks).exit_code == 2
    assert track(video, "--boxes", tmp_path / "missing.csv").exit_code == 3


def test_dry_run_writes_nothing(track: Track, video: Path, tmp_path: Path) -> None:
    done = track(video, "--dry-run", "--json")
    assert done.exit_code == 0
    (record,) = records(done)
    assert record["type"] == "estimate"
    assert record["speed"] > 0
    assert not (tmp_path / "out").exists()


def test_analyze_does_both_and_no_tracks_leaves_them_out(
    track: Track, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spotter = load_spotter(write_tiny_model(tmp_path), device="cpu", backend="torch", threads=1)
    monkeypatch.setattr("touchline.spotting.spotter.load_spotter", lambda *_, **__: spotter)
    done = track(video, "--tracks", "--json", verb="analyze")
    assert done.exit_code == 0
    (record,) = records(done)
    assert record["events"] is not None
    assert record["tracking"]["people"] == 8
    assert Path(record["report"]).is_file()
    (record,) = records(track(video, "--no-tracks", "--json", verb="analyze"))
    assert record["tracking"] is None
    monkeypatch.setattr("touchline.cli.running.has_detector", lambda: False)
    done = track(video, verb="analyze")
    assert done.exit_code == 0
    assert "no detector is built in" in done.stderr


def notes(done: Result) -> str:
    (record,) = records(done)
    return " | ".join(record["tracking"]["notes"])


@pytest.mark.robustness("empty")
def test_no_people_is_said(track: Track, tmp_path: Path) -> None:
    done = track(write_match(tmp_path / "empty.mp4", frames=30, people=0, ball=False), "--json")
    assert done.exit_code == 0
    assert "no people were found in any frame: they may be too small in pictures of 320x208" in notes(done)
    assert len(Bundle(tmp_path / "out" / "empty.touchline").read_tracks()) == 0
    assert (tmp_path / "out" / "empty.touchline" / "tracks.txt").read_text() == ""


@pytest.mark.robustness("empty")
@pytest.mark.parametrize(
    ("level", "size", "why"),
    [
        (0, (320, 256), "nearly of one colour"),
        (200, (320, 256), "nearly of one colour"),
        (20, (320, 256), "too dark"),
        (120, (160, 96), "too small in pictures of 160x96"),
    ],
)
def test_why_nobody_may_be_found(track: Track, tmp_path: Path, level: int, size: tuple[int, int], why: str) -> None:
    rng = np.random.default_rng(0)
    noise = 12 if level in (20, 120) else 0
    pictures = [
        np.clip(level + noise * rng.normal(size=(size[1] // 32, size[0] // 32)).repeat(32, 0).repeat(32, 1), 0, 255)
        for _ in range(12)
    ]
    video = write_frames(tmp_path / "v.mp4", [picture.astype(np.uint8) for picture in pictures])
    done = track(video, "--json")
    assert done.exit_code == 0
    assert "no people were found in any frame: " in notes(done)
    assert why in notes(done)


@pytest.mark.parametrize("frames", [1, 2])
def test_one_picture_is_said(track: Track, tmp_path: Path, frames: int) -> None:
    done = track(write_match(tmp_path / "one.mp4", frames=frames), "--json", "--overlay")
    assert done.exit_code == 0
    assert "too few to track anyone" in notes(done)
    assert not [t for t in Bundle(tmp_path / "out" / "one.touchline").read_tracks() if t.label != "ball"]


def test_a_cut_every_second_ends_every_track(track: Track, tmp_path: Path) -> None:
    done = track(write_match(tmp_path / "cuts.mp4", frames=150, cut_every=25), "--json")
    assert done.exit_code == 0
    assert "tracks end at every cut" in notes(done)
    tracks = Bundle(tmp_path / "out" / "cuts.touchline").read_tracks()
    assert [shot.start_us for shot in tracks.shots] == [pytest.approx(i * 1_000_000, abs=80_000) for i in range(6)]
    for t in tracks:
        shot = tracks.shots[t.shot]
        assert shot.start_us <= t.times_us[0] <= t.times_us[-1] < shot.end_us


def test_a_night_shot_is_said(track: Track, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    dark = [rng.integers(0, 24, (96, 160, 3)).astype(np.uint8) for _ in range(30)]
    done = track(write_frames(tmp_path / "night.mp4", dark), "--json")
    assert done.exit_code == 0
    assert "dark" in notes(done)
    assert "small" in notes(done)


def test_4k_is_followed_as_well(track: Track, tmp_path: Path) -> None:
    done = track(write_match(tmp_path / "large.mp4", frames=14, zoom=12), "--json")
    assert done.exit_code == 0
    tracks = Bundle(tmp_path / "out" / "large.touchline").read_tracks()
    assert (tracks.width, tracks.height) == (3840, 2496)
    assert sum(t.label != "ball" for t in tracks) == 8


@pytest.mark.parametrize(
    ("words", "speed"),
    [
        ((), DEFAULT_SPEED),
        (("--speed", "best"), "best"),
        (("--fast",), "fast"),
        (("--fast", "--speed", "fast"), "fast"),
    ],
)
def test_a_preset_sets_how_many_pictures_are_looked_at(
    track: Track, video: Path, tmp_path: Path, words: tuple[str, ...], speed: SpeedName
) -> None:
    assert track(video, *words).exit_code == 0
    settings = Bundle(tmp_path / "out" / "match.touchline").read_manifest().settings["track"]
    preset = SPEEDS[speed]
    assert (settings["fps"], settings["detect_every"]) == (preset.fps, preset.detect_every)


def test_results_of_another_preset_are_not_taken_for_up_to_date(track: Track, video: Path) -> None:
    assert track(video, "--speed", "best").exit_code == 0
    assert "already analysed" in track(video, "--speed", "best").stdout
    assert "already analysed" not in track(video, "--fast").stdout


def test_fast_with_another_speed_is_refused(track: Track, video: Path) -> None:
    done = track(video, "--fast", "--speed", "best")
    assert done.exit_code == 2
    assert "--speed best" in done.stderr and "leave one out" in done.stderr
