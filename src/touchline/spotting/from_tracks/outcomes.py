"""What became of a ball that was played: who received it, where, and whether the own team kept it."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from touchline.core.clock import US_PER_S
from touchline.core.tracks import Shot
from touchline.spotting.from_tracks.contacts import Contact
from touchline.spotting.from_tracks.nearby import between

Outcome = Literal["complete", "intercepted", "out", "unknown"]

PASS_LIKE = frozenset(
    {"PASS", "HIGH PASS", "CROSS", "HEADER", "THROW IN", "CORNER", "GOAL KICK", "FREE KICK", "KICK OFF"}
)
"""Labels of events that play the ball to somebody, and so have an outcome."""

LONGEST_S = 8.0
"""Longest time from playing the ball until somebody else has it; after that nobody knows who it was meant for."""


@dataclass(frozen=True, slots=True)
class Following:
    """What became of a ball that was played.

    Attributes:
        outcome: ``"complete"`` if a team mate was next on the ball, ``"intercepted"`` if an opponent was, ``"out"`` if
            the ball left the pitch first, ``"unknown"`` if nobody was seen on it or a team is not known.
        receiver: track id of who was next on the ball; None if nobody was.
        to_m: where the ball went, metres from the centre spot; None if unknown.
        length_m: distance from where it was played, metres; None if unknown.

    """

    outcome: Outcome
    receiver: int | None = None
    to_m: tuple[float, float] | None = None
    length_m: float | None = None


def following(
    played: Contact,
    contacts: Sequence[Contact],
    *,
    shots: Sequence[Shot],
    outs: Sequence[tuple[int, tuple[float, float] | None]] = (),
) -> Following:
    """Return what became of the ball after a contact that plays it.

    Args:
        played: the contact.
        contacts: all contacts, in order of time.
        shots: camera shots; nothing is known across a cut.
        outs: times in microseconds at which the ball left the pitch, each with the place in metres or None.

    """
    until_us = _known_until(played.time_us, shots)
    later = between(contacts, played.time_us + 1, until_us - 1)
    received = next((one for one in later if one.track_id not in (None, played.track_id)), None)
    latest_us = until_us if received is None else received.time_us
    out = next((one for one in outs if played.time_us < one[0] <= latest_us), None)
    if out is not None:
        return Following("out", None, out[1], _length(played.place_m, out[1]))
    if received is None:
        return Following("unknown")
    length_m = _length(played.place_m, received.place_m)
    return Following(_outcome(played.team, received.team), received.track_id, received.place_m, length_m)


def _known_until(time_us: int, shots: Sequence[Shot]) -> int:
    """Return the time until which the ball of a moment can be followed."""
    until_us = time_us + round(LONGEST_S * US_PER_S)
    number = bisect.bisect_right(shots, time_us, key=lambda shot: shot.start_us) - 1
    return min(until_us, shots[number].end_us) if number >= 0 and time_us < shots[number].end_us else until_us


def _outcome(mine: str | None, theirs: str | None) -> Outcome:
    if mine is None or theirs is None:
        return "unknown"
    return "complete" if mine == theirs else "intercepted"


def _length(start: tuple[float, float] | None, end: tuple[float, float] | None) -> float | None:
    return None if start is None or end is None else math.dist(start, end)
