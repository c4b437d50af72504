"""What the report's table says of each player: distance, top speed, and the time spent at each pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchline.tracks import Track

MAX_PLAYERS = 300
"""Tracks in the table; of more, the longest are kept."""


@dataclass(frozen=True, slots=True)
class Movement:
    """How a player moved.

    Attributes:
        distance_m: the length of the way.
        top_speed_mps: the highest speed.
        band_s: seconds spent in each of :func:`movement_columns`.

    """

    distance_m: float
    top_speed_mps: float
    band_s: tuple[float, ...]


def movement_columns() -> list[list[object]]:
    """Each band of pace: its name and the speed in m/s it begins with."""
    return []


def movements_of(tracks: Sequence[Track]) -> dict[int, Movement]:
    """How players moved, by index into ``tracks``."""
    return {}
