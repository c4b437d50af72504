"""Whether a video is like what the models were measured on: the comparison, the facts, and what follows from them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fakematch import FakeDetector, FakePitchFinder, write_match
from touchline.analysis.likeness.comparison import PROPERTIES, compare, fits, why_no_ball_actions
from touchline.analysis.likeness.facts import Boxes, PictureFacts, facts_of_boxes
from touchline.analysis.likeness.look import look_of
from touchline.analysis.likeness.marks import marked, remark_on_withheld, without_impossible
from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
from touchline.analysis.tasks.track import VideoTracker
from touchline.analysis.tasks.usual import usual_tasks
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.tracks import Shot
from touchline.formats.bundle import Bundle
from touchline.formats.likeness import (
    LIKE,
    NEVER_MEASURED,
    UNCHECKED,
    UNLIKE,
    Likeness,
    ModelLikeness,
    read_likeness,
    write_likeness,
)
from touchline.media.frame import Frame
from touchline.models.folders import builtin_folder
from touchline.models.measured import MEASURED_SUFFIX, Footage, MeasuredOn, read_measured

GREEN, GREY = (60, 120, 50), (120, 120, 120)
LIKE_FACTS = {
    "width_px": 640.0,
    "grass": 0.96,
    "saturation": 0.3,
    "colour": 0.05,
    "fps": 12.5,
    "people": 18.0,
    "ball": 0.8,
    "changing": 1.0,
    "pitch": 0.9,
}


def measured(**ranges: tuple[float, float]) -> MeasuredOn:
    given = ranges or {"width_px": (640, 640), "grass": (0.9, 1.0), "fps": (12.5, 12.5), "people": (18, 22)}
    return MeasuredOn(footage="four matches", not_measured="others", finds="events", licence="none", ranges=given)


def flat(colour: tuple[int, int, int], *, width: int = 64, height: int = 36) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def frames_of(pictures: list[np.ndarray]) -> list[Frame]:
    return [
        Frame(number * 500_000, picture.mean(axis=2).astype(np.uint8), lambda picture=picture: picture)
        for number, picture in enumerate(pictures)
    ]


def test_a_video_with_every_value_in_its_range_is_like() -> None:
    found = compare("model", facts=LIKE_FACTS, measured=measured())
    assert (found.verdict, found.reasons, found.measured_on) == (LIKE, (), "four matches")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"grass": 0.5}, "grass 50 % of the picture (measured 90 to 100)"),
        ({"width_px": 319.0}, "width of the picture 319 px (measured at 640)"),
        ({"fps": 10.0}, "frame rate 10.0 a second (measured at 12.5)"),
        ({"people": 0.0}, "nobody is in the picture"),
        ({"people": 4.0}, "people in a picture 4 (measured 18 to 22)"),
    ],
)
def test_each_difference_is_a_reason(changed: dict[str, float], reason: str) -> None:
    found = compare("model", facts={**LIKE_FACTS, **changed}, measured=measured())
    assert (found.verdict, found.reasons) == (UNLIKE, (reason,))


def test_larger_and_faster_videos_and_half_the_people_are_no_difference() -> None:
    facts = {**LIKE_FACTS, "width_px": 3840.0, "fps": 60.0, "people": 9.0}
    assert compare("model", facts=facts, measured=measured()).verdict == LIKE


def test_a_quarter_of_the_range_is_allowed_on_either_side() -> None:
    assert fits("saturation", 0.18, ends=(0.2, 0.3)) and fits("saturation", 0.32, ends=(0.2, 0.3))
    assert not fits("saturation", 0.17, ends=(0.2, 0.3)) and not fits("saturation", 0.33, ends=(0.2, 0.3))


def test_a_few_cropped_pixels_are_no_other_shape() -> None:
    assert fits("aspect", 848 / 478, ends=(16 / 9, 16 / 9)) and not fits("aspect", 4 / 3, ends=(16 / 9, 16 / 9))


def test_a_property_that_is_not_known_is_not_compared() -> None:
    assert compare("model", facts={"grass": 0.95}, measured=measured()).verdict == LIKE
    assert compare("model", facts={"wide": 1.0}, measured=measured()).verdict == UNCHECKED


def test_a_video_like_any_of_the_footage_is_like() -> None:
    also = Footage(footage="frames", ranges={"grass": (0.3, 0.6)})
    both = measured().model_copy(update={"also": (also,)})
    found = compare("model", facts={**LIKE_FACTS, "grass": 0.5}, measured=both)
    assert (found.verdict, found.measured_on) == (LIKE, "frames")
    assert compare("model", facts={**LIKE_FACTS, "grass": 0.1}, measured=both).measured_on == "four matches"


def test_a_model_without_measurements_was_never_measured() -> None:
    assert compare("mine", facts=LIKE_FACTS, measured=None, finds="events").verdict == NEVER_MEASURED


def test_black_and_white_is_one_reason_and_says_nothing_of_grass() -> None:
    ranges = {"colour": (0.03, 0.09), "grass": (0.9, 1.0), "saturation": (0.2, 0.4)}
    facts = {"colour": 0.001, "grass": 0.0, "saturation": 0.0}
    assert compare("model", facts=facts, measured=measured(**ranges)).reasons == ("the picture is black and white",)
    assert why_no_ball_actions({**facts, "pitch": 0.0, "ball": 0.5}) == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"changing": 0.0}, "the picture never changes: a still picture"),
        (
            {"grass": 0.01, "pitch": 0.0},
            "not football: 1 % of the picture is grass, and no lines of a pitch were found",
        ),
        ({"ball": 0.0}, "the ball was found in 0 % of the pictures"),
        ({}, ""),
    ],
)
def test_no_ball_actions_where_there_can_be_none(changed: dict[str, float], words: str) -> None:
    assert why_no_ball_actions({**LIKE_FACTS, **changed}) == words


def test_without_tracks_a_missing_ball_is_not_held_against_the_video() -> None:
    assert why_no_ball_actions({"grass": 0.9, "colour": 0.1, "changing": 1.0}) == ""


def test_the_look_of_plain_pictures() -> None:
    green, grey = look_of(flat(GREEN)), look_of(flat(GREY))
    assert (green.grass, grey.grass) == (1.0, 0.0)
    assert grey.colour == grey.saturation == grey.detail == grey.contrast == 0.0
    assert green.colour == pytest.approx(
        (abs(60 - 230 / 3) + abs(120 - 230 / 3) + abs(50 - 230 / 3)) / 3 / 255, abs=1e-3
    )
    assert grey.brightness == pytest.approx(120 / 255, abs=1e-3)


def test_a_still_never_changes_and_a_moving_camera_moves() -> None:
    rng = np.random.default_rng(0)
    ground = noise(rng)
    moving, still = PictureFacts(), PictureFacts()
    for number in range(6):
        for facts, left in ((moving, 12 * number), (still, 0)):
            facts.add(frames_of([ground[:, left : left + 320]])[0])
    assert (moving.values()["changing"], moving.values()["camera_moves"]) == (1.0, 1.0)
    assert (still.values()["changing"], still.values()["camera_moves"]) == (0.0, 0.0)


def noise(rng: np.random.Generator) -> np.ndarray:
    coarse = rng.integers(100, 130, (18, 40, 3)).astype(np.uint8)
    return coarse.repeat(10, axis=0).repeat(10, axis=1)


def test_facts_of_boxes_are_medians_and_shares() -> None:
    times = np.array([0, 0, 0, 80_000, 80_000, 160_000], np.int64)
    boxes = Boxes(
        ball=np.array([False, False, True, False, True, False]),
        times_us=times,
        heights_px=np.array([20.0, 30.0, 5.0, 40.0, 5.0, 30.0]),
        observed=np.array([True, True, True, True, False, True]),
    )
    shots = (Shot(0, 0, 300, "wide", 1.0), Shot(1, 300, 400, "close-up", 0.0))
    assert facts_of_boxes(boxes, shots=shots, width=640) == {
        "wide": 0.75,
        "pitch": 0.75,
        "people": 1.0,
        "person_px": 60.0,
        "ball": 0.3333,
    }


def events() -> Timeline:
    return Timeline((Event("PASS", 1_000_000, source="model"), Event("Card", 2_000_000, source="model")))


def test_events_of_an_unlike_video_are_marked_and_impossible_ones_withheld() -> None:
    unlike = Likeness(
        models=(ModelLikeness("model", "events", UNLIKE, "four matches", ("grass",)),), withheld="a still"
    )
    assert [event.extra for event in marked(events(), likeness=unlike, model="model")] == [
        {"trust": "demonstration"}
    ] * 2
    assert (
        marked(events(), likeness=unlike, model="other") == events() == marked(events(), likeness=None, model="model")
    )
    assert [event.label for event in without_impossible(events(), likeness=unlike, models=["model"])] == ["Card"]
    assert without_impossible(events(), likeness=unlike, models=["my basketball model"]) == events()
    assert without_impossible(events(), likeness=Likeness(), models=["model"]) == events()
    assert remark_on_withheld(2, likeness=unlike).startswith("2 ball actions were withheld: a still")


def test_the_line_names_models_and_reasons_and_the_worst_verdict_counts() -> None:
    models = (
        ModelLikeness("spotter", "events", UNLIKE, "four matches", ("a", "b", "c", "d")),
        ModelLikeness("detector", "people", LIKE, "frames"),
    )
    whole = Likeness(models=models)
    assert whole.verdict == UNLIKE
    assert whole.line == (
        "Unlike what it was measured on, treat as a demonstration: events (spotter), a, b and 2 more. "
        "Like what it was measured on: people (detector)."
    )
    assert Likeness(models=models[1:]).verdict == LIKE
    assert (Likeness().verdict, Likeness().line) == (UNCHECKED, "")


def test_the_file_comes_back_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    one = Likeness({"grass": 0.5}, 3, (ModelLikeness("m", "events", UNLIKE, "x", ("a",)),), "why")
    write_likeness(tmp_path, one)
    assert read_likeness(tmp_path) == one
    document = json.loads((tmp_path / "likeness.json").read_text())
    (tmp_path / "likeness.json").write_text(json.dumps({**document, "models": [{"model": "m"}]}))
    with pytest.raises(InputError, match=r"likeness\.json"):
        read_likeness(tmp_path)


def test_tracking_alone_writes_the_verdict_once_and_reuses_the_pictures(tmp_path: Path) -> None:
    video = write_match(tmp_path / "match.mp4", frames=30)
    tracker = VideoTracker(FakeDetector(), FakePitchFinder())
    result = analyze_video(video, tasks=usual_tasks(tracker=tracker), options=AnalyzeOptions())
    likeness = read_likeness(result.bundle)
    assert result.tasks == ("track",) and result.verdict == likeness.line
    assert likeness.verdict == NEVER_MEASURED and likeness.facts["grass"] > 0.9 and likeness.facts["people"] == 8
    manifest = Bundle(result.bundle).read_manifest()
    assert manifest.likeness["verdict"] == NEVER_MEASURED and "likeness.json" in manifest.files
    assert analyze_video(video, tasks=usual_tasks(tracker=tracker), options=AnalyzeOptions()).reused


@pytest.mark.parametrize("path", sorted(builtin_folder().glob("*" + MEASURED_SUFFIX)), ids=lambda path: path.stem)
def test_ranges_are_of_known_properties_and_in_order(path: Path) -> None:
    about = read_measured(path)
    assert set(about.ranges) <= set(PROPERTIES)
    assert all(least <= most for least, most in about.ranges.values())
    assert bool(about.ranges) == bool(about.made_by) == bool(about.pictures)


def test_models_that_find_the_same_share_one_part_of_the_line() -> None:
    few = ModelLikeness("one", "events", UNLIKE, "x", ("a",))
    many = ModelLikeness("two", "events", UNLIKE, "x", ("a", "b", "c"))
    line = Likeness(models=(few, many)).line
    assert line == "Unlike what it was measured on, treat as a demonstration: events (one, two), a, b and 1 more."
