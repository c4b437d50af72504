"""Kinds of passes and of won balls, derived from the exact state of a simulated match.

The simulator's labels know passes, carries, shots and restarts. What a pass is besides is in the ball's path: a header
is played above the chest, a high pass rises over everybody's head, a cross goes from the wing into the penalty area. A
block is a touch too short for control that turns an opponent's kick; a tackle takes the ball from an opponent who had
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.core.geometry.pitch import PENALTY_AREA_DEPTH_M, PENALTY_AREA_HALF_M

HEADER_M = 1.3
"""Least height of the ball at a header, metres."""
HIGH_M = 2.6
"""Least height of the highest point of a high pass, metres."""
WING_M = 35.0
"""A cross starts within this distance of the goal line, beside the penalty area."""
BLOCK_S, BLOCK_WITHIN_S, BLOCK_DEG = 0.4, 1.2, 45.0
TACKLE_WITHIN_S, TACKLE_HELD_S = 0.4, 0.24
_GOAL_LINE_M = 54.4
_SECOND_TEAM = 12
_CLOSE_FRAMES = 3


@dataclass(frozen=True, slots=True)
class PlayLabel:
    """A true event of play: its time in microseconds and its label."""

    time_us: int
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class MatchState:
    """The state of a simulated match, one row for each of n frames.

    Attributes:
        fps: frames per second.
        ball_m: float64 (n, 3), metres; the first team attacks towards positive x.
        owner: int64 (n,), the player on the ball: 1 to 11 of the first team, 12 to 22 of the second, 0 for nobody.
        mode: int64 (n,), 0 while the ball is in play.

    """

    fps: float
    ball_m: Floats64
    owner: Indices
    mode: Indices


@dataclass(frozen=True, slots=True)
class _Spell:
    """A player's spell on the ball: its first and last frame."""

    first: int
    last: int
    player: int

    @property
    def team(self) -> int:
        """0 for the first team, 1 for the second."""
        return int(self.player >= _SECOND_TEAM)


def kinds_of_play(state: MatchState, labels: Sequence[PlayLabel]) -> tuple[PlayLabel, ...]:
    """Return the further labels of a match: kinds of its passes, blocks and tackles."""
    spells = _spells(state.owner)
    kicked = {round(event.time_us * state.fps / US_PER_S): event.label for event in labels}
    found: list[PlayLabel] = []
    for spell, following in zip(spells, [*spells[1:], None], strict=True):
        if kicked.get(spell.last) == "PASS" and following is not None:
            found += [_at(state, spell.last, label) for label in _pass_kinds(state, spell, following)]
        if following is not None:
            found += [_at(state, frame, label) for frame, label in _wins(state, spell, following, kicked=kicked)]
    return tuple(found)


def _at(state: MatchState, frame: int, label: str) -> PlayLabel:
    return PlayLabel(round(frame * US_PER_S / state.fps), label)


def _spells(owner: Indices) -> list[_Spell]:
    """Return the spells on the ball; interruptions of up to two frames are closed."""
    spells: list[_Spell] = []
    for frame in np.flatnonzero(owner).tolist():
        player = int(owner[frame])
        if spells and spells[-1].player == player and frame - spells[-1].last <= _CLOSE_FRAMES:
            spells[-1] = _Spell(spells[-1].first, frame, player)
        else:
            spells.append(_Spell(frame, frame, player))
    return spells


def _pass_kinds(state: MatchState, spell: _Spell, following: _Spell) -> Iterator[str]:
    start, end = state.ball_m[spell.last], state.ball_m[following.first]
    if start[2] >= HEADER_M:
        yield "HEADER"
    if state.ball_m[spell.last : following.first + 1, 2].max() >= HIGH_M:
        yield "HIGH PASS"
    side = 1.0 if spell.team == 0 else -1.0
    from_line, target = _GOAL_LINE_M - side * start[0], _GOAL_LINE_M - side * end[0]
    wide = abs(start[1]) > PENALTY_AREA_HALF_M and from_line <= WING_M
    if wide and target <= PENALTY_AREA_DEPTH_M and abs(end[1]) <= PENALTY_AREA_HALF_M:
        yield "CROSS"


def _wins(state: MatchState, spell: _Spell, following: _Spell, *, kicked: dict[int, str]) -> Iterator[tuple[int, str]]:
    """Yield frame and label of a ball that the other team wins right after a spell."""
    if following.team == spell.team or (state.mode[spell.last : following.first + 1] != 0).any():
        return
    wait_s = (following.first - spell.last) / state.fps
    if kicked.get(spell.last) in ("PASS", "SHOT"):
        short = (following.last - following.first) / state.fps <= BLOCK_S
        if short and wait_s <= BLOCK_WITHIN_S and _turn_deg(state, following) >= BLOCK_DEG:
            yield following.first, "BALL PLAYER BLOCK"
    elif wait_s <= TACKLE_WITHIN_S and (spell.last - spell.first) / state.fps >= TACKLE_HELD_S:
        yield following.first, "PLAYER SUCCESSFUL TACKLE"


def _turn_deg(state: MatchState, spell: _Spell) -> float:
    """Return by how much the ball's direction changes over a spell, degrees."""
    before = state.ball_m[spell.first, :2] - state.ball_m[max(spell.first - 2, 0), :2]
    after = state.ball_m[min(spell.last + 2, len(state.ball_m) - 1), :2] - state.ball_m[spell.last, :2]
    lengths = float(np.linalg.norm(before) * np.linalg.norm(after))
    return float(np.degrees(np.arccos(np.clip(before @ after / lengths, -1, 1)))) if lengths > 0 else 0.0
