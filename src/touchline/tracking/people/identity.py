"""How sure it is that a track shows one person throughout: the risk that it slipped to somebody else on the way.

Every second behind another box, every gap that was bridged, and every second at all carries a risk; a change of
clothing from one half of the track to the other is evidence that it happened. The rates were fitted on simulated
matches 011 and 012 with the built-in detector (``benchmarks/reliability.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchline.core.arrays import Floats64
from touchline.tracking.people.crossings import clearness
from touchline.tracking.people.tracklets import Tracklet

RISKS = ("covered seconds", "bridged gaps", "bridged seconds", "seconds", "change of clothing")
RATES = np.array([0.018, 0.013, 0.209, 0.017, 0.276])
"""Hazard of each of :data:`RISKS`."""

_LEAST_GAP_S = 0.5
_USUAL_CHANGE = 0.35
"""Distance of the clothing of two halves of a track that is quite usual for one person."""
_LEAST_HALF = 4


def identity_confidences(tracklets: Sequence[Tracklet], *, fps: float) -> list[float]:
    """Return for each tracklet of a shot, 0 to 1, how sure it is that it shows one person throughout."""
    return [float(value) for value in np.exp(-risks_of(tracklets, fps=fps) @ RATES)]


def risks_of(tracklets: Sequence[Tracklet], *, fps: float) -> Floats64:
    """Return the amount of each of :data:`RISKS` in each tracklet of a shot, float64 (n, 5)."""
    rows = []
    for tracklet, clear in zip(tracklets, clearness(tracklets), strict=True):
        seen = tracklet.index[tracklet.observed]
        gaps = np.diff(seen)[np.diff(seen) > _LEAST_GAP_S * fps] / fps
        covered = float((clear < 1).sum()) / fps
        rows.append([covered, len(gaps), float(gaps.sum()), len(tracklet) / fps, _change(tracklet, clear)])
    return np.array(rows, np.float64).reshape(-1, len(RISKS))


def _change(tracklet: Tracklet, clear: Floats64) -> float:
    """Return how much farther than usual the clothing of the second half is from that of the first."""
    if tracklet.appearance is None:
        return 0.0
    looks = tracklet.appearance[(clear == 1) & np.isfinite(tracklet.appearance).all(axis=1)].astype(np.float64)
    half = len(looks) // 2
    if half < _LEAST_HALF:
        return 0.0
    apart = float(np.linalg.norm(looks[:half].mean(axis=0) - looks[half:].mean(axis=0)))
    return max(0.0, apart / _USUAL_CHANGE - 1)
