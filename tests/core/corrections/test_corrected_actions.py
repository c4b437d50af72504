"""Actions and players after tracks were cut, joined and given to players."""

from __future__ import annotations

from test_corrected_tracks import TRACKS, corrections

from touchline.core.actions import Action
from touchline.core.corrections.actions import corrected_actions, players_of_tracks

CUT = ("cut", "7@200000", {})
ON_THE_BALL = Action(7, "on-the-ball", 100_000, 300_000, 1.0, "ball")
DRIBBLE = Action(9, "dribble", 400_000, 500_000, 0.7, "model")


def spans(*changes: tuple[str, str, dict[str, object]]) -> list[tuple[int, int, int]]:
    found = corrected_actions((ON_THE_BALL, DRIBBLE), TRACKS, corrections(*changes))
    return [(action.track_id, action.start_us, action.end_us) for action in found]


def test_nothing_corrected_changes_nothing() -> None:
    assert corrected_actions((ON_THE_BALL, DRIBBLE), TRACKS, corrections(CUT)) != (ON_THE_BALL, DRIBBLE)
    assert spans(("team", "A", {"name": "Lions"})) == [(7, 100_000, 300_000), (9, 400_000, 500_000)]


def test_an_action_over_a_cut_becomes_two() -> None:
    assert spans(CUT) == [(7, 100_000, 200_000), (9, 400_000, 500_000), (10, 200_000, 300_000)]


def test_actions_of_joined_tracks_are_those_of_one() -> None:
    join = ("track", "9", {"same_as": "7"})
    assert spans(join) == [(7, 100_000, 300_000), (7, 400_000, 500_000)]
    assert spans(CUT, ("track", "9", {"same_as": "7@200000"})) == [
        (7, 100_000, 200_000),
        (10, 200_000, 300_000),
        (10, 400_000, 500_000),
    ]


def test_an_action_of_a_track_that_is_not_there_is_left_out() -> None:
    stranger = Action(99, "dribble", 0, 1, 1.0, "model")
    assert corrected_actions((stranger,), TRACKS, corrections(CUT)) == ()


def test_players_by_corrected_track() -> None:
    anna, bo = ("player", "pl-00000a", {"name": "Anna"}), ("player", "pl-00000b", {"name": "Bo"})
    given = (("track", "7", {"player": "pl-00000a"}), ("track", "7@200000", {"player": "pl-00000b"}))
    assert players_of_tracks(TRACKS, corrections(anna, bo, CUT, *given)) == {7: "pl-00000a", 10: "pl-00000b"}
    joined = (("track", "7", {"player": "pl-00000a"}), ("track", "9", {"same_as": "7"}))
    assert players_of_tracks(TRACKS, corrections(anna, *joined)) == {7: "pl-00000a"}
