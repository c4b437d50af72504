"""Game states in SoccerNet's layout: read, refused with a reason, and written from tracks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from touchline import Track, Tracks
from touchline.core.errors import InputError
from touchline.formats.events.export_context import ExportContext, ExportOptions
from touchline.formats.gamestate import GameState, GameStateTracks, Who, parse_predictions, parse_truth, tracks_of
from touchline.formats.gamestate.tracks import shirt_number, sides_of_teams

PARTS = ("left", "middle", "right")
LABELLED = {"has_labeled_pitch": True, "has_labeled_camera": True, "has_labeled_person": True}


def image(frame: int, **more: Any) -> dict[str, Any]:
    return {"image_id": f"3116{frame:06d}", "width": 1920, "height": 1080, **LABELLED, **more}


def entry(
    frame: int, track: int, x: float, y: float, *, role: str = "player", team: Any = "left", jersey: Any = "10"
) -> dict[str, Any]:
    return {
        "image_id": f"3116{frame:06d}",
        "track_id": track,
        "supercategory": "object",
        "category_id": 1,
        "attributes": {"role": role, "team": team, "jersey": jersey},
        "bbox_image": {"x": 100 * track, "y": 50, "w": 40, "h": 90},
        "bbox_pitch": {
            f"{axis}_bottom_{part}": v for part in ("left", "middle", "right") for axis, v in (("x", x), ("y", y))
        },
    }


def truth_bytes(*entries: dict[str, Any], images: list[dict[str, Any]] | None = None) -> bytes:
    return json.dumps({"images": images or [image(1), image(2)], "annotations": entries, "categories": []}).encode()


def state(*entries: dict[str, Any]) -> GameState:
    return parse_truth(truth_bytes(*entries), source="t")


def test_people_are_read_and_others_left_out() -> None:
    line = {"supercategory": "pitch", "image_id": "3116000001", "lines": {}}
    found = state(entry(2, 7, 3.0, -4.0), entry(1, 7, 1.0, 2.0), entry(1, 9, 0, 0, role="ball"), line)
    assert found.images == ("3116000001", "3116000002")
    assert found.image.tolist() == [1, 0]
    assert found.places_m.tolist() == [[3, -4], [1, 2]]
    assert found.who[0] == Who("player", "left", "10")
    assert found.boxes_xyxy[0].tolist() == [700, 50, 740, 140]
    assert found.size == (1920, 1080)


def test_pictures_that_are_not_labelled_whole_are_not_scored() -> None:
    images = [image(2), image(1), image(3, has_labeled_camera=False)]
    found = parse_truth(truth_bytes(entry(1, 1, 0, 0), entry(3, 1, 0, 0), images=images), source="t")
    assert (found.images, found.image.tolist()) == (("3116000001", "3116000002"), [0])


def test_predictions_are_found_by_either_kind_of_image_id() -> None:
    true = state(entry(1, 1, 0, 0))
    rows = [{**entry(1, 1, 0, 0), "image_id": name} for name in ("3116000002", "000000", "SNGS-116_0001", "3117000001")]
    rows[2]["track_id"] = 2
    rows[0]["confidence"] = 0.5
    found = parse_predictions(json.dumps({"predictions": rows}).encode(), truth=true, source="p")
    assert found.image.tolist() == [1, 0, 1]
    assert found.confidence.tolist() == [0.5, 1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bbox_pitch": None}, r"t: annotations\[0\] has no place on the pitch"),
        ({"track_id": "x"}, r"t: annotations\[0\] cannot be used"),
        ({"attributes": {"role": "coach", "team": None, "jersey": None}}, "role 'coach' is none of player"),
        ({"attributes": {"role": "player", "team": "A", "jersey": None}}, "team 'A' is none of left, right and null"),
        ({"attributes": {"role": "player", "team": "left", "jersey": "-1"}}, "jersey '-1' is not a shirt number"),
        ({"attributes": {"role": "player", "team": "left"}}, "has no 'jersey'"),
    ],
)
def test_broken_entries_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        state({**entry(1, 1, 0, 0), **change})


def test_a_track_twice_in_a_picture_is_an_error() -> None:
    with pytest.raises(InputError, match="track_id 1 occurs twice in image 3116000001"):
        state(entry(1, 1, 0, 0), entry(1, 1, 5, 0))


def test_another_file_is_refused() -> None:
    with pytest.raises(InputError, match="t: has no list 'images'"):
        parse_truth(b'{"annotations": []}', source="t")
    with pytest.raises(InputError, match="p: has no list 'predictions'"):
        parse_predictions(b'{"annotations": []}', truth=state(entry(1, 1, 0, 0)), source="p")


def person(number: int, label: str, x: float, *, team: str | None = None, name: str | None = None) -> Track:
    frames = np.arange(2)
    box = np.array([[10, 20, 30, 60]] * 2, np.float32)
    places = np.array([[x, 5], [np.nan, np.nan]], np.float32)
    ones = np.ones(2, np.float32)
    return Track(number, label, frames * 40_000, frames, box, ones, ones > 0, team=team, positions_m=places, name=name)


TRACKS = Tracks(
    (
        person(1, "player", 20, team="A", name="10"),
        person(2, "player", -20, team="B", name="Smith"),
        person(3, "referee", 0),
        person(4, "ball", 1),
    ),
    (),
    1920,
    1080,
)


def test_tracks_become_predictions(tmp_path: Path) -> None:
    context = ExportContext(game="x", options=ExportOptions(split="test"))
    result = GameStateTracks().write(TRACKS, tmp_path / "SNGS-116.json", context=context)
    rows = json.loads((tmp_path / "SNGS-116.json").read_text())["predictions"]
    assert [row["image_id"] for row in rows] == ["3116000001"] * 3
    assert [row["attributes"] for row in rows] == [
        {"role": "player", "team": "right", "jersey": "10"},
        {"role": "player", "team": "left", "jersey": None},
        {"role": "referee", "team": None, "jersey": None},
    ]
    assert rows[0]["bbox_pitch"]["y_bottom_middle"] == -5
    assert rows[0]["bbox_image"] == {"x": 10, "y": 20, "x_center": 20, "y_center": 40, "w": 20, "h": 40}
    assert result.notes == (
        "3 of 6 boxes without a place on the pitch are left out",
        "1 of 2 players have no shirt number; a name such as 10 gives one",
    )


def test_without_a_sequence_image_ids_are_frame_numbers() -> None:
    rows = json.loads(GameStateTracks().content(TRACKS, context=ExportContext(game="match")))["predictions"]
    assert rows[0]["image_id"] == "000000"


def test_written_predictions_are_read_back_as_the_same_tracks(tmp_path: Path) -> None:
    true = state(entry(1, 1, 0, 0))
    path = tmp_path / "SNGS-116.json"
    GameStateTracks().write(TRACKS, path, context=ExportContext(options=ExportOptions(split="test")))
    tracks = tracks_of(parse_predictions(path.read_bytes(), truth=true, source="p"))
    assert [(track.label, track.team, track.name) for track in tracks] == [
        ("player", "B", "10"),
        ("player", "A", None),
        ("referee", None, None),
    ]
    first = tracks.tracks[0]
    assert first.positions_m is not None
    assert first.positions_m.tolist() == [[20, 5]]
    assert first.boxes_xyxy.tolist() == [[10, 20, 30, 60]]


def test_one_team_alone_is_on_the_side_where_it_stands() -> None:
    assert sides_of_teams(Tracks((person(1, "player", 20, team="A"),), (), 10, 10)) == {"A": "right"}


@pytest.mark.parametrize(
    ("name", "number"), [("10", 10), ("#7 Smith", 7), ("Smith 7", None), ("123", None), (None, None)]
)
def test_shirt_numbers_are_at_the_start_of_names(name: str | None, number: int | None) -> None:
    assert shirt_number(person(1, "player", 0, name=name)) == number
