"""Which events follow which: the likeliest chain of candidates in which every event may follow the one before it.

A candidate says what happens, when, and with whom. A chain says who has the ball after each of its events, or that the
ball is out of play. A Viterbi search finds the chain with the largest sum of log odds over the candidates it keeps; its
transitions are sparse, because only few candidates lie between two events of a chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.geometry.pitch import GOAL_AREA_DEPTH_M, GOAL_AREA_HALF_M
from touchline.spotting.from_tracks.labels import KICKS, RESTARTS, STOPS

Place = tuple[float, float]

_MOST_SKIPPED = 40
_SURE, _NEVER = 0.999, 0.001


@dataclass(frozen=True, slots=True)
class DecoderSettings:
    """Settings of the decoder.

    Attributes:
        again_s: least time between two kicks of one person.
        carry_s: least time between two carries of one person with nothing between.
        one_touch_s: least time between a carry and a kick of one person; what is closer is one touch with two names.
        apart_s: least time between any two events of a chain.
        restart_s: least time between the ball going out and the restart.
        unseen_s: least time between play and a restart where the ball was not seen to go out.
        corner_m, touch_m, centre_m, goal_area_m: how near to the corner, the touchline, the centre spot and the goal
            area a restart of that kind is taken, with the error of places allowed for.

    """

    again_s: float = 0.8
    carry_s: float = 2.0
    one_touch_s: float = 0.3
    apart_s: float = 0.12
    restart_s: float = 0.4
    unseen_s: float = 2.0
    corner_m: float = 3.0
    touch_m: float = 2.0
    centre_m: float = 3.0
    goal_area_m: float = 1.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that may have happened.

    Attributes:
        label: what.
        time_us: when, microseconds.
        confidence: 0 to 1.
        threshold: confidence from which on it is likelier right than wrong to claim it.
        who: id of the person's track; None if unknown.
        frame: index of the frame in its scene.

    """

    label: str
    time_us: int
    confidence: float
    threshold: float
    who: int | None = None
    frame: int = 0

    @property
    def gain(self) -> float:
        """By how much keeping it improves a chain: its log odds, over those of the threshold."""
        return _logit(self.confidence) - _logit(self.threshold)


class Named(Protocol):
    """Anything with a label, a time, and a person."""

    @property
    def label(self) -> str:
        """What."""

    @property
    def time_us(self) -> int:
        """When, microseconds."""

    @property
    def who(self) -> int | None:
        """Id of the person's track; None if unknown."""


def decode(candidates: Sequence[Candidate], *, settings: DecoderSettings | None = None) -> tuple[Candidate, ...]:
    """Return the best chain of candidates, in order of time."""
    chosen = settings or DecoderSettings()
    ordered = sorted(candidates, key=lambda one: (one.time_us, one.label))
    best, before = np.zeros(len(ordered)), np.full(len(ordered), -1, np.int64)
    for i, following in enumerate(ordered):
        best[i] = following.gain
        for j in range(max(0, i - _MOST_SKIPPED), i):
            value = best[j] + following.gain
            if value > best[i] and may_follow(ordered[j], following, settings=chosen):
                best[i], before[i] = value, j
    return tuple(ordered[i] for i in _chain(best, before))


def may_follow(former: Candidate, following: Candidate, *, settings: DecoderSettings | None = None) -> bool:
    """Return whether one event may be the next one after another."""
    chosen = settings or DecoderSettings()
    passed_s = (following.time_us - former.time_us) / US_PER_S
    if passed_s < chosen.apart_s:
        return False
    if former.label in STOPS:
        return following.label in _restarts_after(former.label) and passed_s >= chosen.restart_s
    if following.label in RESTARTS:
        return passed_s >= chosen.unseen_s
    if one_touch(former, following, settings=chosen):
        return False
    if former.who is None or former.who != following.who:
        return True
    if former.label in KICKS and following.label in KICKS:
        return passed_s >= chosen.again_s
    return not (former.label == following.label == "DRIVE") or passed_s >= chosen.carry_s


def one_touch(former: Named, following: Named, *, settings: DecoderSettings | None = None) -> bool:
    """Return whether a carry and a kick are one touch of the ball with two names: only one of them is true."""
    chosen = settings or DecoderSettings()
    names = {former.label, following.label}
    different = None not in (former.who, following.who) and former.who != following.who
    carry_and_kick = "DRIVE" in names and not names.isdisjoint(KICKS)
    apart_us = abs(following.time_us - former.time_us)
    return carry_and_kick and not different and apart_us < chosen.one_touch_s * US_PER_S


def restart_at(place_m: Place, *, pitch_m: tuple[float, float], settings: DecoderSettings | None = None) -> str:
    """Return the restart that is taken at a place of the pitch, metres from the centre spot."""
    chosen = settings or DecoderSettings()
    x, y = abs(place_m[0]), abs(place_m[1])
    length, width = pitch_m[0] / 2, pitch_m[1] / 2
    if np.hypot(x - length, y - width) <= chosen.corner_m:
        return "CORNER"
    if y >= width - chosen.touch_m:
        return "THROW IN"
    if x >= length - GOAL_AREA_DEPTH_M - chosen.goal_area_m and y <= GOAL_AREA_HALF_M + chosen.goal_area_m:
        return "GOAL KICK"
    return "KICK OFF" if np.hypot(x, y) <= chosen.centre_m else "FREE KICK"


def _restarts_after(stop: str) -> tuple[str, ...]:
    return ("KICK OFF",) if stop == "GOAL" else ("GOAL KICK", "CORNER", "THROW IN", "FREE KICK")


def _chain(best: np.ndarray, before: np.ndarray) -> list[int]:
    """Return the best chain's indices; empty if no chain is better than none."""
    if len(best) == 0 or best.max() <= 0:
        return []
    chain = [int(best.argmax())]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return chain[::-1]


def _logit(share: float) -> float:
    kept = min(max(share, _NEVER), _SURE)
    return float(np.log(kept / (1 - kept)))
