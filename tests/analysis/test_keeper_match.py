"""Keeper moments of a match: which events are shots, who faces them, where from, what is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakematch import FakeDetector, FakePitchFinder, write_match
from makevideo import write_numbered
from tinyspotter import tiny_config, tiny_network
from touchline.analysis import keeper_match
from touchline.analysis.keeper_match import keeper_moments, look_at_match, write_match_pages
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.poses import Pose
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.keeper.moments_index import read_moments_index
from touchline.goalkeeping.expected_saves import load_expected_saves
from touchline.goalkeeping.technique import load_techniques
from touchline.models.store import save_model
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import Spotter, load_spotter

S = 1_000_000
MODEL, KNOWN = load_expected_saves(), load_techniques()


class OneTechnique:
    """A pose finder that always sees the same, in the middle of the crop."""

    name = "one"
    device_reason = "made"

    def find(self, crops: list[np.ndarray]) -> list[Pose]:
        flat = KNOWN.centres[1]
        joints = np.column_stack([flat, np.zeros(16)]).astype(np.float32)
        return [Pose((c.shape[0] / 2 + 5 * flat).astype(np.float32), np.ones(16, np.float32), joints) for c in crops]


def track(track_id: int, label: str, *, at_m: tuple[float, float] | None, height: float = 80, **facts: Any) -> Track:
    """Somebody who stands still for four seconds, at 25 boxes a second."""
    times_us = np.arange(100, dtype=np.int64) * 40_000
    boxes = np.tile(np.float32([20, 5, 50, 5 + height]), (100, 1))
    places = None if at_m is None else np.tile(np.float32(at_m), (100, 1))
    ones = np.ones(100, np.float32)
    return Track(track_id, label, times_us, times_us // 40_000, boxes, ones, ones > 0, positions_m=places, **facts)


def a_match(*others: Track, ball_m: tuple[float, float] | None = (-41.5, 10.0)) -> Tracks:
    """A shot from 11 m off the left goal line, 10 m to the far side; that goal's keeper has come 2 m."""
    ball = track(1, "ball", at_m=ball_m, height=4)
    keepers = (
        track(2, "goalkeeper", at_m=(-50.5, 0.0), team="B", name="Ada"),
        track(3, "goalkeeper", at_m=(50.0, 0.0), team="A"),
    )
    return Tracks((ball, *keepers, *others), (Shot(0, 0, 4 * S),), 160, 90)


def timeline(*events: tuple[str, float]) -> Timeline:
    return Timeline(tuple(Event(label, int(at_s * S)) for label, at_s in events))


def test_the_shot_is_where_the_ball_is_seen_from_the_goal_it_is_near() -> None:
    moment = keeper_moments(timeline(("SHOT", 2.0)), a_match())[0]
    shot = moment.shot
    assert shot is not None and moment.keeper is not None and moment.keeper.name == "Ada"
    assert shot.x_yd == pytest.approx(120 - 11 / 0.9144, abs=0.01)
    assert shot.y_yd == pytest.approx(40 - 10 / 0.9144, abs=0.01)
    assert shot.engagement == pytest.approx(np.hypot(9, 10) / np.hypot(11, 10), abs=0.001)
    assert not shot.under_pressure and shot.outcome is None


def test_the_other_goal_is_the_mirror_image() -> None:
    moment = keeper_moments(timeline(("Shots on target", 2.0)), a_match(ball_m=(41.5, -10.0)))[0]
    assert moment.keeper is not None and moment.keeper.track_id == 3
    assert moment.shot is not None and moment.shot.y_yd == pytest.approx(40 - 10 / 0.9144, abs=0.01)


def test_a_goal_right_after_a_shot_is_its_outcome() -> None:
    moments = keeper_moments(
        timeline(("SHOT", 0.5), ("GOAL", 1.0), ("PASS", 2.0), ("Shots off target", 3.9)), a_match()
    )
    assert [m.shot.outcome for m in moments if m.shot] == ["Goal", "Off T"]
    assert [m.time_us for m in moments] == [500_000, 3_900_000]


def test_a_defender_at_the_ball_is_pressure_a_team_mate_is_not() -> None:
    for team, pressed in (("B", True), ("A", False), (None, False)):
        other = track(9, "player", at_m=(-41.0, 11.0), team=team)
        shot = keeper_moments(timeline(("SHOT", 2.0)), a_match(other))[0].shot
        assert shot is not None and shot.under_pressure is pressed


def test_what_is_unknown_is_said() -> None:
    no_ball = keeper_moments(timeline(("SHOT", 2.0)), a_match(ball_m=None))[0]
    assert no_ball.shot is None and "where the shot came from is unknown" in no_ball.notes[0]
    alone = Tracks((track(1, "ball", at_m=(-41.5, 10.0), height=4),), (Shot(0, 0, 4 * S),), 160, 90)
    nobody = keeper_moments(timeline(("SHOT", 2.0)), alone)[0]
    assert nobody.shot is not None and nobody.shot.engagement is None
    assert "no keeper was tracked at that time" in nobody.notes
    later = keeper_moments(timeline(("SHOT", 60.0)), a_match())[0]
    assert later.keeper is None and later.shot is None


def test_a_small_keeper_gets_a_chance_and_no_pose(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=100, width=160, height=90)
    small = Tracks(
        (track(1, "ball", at_m=(-41.5, 10.0), height=4), track(2, "goalkeeper", at_m=(-50.5, 0.0), height=25)),
        (Shot(0, 0, 4 * S),),
        160,
        90,
    )
    found = keeper_moments(timeline(("SHOT", 2.0)), small)
    one = look_at_match(video, found, finder=OneTechnique(), model=MODEL, techniques=KNOWN)[0]
    assert one.seen == () and one.saves is not None
    assert "the keeper is 25 pixels tall" in one.notes[-1]


def test_pages_of_a_match(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=100, width=160, height=90)
    made = write_match_pages(
        video,
        tmp_path / "keepers",
        timeline=timeline(("SHOT", 2.0)),
        tracks=a_match(),
        finder=OneTechnique(),
        model=MODEL,
    )
    assert [one.name for one in made.moments[0].seen] == ["at 0:02.000", "at 0:02.200"]
    assert made.moments[0].reading.name == KNOWN.names[1]
    assert "SHOT at 0:02" in (tmp_path / "keepers" / "ada.html").read_text()
    assert "match.mp4, 1 shot" in made.index.read_text()


def test_the_index_says_where_each_moment_is_shown(tmp_path: Path) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=100, width=160, height=90)
    shots = timeline(("SHOT", 0.2), ("SHOT", 2.0), ("GOAL", 2.4))
    folder = tmp_path / "keepers"
    write_match_pages(video, folder, timeline=shots, tracks=a_match(), finder=OneTechnique(), model=MODEL)
    moments = read_moments_index(folder)
    assert [(one.time_us, one.label, one.track_id, one.keeper) for one in moments] == [
        (200_000, "SHOT", 2, "Ada"),
        (2_000_000, "SHOT", 2, "Ada"),
    ]
    assert [(one.technique, one.outcome, one.page, one.anchor) for one in moments] == [
        (KNOWN.names[1], None, "ada.html", "moment-1"),
        (KNOWN.names[1], "Goal", "ada.html", "moment-2"),
    ]
    assert all(one.confidence is not None and 0.5 < one.confidence <= 1 for one in moments)
    assert 'id="moment-2"' in (folder / "ada.html").read_text()


def test_a_match_without_shots_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no shot among its events \(labels: PASS\)"):
        write_match_pages(
            tmp_path / "match.mp4",
            tmp_path / "keepers",
            timeline=timeline(("PASS", 1.0)),
            tracks=a_match(),
            finder=OneTechnique(),
            model=MODEL,
        )


@pytest.fixture
def seeing_shots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spotter:
    """A spotter whose second class is SHOT, and a pose finder that is always there."""
    config = tiny_config().model_copy(update={"labels": ("PASS", "SHOT")})
    save_model(tmp_path / "shots.safetensors", tiny_network(config), config)
    monkeypatch.setattr(keeper_match, "load_pose_finder", lambda: OneTechnique())
    return load_spotter(tmp_path / "shots.safetensors", device="cpu", backend="torch", threads=1)


def test_analyze_writes_the_pages_of_shots(seeing_shots: Spotter, tmp_path: Path) -> None:
    video = write_match(tmp_path / "match.mp4", frames=120)
    options = AnalyzeOptions(out=tmp_path)
    tracker = VideoTracker(FakeDetector(), FakePitchFinder())
    first = analyze_video(
        video,
        tasks=usual_tasks(spotter=seeing_shots, tracker=tracker, thresholds={"SHOT": 0.05}, report=ReportOptions()),
        options=options,
    )
    assert "SHOT" in first.summaries["spot"].timeline.labels
    assert first.keepers is not None and "Goalkeepers" in first.keepers.read_text()
    first.keepers.unlink()
    assert (
        analyze_video(
            video,
            tasks=usual_tasks(spotter=seeing_shots, tracker=tracker, thresholds={"SHOT": 0.05}, report=ReportOptions()),
            options=options,
        ).keepers
        == first.keepers
    )


def test_without_a_pose_finder_analyze_says_so_and_goes_on(
    seeing_shots: Spotter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise InputError("no keeper-pose model")

    monkeypatch.setattr(keeper_match, "load_pose_finder", missing)
    video = write_match(tmp_path / "match.mp4", frames=120)
    options = AnalyzeOptions(out=tmp_path)
    tracker = VideoTracker(FakeDetector(), FakePitchFinder())
    result = analyze_video(
        video,
        tasks=usual_tasks(spotter=seeing_shots, tracker=tracker, thresholds={"SHOT": 0.05}, report=ReportOptions()),
        options=options,
    )
    assert result.keepers is None and result.report is not None
    assert result.remarks == ("keepers: no keeper-pose model",)
