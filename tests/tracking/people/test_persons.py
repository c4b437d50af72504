"""Persons: tracks of one player across cuts, no more players than a team has, and doubt where there is any."""

import numpy as np
import pytest

from touchline.tracking.people.persons import Stretch, count_persons, find_persons

S = 1_000_000


def stretch(
    number: int, start_s: float, end_s: float, first: tuple[float, float], last: tuple[float, float], **more: object
) -> Stretch:
    values = {"label": "player", "team": "A", **more}
    return Stretch(
        number,
        start_us=int(start_s * S),
        end_us=int(end_s * S),
        first_m=np.array(first),
        last_m=np.array(last),
        **values,
    )


def test_a_player_goes_on_where_he_was() -> None:
    tracks = [
        stretch(1, 0, 5, (-30, 0), (-20, 0)),
        stretch(2, 0, 5, (20, 10), (25, 10)),
        stretch(3, 7, 12, (26, 12), (30, 10)),
        stretch(4, 7, 12, (-19, 1), (-10, 0)),
    ]
    persons = find_persons(tracks)
    assert persons[1].person == persons[4].person != persons[2].person == persons[3].person
    assert all(one.confidence > 0.9 for one in persons.values())
    assert count_persons(tracks, persons) == {"A": 2}


def test_two_in_one_place_are_doubtful() -> None:
    tracks = [stretch(1, 0, 5, (0, 0), (0, 0)), stretch(2, 6, 9, (1, 0), (1, 0)), stretch(3, 6, 11, (-1, 0), (-1, 0))]
    persons = find_persons(tracks)
    assert len({one.person for one in persons.values()}) == 2
    joined = [i for i in (2, 3) if persons[i].person == persons[1].person]
    assert min(persons[1].confidence, persons[joined[0]].confidence) < 0.8


def test_teams_and_roles_do_not_mix() -> None:
    tracks = [
        stretch(1, 0, 5, (0, 0), (0, 0)),
        stretch(2, 6, 9, (0, 0), (0, 0), team="B"),
        stretch(3, 6, 9, (0, 0), (0, 0), label="goalkeeper"),
        stretch(4, 6, 9, (0, 0), (0, 0), label="referee", team=None),
        stretch(5, 6, 9, (0, 0), (0, 0), team=None),
    ]
    persons = find_persons(tracks)
    assert len({persons[i].person for i in (1, 2, 3, 4)}) == 4
    assert 5 not in persons
    assert count_persons(tracks, persons) == {"A": 2, "B": 1, "officials": 1}


def test_a_team_has_eleven_players_also_when_the_scene_jumps() -> None:
    rng = np.random.default_rng(0)
    tracks = []
    for part in range(3):  # everybody is somewhere else after each jump
        for i in range(10):
            place = tuple(rng.uniform(-40, 40, 2))
            tracks.append(stretch(100 * part + i + 1, 10 * part, 10 * part + 9.9, place, place))
    persons = find_persons(tracks)
    assert count_persons(tracks, persons) == {"A": 10}
    assert np.median([one.confidence for one in persons.values() if one.confidence < 1]) < 0.9


def test_more_than_a_team_are_not_its_players() -> None:
    tracks = [stretch(i + 1, 0, 5 + i, (i, 0), (i, 0)) for i in range(14)]
    persons = find_persons(tracks)
    assert sorted(persons) == list(range(5, 15))


def test_one_keeper_of_a_team_is_one_person() -> None:
    tracks = [stretch(i, 10 * i, 10 * i + 5, (-50, 0), (-48, 2), label="goalkeeper") for i in (1, 2, 3)]
    assert {one.person for one in find_persons(tracks).values()} == {1}


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_anybody(count: int) -> None:
    tracks = [stretch(7, 0, 5, (np.nan, np.nan), (np.nan, np.nan))][:count]
    assert [one.person for one in find_persons(tracks).values()] == [1] * count
