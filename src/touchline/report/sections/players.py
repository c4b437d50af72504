"""What the report's table says of each player: distance, top speed, sprints, and the time spent at each pace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchline.core.kinematics import BANDS_MPS, Movement, movement
from touchline.core.tracks import Track

MAX_PLAYERS = 300
"""Players whose movement is worked out; of more, those seen longest."""

_LEAST_S = 1.0
"""A movement known for less than this is not worth a number."""


def bands() -> list[list[object]]:
    """Each band of pace: its name and the speed in m/s it begins with."""
    return [[name, round(from_mps, 3)] for name, from_mps in BANDS_MPS.items()]


def movements_of(tracks: Sequence[Track]) -> dict[int, list[object]]:
    """How players moved, by ``track_id``, as the page stores it: see :func:`_row`."""
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
    """Metres, top speed in m/s, sprints, seconds known, seconds in each band."""
    seconds = [round(seconds, 1) for seconds in moved.band_s.values()]
    return [
        round(moved.distance_m, 1),
        round(moved.top_speed_mps, 2),
        int(moved.sprints),
        round(moved.known_s, 1),
        seconds,
    ]
