"""Movements of players from their positions in metres: standing, walking, running, sprinting; no network."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from touchline.core.actions import MOVEMENT_SOURCE, MOVEMENTS, Action
from touchline.core.geometry.kinematics import BANDS_MPS, LONGEST_STEP_S, speeds_mps
from touchline.core.tracks import Track

STARTS_MPS = tuple(BANDS_MPS[name] for name in MOVEMENTS)
"""Lowest speed of each of ``MOVEMENTS``, metres per second; running at high speed is running."""

MARGIN_MPS = (0.0, 0.1, 0.2, 0.3)
"""Hysteresis in m/s: how far a speed must pass a movement's limit to change it, by the faster movement."""

MIN_S = 0.2
"""Shortest movement, seconds; a shorter one is merged into the one before it."""


def movements_of(track: Track) -> list[Action]:
    """Return a person's movements as non-overlapping spans; none where positions or speeds are unknown.

    The confidence is the share of the span in which the speed lies clearly within the movement's limits.
    """
    if track.positions_m is None or len(track) < 2:
        return []
    speeds = speeds_mps(track.times_us, track.positions_m)
    bands = _with_hysteresis(speeds)
    actions: list[Action] = []
    for first, last in _stretches(bands, track.times_us):
        spans = _merge_short(bands, first=first, last=last, times_us=track.times_us)
        actions += [_action(track, speeds, start, end, band) for start, end, band in spans]
    return [action for action in actions if action is not None]


def _with_hysteresis(speeds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the movement's index at each moment, -1 where the speed is unknown."""
    bands = np.full(len(speeds), -1, np.int64)
    now = -1
    for i, speed in enumerate(speeds):
        if not np.isfinite(speed):
            now = -1
            continue
        if now < 0:
            now = int(np.searchsorted(STARTS_MPS, speed, side="right")) - 1
        while now + 1 < len(STARTS_MPS) and speed > STARTS_MPS[now + 1] + MARGIN_MPS[now + 1]:
            now += 1
        while now > 0 and speed < STARTS_MPS[now] - MARGIN_MPS[now]:
            now -= 1
        bands[i] = now
    return bands


def _stretches(bands: npt.NDArray[np.int64], times_us: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return spans [first, last) of moments in which the movement is known and time has no gaps."""
    known = bands >= 0
    apart = np.diff(times_us) > LONGEST_STEP_S * 1e6
    breaks = np.flatnonzero((known[1:] != known[:-1]) | apart) + 1
    edges = [0, *breaks.tolist(), len(bands)]
    return [(a, b) for a, b in itertools.pairwise(edges) if b - a >= 2 and known[a]]


def _merge_short(
    bands: npt.NDArray[np.int64], *, first: int, last: int, times_us: npt.NDArray[np.int64]
) -> list[tuple[int, int, int]]:
    """Return spans (first, last, movement) of a stretch; those under ``MIN_S`` join the one before or after."""
    changes = (np.flatnonzero(np.diff(bands[first:last])) + first + 1).tolist()
    edges = [first, *changes, last]
    spans: list[tuple[int, int, int]] = []
    for start, end in itertools.pairwise(edges):
        band = int(bands[start])
        end_us = times_us[min(end, last - 1)]
        short = end_us - times_us[start] < MIN_S * 1e6
        if spans and (short or spans[-1][2] == band):
            spans[-1] = (spans[-1][0], end, spans[-1][2])
        elif spans and times_us[min(spans[-1][1], last - 1)] - times_us[spans[-1][0]] < MIN_S * 1e6:
            spans[-1] = (spans[-1][0], end, band)
        else:
            spans.append((start, end, band))
    return spans


def _action(track: Track, speeds: npt.NDArray[np.float64], start: int, end: int, band: int) -> Action:
    start_us, end_us = int(track.times_us[start]), int(track.times_us[min(end, len(track) - 1)])
    if end >= len(track):
        end_us = int(track.times_us[-1]) + 1
    inside = speeds[start:end]
    low = STARTS_MPS[band] + (MARGIN_MPS[band] if band else 0.0)
    high = STARTS_MPS[band + 1] - MARGIN_MPS[band + 1] if band + 1 < len(STARTS_MPS) else np.inf
    clear = float(np.mean((inside >= low) & (inside <= high)))
    return Action(track.track_id, MOVEMENTS[band], start_us, max(end_us, start_us + 1), clear, MOVEMENT_SOURCE)
