"""Where the tracks of a video are at any time, also between two of their boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S
from touchline.core.tracks import Track, Tracks

MAX_GAP_US = US_PER_S // 2
"""Longest time between two boxes of a track over which a box is interpolated and drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The state of one track at one time.

    Attributes:
        track: the track.
        box_xyxy: float64 (4,), pixels.
        observed: whether the box was detected rather than interpolated.
        position_m: float64 (2,) on the pitch, metres; None if unknown.

    """

    track: Track
    box_xyxy: npt.NDArray[np.float64]
    observed: bool
    position_m: npt.NDArray[np.float64] | None


class Moments:
    """A lookup of the tracks at a given time, in any order of times."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks.tracks
        self._start_us = np.array([track.times_us[0] for track in tracks], np.int64)
        self._end_us = np.array([track.times_us[-1] for track in tracks], np.int64)

    def at(self, time_us: int) -> list[Sight]:
        """Return the tracks visible at a time, by ``track_id``; boxes in between are interpolated."""
        there = np.flatnonzero((self._start_us <= time_us) & (time_us <= self._end_us))
        sights = (sight_of(self._tracks[i], time_us) for i in there)
        return [sight for sight in sights if sight is not None]


def sight_of(track: Track, time_us: int) -> Sight | None:
    """Return a track's state at a time, linear between its boxes; None outside it and in gaps over ``MAX_GAP_US``."""
    after = int(np.searchsorted(track.times_us, time_us))
    if after == len(track) or (after == 0 and track.times_us[0] != time_us):
        return None
    if track.times_us[after] == time_us:
        position = None if track.positions_m is None else track.positions_m[after].astype(np.float64)
        box_xyxy = track.boxes_xyxy[after].astype(np.float64)
        return Sight(track, box_xyxy, bool(track.observed[after]), _known(position))
    gap_us = int(track.times_us[after] - track.times_us[after - 1])
    if gap_us > MAX_GAP_US:
        return None
    share = (time_us - int(track.times_us[after - 1])) / gap_us
    weights = np.array([1.0 - share, share])
    position = None if track.positions_m is None else weights @ track.positions_m[after - 1 : after + 1]
    box_xyxy = weights @ track.boxes_xyxy[after - 1 : after + 1]
    return Sight(track, box_xyxy, bool(track.observed[after - 1 : after + 1].all()), _known(position))


def _known(position: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    return position if position is not None and bool(np.isfinite(position).all()) else None
