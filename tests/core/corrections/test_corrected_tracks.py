"""Tracks after a review: boxes, cuts, joins, roles, teams and names."""

from __future__ import annotations

from typing import Any

import numpy as np

from touchline.core.corrections.history import Change, Entry
from touchline.core.corrections.state import Corrections
from touchline.core.corrections.tracks import corrected_tracks, fragment_numbers
from touchline.core.tracks import Shot, Track, Tracks


def track(number: int, frames: range, *, x: float, team: str | None = None) -> Track:
    count = len(frames)
    index = np.array(frames, np.int64)
    boxes = np.tile(np.array([x, 0, x + 10, 20], np.float32), (count, 1))
    ones = np.full(count, 0.5, np.float32)
    places = np.tile(np.array([x, 1], np.float32), (count, 1))
    return Track(
        number, "player", index * 40_000, index, boxes, ones, np.ones(count, bool), team=team, positions_m=places
    )


TRACKS = Tracks((track(7, range(10), x=0, team="A"), track(9, range(8, 15), x=100)), (Shot(0, 0, 600_000),), 640, 360)


def corrected(*changes: tuple[str, str, dict[str, Any]]) -> Tracks:
    return corrected_tracks(TRACKS, corrections(*changes))


def corrections(*changes: tuple[str, str, dict[str, Any]]) -> Corrections:
    rows = tuple(Change(what, name, None, after) for what, name, after in changes)
    return Corrections.of([Entry(1, "2026-01-02T03:04:05.678Z", "anna", rows)])


def test_nothing_corrected_changes_nothing() -> None:
    same = corrected_tracks(TRACKS, Corrections())
    assert [(t.track_id, t.team) for t in same] == [(7, "A"), (9, None)]
    assert all(new.boxes_xyxy is old.boxes_xyxy for new, old in zip(same, TRACKS, strict=True))


def test_a_cut_makes_a_new_track() -> None:
    cut = ("cut", "7@200000", {})
    parts = corrected(cut, ("track", "7@200000", {"team": "B"}))
    assert [(t.track_id, t.frames.tolist(), t.team) for t in parts] == [
        (7, [0, 1, 2, 3, 4], "A"),
        (9, list(range(8, 15)), None),
        (10, [5, 6, 7, 8, 9], "B"),
    ]
    assert fragment_numbers(TRACKS, corrections(cut)) == {"7": 7, "9": 9, "7@200000": 10}


def test_a_join_keeps_the_earlier_box_and_the_first_number() -> None:
    (joined,) = corrected(("track", "9", {"same_as": "7"}))
    assert joined.track_id == 7 and joined.frames.tolist() == list(range(15)) and joined.team == "A"
    assert joined.boxes_xyxy[:, 0].tolist() == [0.0] * 10 + [100.0] * 5
    assert joined.positions_m is not None and joined.positions_m[:, 0].tolist() == [0.0] * 10 + [100.0] * 5


def test_joins_in_a_circle_end() -> None:
    (joined,) = corrected(("track", "9", {"same_as": "7"}), ("track", "7", {"same_as": "9"}))
    assert joined.track_id == 7 and len(joined) == 15


def test_part_of_one_track_can_become_part_of_another() -> None:
    parts = corrected(("cut", "7@200000", {}), ("track", "7@200000", {"same_as": "9"}))
    assert [(t.track_id, t.frames.tolist()) for t in parts] == [(7, [0, 1, 2, 3, 4]), (9, list(range(5, 15)))]


def test_boxes_move_and_vanish() -> None:
    box = {"box_xyxy": [1, 2, 3, 4]}
    first, _ = corrected(("box", "7:3", box), ("box", "7:4", {"box_xyxy": None}), ("box", "7:99", box))
    assert first.frames.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert first.boxes_xyxy[3].tolist() == [1, 2, 3, 4] and first.confidence[3] == 1.0
    assert (
        first.positions_m is not None
        and np.isnan(first.positions_m[3]).all()
        and not np.isnan(first.positions_m[2]).any()
    )
    gone = corrected(*(("box", f"7:{frame}", {"box_xyxy": None}) for frame in range(10)))
    assert [t.track_id for t in gone] == [9], "a track without boxes is gone"


def test_names_roles_and_teams() -> None:
    player = ("player", "pl-1", {"name": "Smith", "number": 10, "team": "B"})
    first, second = corrected(
        player, ("track", "7", {"player": "pl-1", "role": "goalkeeper"}), ("track", "9", {"team": ""})
    )
    assert (first.name, first.team, first.team_confidence, first.label) == ("10 Smith", "B", 1.0, "goalkeeper")
    assert second.team is None and second.team_confidence == 1.0
