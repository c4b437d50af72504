"""The ball: the best way through uncertain candidates, picture by picture, across short occlusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.tracking.camera_motion import Motion
from touchline.tracking.tracklets import Tracklet
from touchline.tracks import BALL, Detections

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BallSettings:
    """How a ball moves and how far a detector is believed.

    Attributes:
        speed: usual speed, picture widths a second.
        fastest: greatest speed, picture widths a second.
        gap_s: longest occlusion that is bridged.
        even_confidence: detector confidence at which a candidate is as likely the ball as not.
        start_cost: what it costs to begin a new way.
        miss_cost: what a second without a candidate costs.

    """

    speed: float = 0.15
    fastest: float = 1.2
    gap_s: float = 1.2
    even_confidence: float = 0.15
    start_cost: float = 4.0
    miss_cost: float = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """All candidates of a shot: picture, row among its detections, box, confidence, and centre in the first picture."""

    index: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    boxes_xyxy: npt.NDArray[np.float32]
    confidence: Floats
    centres: Floats


def follow_ball(
    detections: Sequence[Detections],
    times_us: npt.NDArray[np.int64],
    *,
    motions: Sequence[Motion | None] | None = None,
    width: int,
    height: int,
    settings: BallSettings | None = None,
) -> list[Tracklet]:
    """The ball through the sampled pictures of one shot.

    Args:
        detections: of each picture; only the ball's are looked at, with low thresholds.
        times_us: int64 (n,), of these pictures.
        motions: of the camera into each picture; without them the camera counts as still.
        width: of the picture, pixels.
        height: of the picture, pixels.
        settings: how a ball moves.

    Returns:
        Tracklets that do not overlap in time, in order, ids from 1; gaps between their detections are filled in. Empty
        when no ball is seen.

    """
    if len(detections) != len(times_us):
        raise ValueError(f"{len(detections)} pictures do not fit {len(times_us)} times")
    chosen = settings or BallSettings()
    to_first = _to_first(motions, len(detections))
    candidates = _collect(detections, to_first)
    if len(candidates.index) == 0:
        return []
    times_s = times_us.astype(np.float64) / 1e6
    ways = _best_ways(candidates, times_s, width, chosen)
    return [_tracklet(number, candidates, way, to_first) for number, way in enumerate(ways, start=1)]


def _to_first(motions: Sequence[Motion | None] | None, count: int) -> Floats:
    """Matrices (n, 3, 3) from each picture into the first one."""
    matrices = np.repeat(np.eye(3)[None], count, axis=0)
    for i in range(1, count):
        motion = None if motions is None else motions[i]
        step = np.eye(3) if motion is None else np.linalg.inv(motion.matrix)
        matrices[i] = matrices[i - 1] @ step
        matrices[i] /= matrices[i][2, 2]
    return matrices


def _project(matrix: Floats, points: Floats) -> Floats:
    """Points (n, 2) through a matrix (3, 3)."""
    moved = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def _collect(detections: Sequence[Detections], to_first: Floats) -> _Candidates:
    index, rows, boxes, confidence, centres = [], [], [], [], []
    for i, seen in enumerate(detections):
        mine = np.flatnonzero(seen.classes == BALL)
        box = seen.boxes_xyxy[mine].astype(np.float64)
        index.append(np.full(len(mine), i, np.int64))
        rows.append(mine.astype(np.int64))
        boxes.append(box)
        confidence.append(seen.confidence[mine].astype(np.float64))
        centres.append(_project(to_first[i], (box[:, :2] + box[:, 2:]) / 2))
    return _Candidates(
        np.concatenate(index),
        np.concatenate(rows),
        np.concatenate(boxes).astype(np.float32),
        np.concatenate(confidence),
        np.concatenate(centres),
    )


def _best_ways(candidates: _Candidates, times_s: Floats, width: int, settings: BallSettings) -> list[list[int]]:
    """Rows of the candidates along the best way, cut where it jumps."""
    count = len(candidates.index)
    clipped = np.clip(candidates.confidence, 1e-3, 1 - 1e-3)
    even = settings.even_confidence
    reward = np.log(clipped / (1 - clipped)) - np.log(even / (1 - even))
    when = times_s[candidates.index]
    first_of_gap = np.searchsorted(when, when - settings.gap_s - 1e-9)
    first_of_time = np.searchsorted(candidates.index, candidates.index)
    total, before, joined = np.zeros(count), np.full(count, -1), np.zeros(count, bool)
    best_total, best_at = np.zeros(count + 1), np.full(count + 1, -1)
    for i in range(count):
        low, high = int(first_of_gap[i]), int(first_of_time[i])
        total[i], before[i] = best_total[high] - settings.start_cost, best_at[high]
        if high > low:
            seconds = when[i] - when[low:high]
            speed = np.linalg.norm(candidates.centres[low:high] - candidates.centres[i], axis=1) / width / seconds
            cost = np.log1p((speed / settings.speed) ** 2) + settings.miss_cost * (seconds - seconds.min())
            cost[speed > settings.fastest] = np.inf
            ways = total[low:high] - cost
            if ways.max() > total[i]:
                total[i], before[i], joined[i] = ways.max(), low + int(ways.argmax()), True
        total[i] += reward[i]
        better = total[i] > best_total[i]
        best_total[i + 1], best_at[i + 1] = (total[i], i) if better else (best_total[i], best_at[i])
    ways_found: list[list[int]] = []
    at, fresh = int(best_at[count]), True
    while at >= 0:
        if fresh:
            ways_found.append([])
        ways_found[-1].append(at)
        fresh = not joined[at]
        at = int(before[at])
    return [way[::-1] for way in ways_found[::-1]]


def _tracklet(number: int, candidates: _Candidates, way: list[int], to_first: Floats) -> Tracklet:
    """The way as a tracklet, with the pictures between filled in along the compensated line."""
    at = candidates.index[way]
    index = np.arange(at[0], at[-1] + 1)
    place = np.searchsorted(at, index)
    observed = at[place] == index
    centres = np.stack([np.interp(index, at, candidates.centres[way, axis]) for axis in (0, 1)], axis=1)
    here = np.concatenate(
        [_project(np.linalg.inv(to_first[i]), centre[None]) for i, centre in zip(index, centres, strict=True)]
    )
    boxes = candidates.boxes_xyxy[way].astype(np.float64)
    half = np.stack([np.interp(index, at, boxes[:, 2 + axis] - boxes[:, axis]) for axis in (0, 1)], axis=1) / 2
    filled = np.concatenate([here - half, here + half], axis=1)
    filled[observed] = boxes
    confidence = np.interp(index, at, candidates.confidence[way])
    confidence = np.where(observed, confidence, confidence * 0.5)
    rows = np.where(observed, candidates.rows[np.asarray(way)[place]], -1)
    return Tracklet(
        number,
        index.astype(np.int64),
        rows.astype(np.int64),
        filled.astype(np.float32),
        confidence.astype(np.float32),
        np.full(len(index), BALL, np.int64),
        observed,
    )
