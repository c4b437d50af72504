"""Input on which football's models were never measured: the verdict says so, and nothing impossible is claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import fakematch
from fakematch import FakeDetector, FakePitchFinder, grass, match_picture
from makevideo import write_frames
from tinymodel import write_tiny_model
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks import likeness as likeness_task
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.formats.bundle import Bundle
from touchline.formats.likeness import LIKE, UNLIKE, Likeness, read_likeness
from touchline.models.measured import MeasuredOn
from touchline.report.options import ReportOptions
from touchline.spotting.spotter import Spotter, load_spotter

pytestmark = pytest.mark.robustness("unlike")
FRAMES = 26
MEASURED = MeasuredOn(
    footage="made matches",
    not_measured="anything else",
    finds="events",
    licence="none",
    ranges={
        "width_px": (320, 320),
        "aspect": (1.5, 1.6),
        "fps": (25, 25),
        "changing": (0.8, 1.0),
        "saturation": (0.4, 0.6),
        "colour": (0.05, 0.15),
        "grass": (0.8, 1.0),
        "people": (8, 8),
    },
)
"""What the made match below is like."""
Change = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def spotter(tmp_path_factory: pytest.TempPathFactory) -> Spotter:
    return load_spotter(write_tiny_model(tmp_path_factory.mktemp("model")), device="cpu", backend="torch", threads=1)


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness_task, "find_measured", lambda name, sha256: MEASURED)


def match(*, ball: bool = True, still: bool = False, people: int = 8) -> Iterator[np.ndarray]:
    field = grass()
    for index in range(FRAMES):
        yield match_picture(0 if still else index, field=field, ball=ball, people=people)


def analysed(
    folder: Path, pictures: Iterator[np.ndarray], *, spotter: Spotter, fps: int = 25
) -> tuple[Bundle, Likeness]:
    video = write_frames(folder / "video.mp4", pictures, fps=fps)
    tasks = usual_tasks(
        spotter=spotter, tracker=VideoTracker(FakeDetector(), FakePitchFinder()), report=ReportOptions()
    )
    result = analyze_video(video, tasks=tasks, options=AnalyzeOptions())
    return Bundle(result.bundle), read_likeness(result.bundle)


def test_the_made_match_is_like_and_its_events_are_not_marked(tmp_path: Path, spotter: Spotter) -> None:
    bundle, likeness = analysed(tmp_path, match(), spotter=spotter)
    assert (likeness.verdict, likeness.withheld) == (LIKE, "")
    events = bundle.read_events()
    assert len(events) and all(event.extra == {} for event in events)
    assert "Like what it was measured on" in (bundle.path / "report.html").read_text(encoding="utf-8")


def upright(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture[:, :120])


def two_pitches(picture: np.ndarray) -> np.ndarray:
    return np.hstack([picture, picture])


def grey(picture: np.ndarray) -> np.ndarray:
    return picture.mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (upright, "the picture is upright"),
        (two_pitches, "width to height 3.08"),
        (grey, "the picture is black and white"),
    ],
)
def test_other_pictures_are_unlike_and_their_events_are_marked(
    tmp_path: Path, spotter: Spotter, change: Change, reason: str
) -> None:
    bundle, likeness = analysed(tmp_path, map(change, match()), spotter=spotter)
    assert likeness.verdict == UNLIKE
    assert any(one.startswith(reason) for one in likeness.models[0].reasons), likeness.models[0].reasons
    assert all(event.extra == {"trust": "demonstration"} for event in bundle.read_events())
    assert "treat as a demonstration" in (bundle.path / "report.html").read_text(encoding="utf-8")


def test_ten_frames_a_second_are_unlike(tmp_path: Path, spotter: Spotter) -> None:
    _, likeness = analysed(tmp_path, match(), spotter=spotter, fps=10)
    assert likeness.models[0].reasons == ("frame rate 10.0 a second (measured at 25.0)",)


def test_without_a_ball_there_are_no_ball_actions(tmp_path: Path, spotter: Spotter) -> None:
    bundle, likeness = analysed(tmp_path, match(ball=False), spotter=spotter)
    assert likeness.withheld == "the ball was found in 0 % of the pictures"
    assert len(bundle.read_events()) == len(bundle.read_candidates()) == 0
    remarks = bundle.read_manifest().spotting["remarks"]
    assert any("withheld: the ball was found in 0 %" in remark for remark in remarks)
    assert bundle.read_scores().values.max() > 0


def test_a_still_picture_has_no_ball_actions(tmp_path: Path, spotter: Spotter) -> None:
    bundle, likeness = analysed(tmp_path, match(still=True), spotter=spotter)
    assert likeness.withheld == "the picture never changes: a still picture"
    assert "the picture is still" in likeness.models[0].reasons
    assert len(bundle.read_events()) == 0


def test_another_sport_has_no_ball_actions_of_football(tmp_path: Path, spotter: Spotter) -> None:
    def on_a_wooden_floor(picture: np.ndarray) -> np.ndarray:
        green = (picture[:, :, 1] > picture[:, :, 0]) & (picture[:, :, 1] > picture[:, :, 2])
        return np.where(green[:, :, None], np.array([150, 110, 70], np.uint8), picture)

    bundle, likeness = analysed(tmp_path, map(on_a_wooden_floor, match()), spotter=spotter)
    assert likeness.withheld.startswith("not football: ")
    assert likeness.verdict == UNLIKE and len(bundle.read_events()) == 0


def test_kits_that_are_alike_make_no_teams(tmp_path: Path, spotter: Spotter, monkeypatch: pytest.MonkeyPatch) -> None:
    one_kit = tuple(("red" if colour == "blue" else colour, *rest) for colour, *rest in fakematch.PEOPLE)
    monkeypatch.setattr(fakematch, "PEOPLE", one_kit)
    bundle, _ = analysed(tmp_path, match(), spotter=spotter)
    sure = [track.team_confidence for track in bundle.read_tracks() if track.team is not None]
    assert not sure or max(sure) < 0.9
