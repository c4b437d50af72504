"""Jumps of the picture inside a shot: most people are elsewhere from one frame to the next while the look stays.

An edited video that skips some seconds of the same camera, or a restarted simulation, has no cut that pictures show.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from touchline.core.tracks import BALL
from touchline.tracking.camera_carry import Camera
from touchline.tracking.observations import Observation

_LEAST_PEOPLE = 6
_NEAR = 0.7
_STAYED = 0.3
_USUAL = 0.6
_MEMORY = 6


def find_jumps(observations: Sequence[Observation], *, sure: float) -> list[int]:
    """Return the numbers of the observations of one shot at which most people are suddenly elsewhere.

    Args:
        observations: the shot's sampled frames in order.
        sure: confidence above which a person counts.

    """
    shares = [_stayed(a, b, sure=sure) for a, b in pairwise(observations)]
    jumps = []
    for number, share in enumerate(shares, start=1):
        around = [s for s in (*shares[max(0, number - 1 - _MEMORY) : number - 1], *shares[number : number + _MEMORY])]
        known = [s for s in around if s is not None]
        if share is not None and share < _STAYED and len(known) >= 2 and float(np.median(known)) > _USUAL:
            jumps.append(number)
    return jumps


def _stayed(before: Observation, after: Observation, *, sure: float) -> float | None:
    """Return the share of people who are about where they were, camera motion removed; None if there are too few."""
    old, new = _people(before, sure), _people(after, sure)
    if min(len(old), len(new)) < _LEAST_PEOPLE or before.frame == after.frame:
        return None
    feet, now = _feet(old), _feet(new)
    carried = Camera([before.motion, after.motion], count=2).carry(feet, start=0, end=1)
    height = (old[:, 3] - old[:, 1])[:, None]
    nearest = [np.linalg.norm(places[:, None] - now[None], axis=2) / height for places in (feet, carried)]
    return max(float((apart.min(axis=1) < _NEAR).mean()) for apart in nearest)


def _people(observation: Observation, sure: float) -> npt.NDArray[np.float64]:
    detections = observation.detections
    return detections.boxes_xyxy[(detections.classes != BALL) & (detections.confidence >= sure)].astype(np.float64)


def _feet(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
