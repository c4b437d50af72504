"""Tracking of the ball: the best path through uncertain candidates, frame by frame, across short occlusions.

A detector with a low threshold reports several balls in a frame, and often misses the real one. Which candidate is the
ball is decided by how a ball moves over the ground, after compensation of the camera's motion. The confidence of a box
is the probability that the ball is there, given all observations of the shot.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.tracks import BALL, Detections
from touchline.tracking.ball.lattice import BallSettings, Candidates, Lattice, Way
from touchline.tracking.camera_motion import Motion
from touchline.tracking.people.tracklets import Tracklet

__all__ = ["BallSettings", "follow_ball"]


_HIDDEN_HALF_LIFE_S = 0.4


def follow_ball(
    detections: Sequence[Detections],
    times_us: npt.NDArray[np.int64],
    *,
    motions: Sequence[Motion | None] | None = None,
    width: int,
    height: int,
    settings: BallSettings | None = None,
) -> list[Tracklet]:
    """Track the ball through the sampled frames of one shot.

    Args:
        detections: of each frame, with low thresholds; only those of the ball are used.
        times_us: int64 (n,), presentation times of these frames.
        motions: the camera's motion into each frame; None for a fixed camera.
        width: frame width, pixels.
        height: frame height, pixels.
        settings: the model of the ball's motion.

    Returns:
        Tracklets that do not overlap in time, in order, ids from 1, with the gaps between their detections filled in.
        The confidence is the probability that the ball is there. Empty if no ball is found.

    """
    if len(detections) != len(times_us):
        raise ValueError(f"{len(detections)} detections and {len(times_us)} times_us; pass one of each per frame")
    if motions is not None and len(motions) != len(detections):
        raise ValueError(f"{len(motions)} motions and {len(detections)} detections; pass one of each per frame")
    chosen = settings or BallSettings()
    candidates = _collect(detections, width=width, most=chosen.candidates)
    if len(candidates) == 0:
        return []
    times_s = times_us.astype(np.float64) / 1e6
    moves = _moves(motions, len(detections), width=width)
    lattice = Lattice(candidates, times_s, moves=moves, aspect=height / width, settings=chosen)
    return [_tracklet(i, candidates, way, lattice, times_s, width) for i, way in enumerate(lattice.ways(), start=1)]


def _moves(motions: Sequence[Motion | None] | None, count: int, *, width: int) -> Floats64:
    """Return the camera's motion (n, 3, 3) into each frame, in frame widths."""
    moves = np.repeat(np.eye(3)[None], count, axis=0)
    scale = np.diag([width, width, 1.0])
    for i, motion in enumerate(motions or []):
        if i > 0 and motion is not None:
            moves[i] = np.linalg.inv(scale) @ motion.matrix @ scale
    return moves


def _collect(detections: Sequence[Detections], *, width: int, most: int) -> Candidates:
    index, rows, boxes, confidence = [], [], [], []
    for i, seen in enumerate(detections):
        mine = np.flatnonzero((seen.classes == BALL) & (seen.confidence > 0))
        mine = np.sort(mine[np.argsort(-seen.confidence[mine], kind="stable")[:most]])
        index.append(np.full(len(mine), i, np.int64))
        rows.append(mine.astype(np.int64))
        boxes.append(seen.boxes_xyxy[mine])
        confidence.append(seen.confidence[mine].astype(np.float64))
    if not index:
        return Candidates.none()
    every = np.concatenate(boxes)
    centres = (every[:, :2].astype(np.float64) + every[:, 2:]) / 2 / width
    return Candidates(np.concatenate(index), np.concatenate(rows), every, np.concatenate(confidence), centres)


def _tracklet(
    number: int, candidates: Candidates, way: Way, lattice: Lattice, times_s: Floats64, width: int
) -> Tracklet:
    """Return a path as a tracklet; frames in between are filled in along a straight line over the ground."""
    at = candidates.index[way.members]
    index = np.arange(at[0], at[-1] + 1)
    after = np.searchsorted(at, index)
    observed = at[after] == index
    boxes = candidates.boxes_xyxy[way.members[after]].copy()
    confidence = way.member_probability[after]
    for i in np.flatnonzero(~observed):
        source, target = way.members[after[i] - 1 : after[i] + 1]
        since, until = times_s[index[i]] - times_s[at[after[i] - 1]], times_s[at[after[i]]] - times_s[index[i]]
        share = since / (since + until)
        centre = (1 - share) * lattice.seen_from(source, index[i]) + share * lattice.seen_from(target, index[i])
        both = candidates.boxes_xyxy[[source, target]].astype(np.float64)
        half = np.array([1 - share, share]) @ (both[:, 2:] - both[:, :2]) / 2
        boxes[i] = np.concatenate([centre * width - half, centre * width + half])
        confidence[i] = way.step_probability[after[i] - 1] * 0.5 ** (min(since, until) / _HIDDEN_HALF_LIFE_S)
    return Tracklet(
        number,
        index.astype(np.int64),
        np.where(observed, candidates.rows[way.members[after]], -1).astype(np.int64),
        boxes,
        confidence.astype(np.float32),
        np.full(len(index), BALL, np.int64),
        observed,
    )
