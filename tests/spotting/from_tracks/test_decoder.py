"""The decoder: the best chain of candidates, in which nothing follows what it may not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from touchline.spotting.from_tracks.decoder import Candidate, decode, may_follow, restart_at
from touchline.spotting.from_tracks.labels import RESTARTS, STOPS, TRACK_LABELS

PITCH = (105.0, 68.0)


def at(label: str, time_s: float, confidence: float = 0.8, *, who: int | None = None) -> Candidate:
    return Candidate(label, round(1e6 * time_s), confidence, 0.4, who)


def names(chain: tuple[Candidate, ...]) -> list[str]:
    return [one.label for one in chain]


def test_all_that_fits_is_kept() -> None:
    play = [at("DRIVE", 0, who=1), at("PASS", 2, who=1), at("OUT", 4), at("THROW IN", 9, who=3), at("PASS", 10, who=4)]
    assert decode(play) == tuple(play)


def test_what_is_below_its_threshold_is_dropped() -> None:
    assert names(decode([at("PASS", 0, 0.3, who=1), at("PASS", 2, 0.5, who=2)])) == ["PASS"]
    assert decode([at("PASS", 0, 0.1, who=1)]) == ()
    assert decode([]) == ()


def test_nothing_but_a_restart_follows_the_ball_going_out() -> None:
    chain = decode([at("OUT", 0, 0.9), at("PASS", 2, 0.6, who=1), at("CORNER", 6, 0.9, who=2)])
    assert names(chain) == ["OUT", "CORNER"]


def test_a_doubtful_out_gives_way_to_play_that_goes_on() -> None:
    play = [at("OUT", 0, 0.45), *(at("PASS", 1.0 + i, 0.9, who=i) for i in range(4))]
    assert names(decode(play)) == ["PASS"] * 4


def test_a_goal_is_followed_by_a_kick_off_only() -> None:
    assert may_follow(at("GOAL", 0), at("KICK OFF", 30))
    assert not may_follow(at("GOAL", 0), at("GOAL KICK", 30))
    assert not may_follow(at("OUT", 0), at("KICK OFF", 30))


def test_two_peaks_of_one_kick_are_one_event_and_two_peoples_kicks_are_two() -> None:
    assert names(decode([at("PASS", 0, 0.6, who=1), at("PASS", 0.5, 0.9, who=1)])) == ["PASS"]
    assert names(decode([at("PASS", 0, 0.6, who=1), at("PASS", 0.5, 0.9, who=2)])) == ["PASS", "PASS"]


def test_a_carry_and_a_kick_of_one_touch_are_one_event_the_surer_one() -> None:
    assert names(decode([at("DRIVE", 0, 0.6, who=1), at("PASS", 0.24, 0.8, who=1)])) == ["PASS"]
    assert names(decode([at("DRIVE", 0, 0.9, who=1), at("PASS", 0.24, 0.8)])) == ["DRIVE"]
    assert names(decode([at("DRIVE", 0, 0.6, who=1), at("PASS", 0.4, 0.8, who=1)])) == ["DRIVE", "PASS"]
    assert names(decode([at("PASS", 0, 0.6, who=1), at("DRIVE", 0.24, 0.8, who=2)])) == ["PASS", "DRIVE"]


def test_a_restart_amid_play_needs_time_for_a_stop_that_nobody_saw() -> None:
    assert not may_follow(at("PASS", 0, who=1), at("THROW IN", 1, who=2))
    assert may_follow(at("PASS", 0, who=1), at("THROW IN", 3, who=2))


@pytest.mark.parametrize("seed", range(20))
def test_no_chain_holds_a_forbidden_transition(seed: int) -> None:
    random = np.random.default_rng(seed)
    times = np.sort(random.uniform(0, 40, 60))
    found = decode(
        [
            at(
                str(random.choice(TRACK_LABELS)),
                float(time),
                float(random.uniform(0.2, 0.99)),
                who=int(random.integers(4)),
            )
            for time in times
        ]
    )
    assert len(found) > 3
    for former, following in itertools.pairwise(found):
        assert may_follow(former, following)
        assert former.label not in STOPS or following.label in RESTARTS


@pytest.mark.parametrize(
    ("place", "label"),
    [
        ((51.5, -33.0), "CORNER"),
        ((10.0, 33.5), "THROW IN"),
        ((-48.0, 4.0), "GOAL KICK"),
        ((0.5, -0.5), "KICK OFF"),
        ((20.0, 10.0), "FREE KICK"),
    ],
)
def test_the_place_says_which_restart_it_is(place: tuple[float, float], label: str) -> None:
    assert restart_at(place, pitch_m=PITCH) == label
