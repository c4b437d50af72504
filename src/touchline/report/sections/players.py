"""The movement of each player in the report's table: distance, top speed, sprints, and time spent at each pace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchline.core.geometry.kinematics import BANDS_MPS, Movement, movement
from touchline.core.tracks import Track

MAX_PLAYERS = 300
"""Largest number of players whose movement is computed; of more, those tracked longest."""

_LEAST_S = 1.0
"""Seconds of known movement below which no numbers are given."""


def bands() -> list[list[object]]:
    """Return each band of pace: its name and its lowest speed in m/s."""
    return [[name, round(from_mps, 3)] for name, from_mps in BANDS_MPS.items()]


def movements_of(tracks: Sequence[Track]) -> dict[int, list[object]]:
    """Return the players' movement by ``track_id``, in the form stored in the page: see :func:`_row`."""
    placed = [track for track in tracks if track.label != "ball" and track.positions_m is not None]
    placed.sort(key=lambda track: int(track.times_us[0] - track.times_us[-1]))
    rows = {}
    for track in placed[:MAX_PLAYERS]:
        assert track.positions_m is not None
        if np.isfinite(track.positions_m).all(axis=1).sum() > 1:
            moved = movement(track.times_us, track.positions_m)
            if moved.known_s >= _LEAST_S:
                rows[track.track_id] = _row(moved)
    return rows


def _row(moved: Movement) -> list[object]:
    """Return distance in metres, top speed in m/s, sprints, seconds known, and seconds in each band."""
    seconds = [round(seconds, 1) for seconds in moved.band_s.values()]
    return [
        round(moved.distance_m, 1),
        round(moved.top_speed_mps, 2),
        int(moved.sprints),
        round(moved.known_s, 1),
        seconds,
    ]
