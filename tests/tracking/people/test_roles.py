"""Teams and roles of tracks: two kits, keepers, officials, and matches in which they cannot be known."""

from typing import Any

import numpy as np
import pytest

from touchline.core.tracks import GOALKEEPER, PLAYER, REFEREE
from touchline.tracking.people.roles import assign_roles, looks_of, match_teams, roles_of
from touchline.tracking.people.tracklets import Tracklet

LIGHT, DARK = np.r_[0.9, np.zeros(44)], np.r_[-0.7, 0.5, np.zeros(43)]
KEEPER, OFFICIAL = np.r_[0.2, -1.5, np.zeros(43)], np.r_[0.0, 0.0, 1.8, np.zeros(42)]


def track(number: int, kit: Any, *, cls: int = PLAYER, boxes: int = 20, x: float = 0.0, seed: int = 0) -> Tracklet:
    """Somebody in a kit, seen in so many pictures, who stands at x."""
    rng = np.random.default_rng(1000 * seed + number)
    worn = kit + rng.normal(0, 0.03, kit.shape) + rng.normal(0, 0.06, (boxes, len(kit)))
    corner = np.array([x, 40.0 * number, x + 10, 40.0 * number + 30])
    return Tracklet(
        number,
        np.arange(boxes),
        np.zeros(boxes, np.int64),
        np.tile(corner, (boxes, 1)).astype(np.float32),
        np.full(boxes, 0.8, np.float32),
        np.full(boxes, cls),
        np.ones(boxes, bool),
        worn.astype(np.float32),
    )


def shot(*, seed: int = 0) -> list[Tracklet]:
    """Five light ones to the left, five dark ones to the right, a keeper far left, an official."""
    people = [track(1 + i, LIGHT, x=100 + 10 * i, seed=seed) for i in range(5)]
    people += [track(6 + i, DARK, x=300 + 10 * i, seed=seed) for i in range(5)]
    return [
        *people,
        track(11, KEEPER, cls=GOALKEEPER, x=20, seed=seed),
        track(12, OFFICIAL, cls=REFEREE, x=200, seed=seed),
    ]


def test_two_teams_a_keeper_and_an_official() -> None:
    roles = assign_roles(shot())
    assert [role.team for role in roles] == ["A"] * 5 + ["B"] * 5 + ["A", None]
    assert [role.label for role in roles] == ["player"] * 10 + ["goalkeeper", "referee"]
    assert all(role.team_confidence > 0.95 for role in roles[:10])
    assert 0.5 < roles[10].team_confidence < 1
    assert roles[11].team_confidence == 0


def test_metres_say_whose_keeper_it_is() -> None:
    people = shot()
    mirrored = [np.tile([-track.boxes_xyxy[0, 0], 0.0], (len(track), 1)).astype(np.float32) for track in people]
    mirrored[10][:] = [-400, 0]
    assert assign_roles(people, positions_m=mirrored)[10].team == "B"


def test_team_names_hold_over_the_shots_of_a_match() -> None:
    shots = [shot(seed=1), shot(seed=2)[:3], shot(seed=3)[4:8], [shot(seed=4)[7]]]
    looks = [looks_of(people) for people in shots]
    kits = match_teams(looks)
    teams = [[role.team for role in roles_of(look, kits=kits)] for look in looks]
    assert teams[1:] == [["A"] * 3, ["A", "B", "B", "B"], ["B"]]


def test_a_keepers_kit_keeps_its_team_where_no_other_player_is_seen() -> None:
    looks = [looks_of(shot(seed=1)), looks_of([track(1, KEEPER, cls=GOALKEEPER, seed=5)])]
    kits = match_teams(looks)
    assert roles_of(looks[1], kits=kits)[0].team == "A"


def test_colour_mends_wrong_votes() -> None:
    people = shot()
    people[11] = track(12, OFFICIAL, cls=REFEREE, boxes=40)
    mixed = np.r_[np.full(3, PLAYER), np.full(2, REFEREE)]
    short = track(13, OFFICIAL, boxes=5)
    people.append(
        Tracklet(
            13, short.index, short.rows, short.boxes_xyxy, short.confidence, mixed, short.observed, short.appearance
        )
    )
    assert assign_roles(people)[12].label == "referee"


def test_covered_boxes_do_not_colour_a_track() -> None:
    people = shot()
    behind = track(13, LIGHT, boxes=20, x=300)
    appearance = behind.appearance
    assert appearance is not None
    appearance[:12] = DARK
    boxes = behind.boxes_xyxy.copy()
    boxes[:12] = people[5].boxes_xyxy[:12] + 1
    covered = Tracklet(
        13, behind.index, behind.rows, boxes, behind.confidence, behind.classes, behind.observed, appearance
    )
    assert assign_roles([*people, covered])[12].team == "A"


def test_one_kit_alone_is_not_made_into_two_teams() -> None:
    roles = assign_roles([track(1 + i, LIGHT) for i in range(8)])
    assert {(role.label, role.team, role.team_confidence) for role in roles} == {("player", None, 0.0)}


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_anybody(count: int) -> None:
    roles = assign_roles(shot()[:count])
    assert [(role.label, role.team) for role in roles] == [("player", None)] * count


def test_votes_alone_without_appearance() -> None:
    bare = [
        Tracklet(t.id, t.index, t.rows, t.boxes_xyxy, t.confidence, t.classes, t.observed, None) for t in shot()[8:]
    ]
    roles = assign_roles(bare)
    assert [role.label for role in roles] == ["player", "player", "goalkeeper", "referee"]
    assert [role.team for role in roles] == [None] * 4


def test_filled_boxes_without_appearance_are_left_out() -> None:
    people = shot()
    first = people[0]
    appearance = np.array(first.appearance)
    observed = first.observed.copy()
    appearance[5:], observed[5:] = np.nan, False
    people[0] = Tracklet(
        1, first.index, first.rows, first.boxes_xyxy, first.confidence, first.classes, observed, appearance
    )
    assert assign_roles(people)[0].team == "A"


def test_positions_must_fit() -> None:
    with pytest.raises(ValueError, match="1 positions_m and 2"):
        assign_roles(shot()[:2], positions_m=[None])
