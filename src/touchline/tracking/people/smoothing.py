"""Smoothing of a finished tracklet's boxes over time, with the camera's own motion removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.camera_carry import Camera
from touchline.tracking.camera_motion import Motion
from touchline.tracking.people.tracklets import Tracklet

DEFAULT_REACH_S = 0.3


def smooth(
    tracklet: Tracklet, *, motions: Sequence[Motion | None] | None, fps: float, reach_s: float = DEFAULT_REACH_S
) -> Tracklet:
    """Smooth a tracklet by local straight lines fitted to neighbouring boxes.

    Feet are fitted on the ground, widths and heights separately; nearer and more confident neighbours weigh more.

    Args:
        tracklet: of one shot; filled-in boxes have half the weight.
        motions: the camera's motion, one per sampled frame of the shot; None for a fixed camera.
        fps: sampled frames per second.
        reach_s: neighbours at this distance or farther have no weight.

    """
    reach = int(reach_s * fps)
    if reach < 1 or len(tracklet) < 3:
        return tracklet
    camera = Camera(motions, count=tracklet.end + 1)
    boxes = tracklet.boxes_xyxy.astype(np.float64)
    foot = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    values = np.concatenate([foot, boxes[:, 2:] - boxes[:, :2]], axis=1)
    sure = np.where(tracklet.observed, 1.0, 0.5) * np.maximum(tracklet.confidence, 0.05)
    fitted = _fit(values, tracklet.index, sure, camera, reach)
    half, feet, height = fitted[:, 2] / 2, fitted[:, 1], fitted[:, 3]
    smoothed = np.stack([fitted[:, 0] - half, feet - height, fitted[:, 0] + half, feet], axis=1)
    return replace(tracklet, boxes_xyxy=smoothed.astype(np.float32))


def _fit(values: Floats64, index: npt.NDArray[np.int64], sure: Floats64, camera: Camera, reach: int) -> Floats64:
    """Fit weighted local lines to values (n, 4), foot x and y, width, height, and evaluate them at each frame."""
    count = len(values)
    zero, one, two = np.zeros(count), np.zeros(count), np.zeros(count)
    total, slope = np.zeros((count, 4)), np.zeros((count, 4))
    here = np.arange(count)
    for offset in range(-reach, reach + 1):
        there = np.clip(here + offset, 0, count - 1)
        steps = (index[there] - index).astype(np.float64)
        weight = np.where((there == here + offset) & (np.abs(steps) <= reach), sure[there], 0.0)
        weight *= (1 - (steps / (reach + 1)) ** 2).clip(0) ** 2
        seen = values[there].copy()
        if offset:
            seen[:, :2] = camera.carry(seen[:, :2], start=index[there], end=index)
        zero, one, two = zero + weight, one + weight * steps, two + weight * steps**2
        total += weight[:, None] * seen
        slope += (weight * steps)[:, None] * seen
    spread = zero * two - one**2
    line = (two[:, None] * total - one[:, None] * slope) / np.maximum(spread, 1e-9)[:, None]
    return np.asarray(np.where(spread[:, None] > 1e-6, line, values))
