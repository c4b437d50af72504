"""Smoothing of a finished tracklet's boxes over time, with the camera's own motion removed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.camera_carry import Camera, Motions
from touchline.tracking.people.tracklets import Tracklet

FEET_REACH_S = 0.2
SIZE_REACH_S = 1.0
"""People turn within a fifth of a second, but their size in the picture changes only as they and the camera move."""


def smooth(
    tracklet: Tracklet,
    *,
    motions: Motions,
    fps: float,
    reach_s: float = FEET_REACH_S,
    size_reach_s: float = SIZE_REACH_S,
) -> Tracklet:
    """Smooth a tracklet by local straight lines fitted to neighbouring boxes.

    Feet are fitted on the ground, heights and widths on their own over more neighbours; nearer and more confident
    neighbours weigh more.

    Args:
        tracklet: of one shot; filled-in boxes have half the weight.
        motions: the camera's motion, one per sampled frame of the shot; None for a fixed camera.
        fps: sampled frames per second.
        reach_s: neighbours of a foot at this distance or farther have no weight.
        size_reach_s: the same for the size.

    """
    if len(tracklet) < 3:
        return tracklet
    camera = Camera.of(motions, count=tracklet.end + 1)
    boxes = tracklet.boxes_xyxy.astype(np.float64)
    foot = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    size = np.log(np.maximum(boxes[:, 2:] - boxes[:, :2], 0.5))
    sure = np.where(tracklet.observed, 1.0, 0.5) * np.maximum(tracklet.confidence, 0.05)
    foot = _fit(foot, tracklet.index, sure, camera, int(reach_s * fps))
    still = Camera(None, count=0)
    width, height = np.exp(_fit(size, tracklet.index, sure, still, int(size_reach_s * fps))).T
    half, feet = width / 2, foot[:, 1]
    smoothed = np.stack([foot[:, 0] - half, feet - height, foot[:, 0] + half, feet], axis=1)
    return replace(tracklet, boxes_xyxy=smoothed.astype(np.float32))


def _fit(values: Floats64, index: npt.NDArray[np.int64], sure: Floats64, camera: Camera, reach: int) -> Floats64:
    """Fit weighted local lines to points (n, 2) that the camera moves, and evaluate them at each frame."""
    if reach < 1:
        return values
    count = len(values)
    zero, one, two = np.zeros(count), np.zeros(count), np.zeros(count)
    total, slope = np.zeros((count, 2)), np.zeros((count, 2))
    here = np.arange(count)
    for offset in range(-reach, reach + 1):
        there = np.clip(here + offset, 0, count - 1)
        steps = (index[there] - index).astype(np.float64)
        weight = np.where((there == here + offset) & (np.abs(steps) <= reach), sure[there], 0.0)
        weight *= (1 - (steps / (reach + 1)) ** 2).clip(0) ** 2
        seen = values[there]
        if offset:
            seen = camera.carry(seen, start=index[there], end=index)
        zero, one, two = zero + weight, one + weight * steps, two + weight * steps**2
        total += weight[:, None] * seen
        slope += (weight * steps)[:, None] * seen
    spread = zero * two - one**2
    line = (two[:, None] * total - one[:, None] * slope) / np.maximum(spread, 1e-9)[:, None]
    return np.asarray(np.where(spread[:, None] > 1e-6, line, values))
