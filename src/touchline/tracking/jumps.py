"""Jumps of the picture inside a shot: most people are elsewhere from one frame to the next while the look stays.

An edited video that skips some seconds of the same camera, or a restarted simulation, has no cut that pictures show.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.tracks import BALL
from touchline.tracking.camera_carry import Camera
from touchline.tracking.observations import Observation

_LEAST_PEOPLE = 6
_LEAST_INSIDE = 4
_NEAR = 0.7
_STAYED = 0.3
_USUAL = 0.6
_MEMORY = 6

Size = tuple[int, int]


def find_jumps(observations: Sequence[Observation], *, sure: float, size: Size) -> list[int]:
    """Return the numbers of the observations of one shot at which most people are suddenly elsewhere, and stay so.

    Args:
        observations: the shot's sampled frames in order.
        sure: confidence above which a person counts.
        size: width and height of the frames, pixels.

    """
    count = len(observations)
    shares = [_stayed(observations, i, i + 1, sure=sure, size=size) for i in range(count - 1)]
    jumps: list[int] = []
    for number, share in enumerate(shares, start=1):
        if share is None or share >= _STAYED or (jumps and number - jumps[-1] <= _MEMORY):
            continue
        before = [known for known in shares[max(0, number - 1 - _MEMORY) : number - 1] if known is not None]
        if len(before) < 2 or float(np.median(before)) <= _USUAL:
            continue
        later = _stayed(observations, number - 1, min(number + 1, count - 1), sure=sure, size=size)
        if later is None or later < _STAYED:
            jumps.append(number)
    return jumps


def _stayed(observations: Sequence[Observation], start: int, end: int, *, sure: float, size: Size) -> float | None:
    """Return the share of people who are about where they were, camera motion removed; None if there are too few.

    People whom the camera's motion takes out of the picture do not count.
    """
    old, new = _people(observations[start], sure), _people(observations[end], sure)
    if len(old) < _LEAST_PEOPLE or observations[start].frame == observations[end].frame:
        return None
    between = observations[start : end + 1]
    feet, now = _feet(old), _feet(new)
    carried = Camera([seen.motion for seen in between], count=len(between)).carry(feet, start=0, end=len(between) - 1)
    inside = ((carried > 0) & (carried < size)).all(axis=1)
    if int(inside.sum()) < _LEAST_INSIDE:
        return None
    if not len(now):
        return 0.0
    height = (old[:, 3] - old[:, 1])[:, None]
    nearest = [np.linalg.norm(places[:, None] - now[None], axis=2) / height for places in (feet, carried)]
    return max(float((apart.min(axis=1) < _NEAR)[inside].mean()) for apart in nearest)


def _people(observation: Observation, sure: float) -> npt.NDArray[np.float64]:
    detections = observation.detections
    return detections.boxes_xyxy[(detections.classes != BALL) & (detections.confidence >= sure)].astype(np.float64)


def _feet(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
