"""Frames that no network looked at: only the camera's motion is known of them, and what is between is carried over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from touchline.tracking.camera_carry import Motions
from touchline.tracking.camera_motion import Motion
from touchline.tracking.observations import Observation
from touchline.tracking.people.tracklet_linking import fill
from touchline.tracking.people.tracklets import Tracklet


def looked_at(observations: Sequence[Observation]) -> tuple[npt.NDArray[np.int64], list[Observation]]:
    """Return the indices of the frames that were looked at, and their observations.

    The motion of each is the camera's motion since the previous one of these.
    """
    index, kept = [], []
    before: Motion | None = None
    for number, observation in enumerate(observations):
        before = observation.motion if before is None else _both(before, observation.motion)
        if observation.looked:
            index.append(number)
            kept.append(observation if before is observation.motion else replace(observation, motion=before))
            before = None
    return np.array(index, np.int64), kept


def _both(first: Motion, second: Motion) -> Motion:
    """Return the motion of two frames together; it is as good as the worse of the two."""
    return Motion(second.matrix @ first.matrix, min(first.quality, second.quality))


def held(observations: Sequence[Observation]) -> list[Observation]:
    """Return the observations, those of frames that were skipped with the detections of the last that was not."""
    found: list[Observation] = []
    for observation in observations:
        known = observation.looked or not found
        found.append(observation if known else replace(observation, detections=found[-1].detections))
    return found


def over_skipped(tracklet: Tracklet, index: npt.NDArray[np.int64], *, motions: Motions, fps: float) -> Tracklet:
    """Return a tracklet of frames that were looked at as one of all frames, those between filled in.

    Args:
        tracklet: its indices count the frames that were looked at; without gaps.
        index: the indices of these among all frames.
        motions: the camera's motion into each of all frames.
        fps: frames per second, of all.

    """
    placed = replace(tracklet, index=index[tracklet.index])
    filled = fill(placed, motions=motions, fps=fps)
    confidence = np.interp(filled.index, placed.index, placed.confidence).astype(np.float32)
    return replace(filled, confidence=confidence)
