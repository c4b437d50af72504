"""Kinds of passes and won balls from the exact state of a match: each rule on a state made for it."""

from __future__ import annotations

import numpy as np

from touchline.training.track_events.kinds import MatchState, PlayLabel, kinds_of_play

FPS = 10.0


def state(ball: list[tuple[float, float, float]], owner: list[int], *, mode: int = 0) -> MatchState:
    return MatchState(FPS, np.array(ball), np.array(owner, np.int64), np.full(len(owner), mode, np.int64))


def labels(found: MatchState, *, kick: int | None = None) -> list[tuple[int, str]]:
    events = [] if kick is None else [PlayLabel(round(kick * 1e5), "PASS")]
    return [(round(event.time_us / 1e5), event.label) for event in kinds_of_play(found, events)]


def flight(*, start: tuple[float, float, float], end: tuple[float, float, float], top: float) -> MatchState:
    """Player 2 has the ball in frames 0 to 4, player 3 from frame 15 on; in between it rises to ``top``."""
    share = np.clip((np.arange(25) - 4) / 11, 0, 1)
    path = np.outer(1 - share, start) + np.outer(share, end)
    path[:, 2] += (top - path[:, 2].max()) * 4 * share * (1 - share) if top > path[:, 2].max() else 0.0
    owner = [2] * 5 + [0] * 10 + [3] * 10
    return MatchState(FPS, path, np.array(owner, np.int64), np.zeros(25, np.int64))


def test_a_flat_pass_has_no_kind() -> None:
    assert labels(flight(start=(0, 0, 0.1), end=(20, 0, 0.1), top=0.1), kick=4) == []


def test_a_header_is_played_above_the_chest() -> None:
    assert labels(flight(start=(0, 0, 1.8), end=(10, 0, 0.1), top=1.8), kick=4) == [(4, "HEADER")]


def test_a_high_pass_rises_over_everybody() -> None:
    assert labels(flight(start=(0, 0, 0.1), end=(40, 0, 0.1), top=6.0), kick=4) == [(4, "HIGH PASS")]


def test_a_cross_goes_from_the_wing_into_the_area() -> None:
    assert labels(flight(start=(40, 30, 0.1), end=(45, 5, 0.1), top=1.0), kick=4) == [(4, "CROSS")]
    assert labels(flight(start=(-40, 30, 0.1), end=(-45, 5, 0.1), top=1.0), kick=4) == []


def test_a_tackle_takes_the_ball_from_an_opponent_who_had_it() -> None:
    ball = [(float(i), 0.0, 0.1) for i in range(20)]
    assert labels(state(ball, [2] * 8 + [0] * 2 + [14] * 10)) == [(10, "PLAYER SUCCESSFUL TACKLE")]
    assert labels(state(ball, [2] * 8 + [0] * 2 + [5] * 10)) == []
    assert labels(state(ball, [2] * 8 + [0] * 2 + [14] * 10, mode=5)) == []


def test_a_block_turns_an_opponents_kick() -> None:
    ball = [(float(min(i, 14)), 2.0 * max(i - 14, 0), 0.1) for i in range(25)]
    touched = [2] * 6 + [0] * 8 + [14] * 2 + [0] * 9
    assert labels(state(ball, touched), kick=5) == [(14, "BALL PLAYER BLOCK")]
    assert labels(state(ball, [2] * 6 + [0] * 8 + [14] * 11), kick=5) == []
    straight = [(float(i), 0.0, 0.1) for i in range(25)]
    assert labels(state(straight, touched), kick=5) == []
