"""After the pass: tracklets of one person are joined over the gaps between them, and short gaps are filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.tracking.camera_motion import Motion
from touchline.tracking.motion import move_points
from touchline.tracking.tracklets import Tracklet


@dataclass(frozen=True, slots=True)
class RejoinSettings:
    """How far a person may have gone unseen, in seconds and body heights."""

    gap_s: float = 4.0
    limit: float = 12.0


DEFAULT_REJOIN = RejoinSettings()


def rejoin(
    tracklets: Sequence[Tracklet],
    *,
    motions: Sequence[Motion | None] | None,
    fps: float,
    settings: RejoinSettings = DEFAULT_REJOIN,
) -> list[Tracklet]:
    """Tracklets with those of one person joined, ordered by their first picture; ids from 1 again.

    Args:
        tracklets: of one shot.
        motions: of the camera, one a sampled picture of the shot, each from the picture before; None for a fixed one.
        fps: sampled pictures a second.
        settings: what is allowed.

    """
    return list(tracklets)


def fill(tracklet: Tracklet, *, motions: Sequence[Motion | None] | None, fps: float, gap_s: float = 1.0) -> Tracklet:
    """A tracklet with its gaps of at most ``gap_s`` filled, straight in the camera's own coordinates."""
    steps = np.diff(tracklet.index)
    gaps = np.flatnonzero((steps > 1) & (steps <= gap_s * fps + 1))
    if len(gaps) == 0:
        return tracklet
    parts: list[npt.NDArray[np.float64]] = []
    index: list[npt.NDArray[np.int64]] = []
    nearest: list[npt.NDArray[np.int64]] = []
    for gap in gaps:
        first, last = int(tracklet.index[gap]), int(tracklet.index[gap + 1])
        parts.append(_between(tracklet.boxes_xyxy[gap], tracklet.boxes_xyxy[gap + 1], first, last, motions))
        inside = np.arange(first + 1, last)
        index.append(inside)
        nearest.append(np.where(inside - first <= last - inside, gap, gap + 1))
    return _insert(tracklet, np.concatenate(index), np.concatenate(parts), np.concatenate(nearest))


def _between(
    before: npt.NDArray, after: npt.NDArray, first: int, last: int, motions: Sequence[Motion | None] | None
) -> npt.NDArray[np.float64]:
    """Boxes (last - first - 1, 4) on the way: both ends carried along with the camera, blended by time."""
    count = last - first
    forward = _carry(before, [_matrix(motions, i) for i in range(first + 1, last)])
    backward = _carry(after, [np.linalg.inv(_matrix(motions, i)) for i in range(last, first + 1, -1)])[::-1]
    share = (np.arange(1, count) / count)[:, None]
    return (1 - share) * forward + share * backward


def _matrix(motions: Sequence[Motion | None] | None, index: int) -> npt.NDArray[np.float64]:
    motion = motions[index] if motions is not None else None
    return np.eye(3) if motion is None else motion.matrix


def _carry(box: npt.NDArray, matrices: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """A box (4,) after each of several camera motions, (n, 4)."""
    corners = np.asarray(box, np.float64).reshape(2, 2)
    boxes = np.zeros((len(matrices), 4))
    for i, matrix in enumerate(matrices):
        corners = move_points(matrix, corners)
        boxes[i] = corners.reshape(4)
    return boxes


def _insert(
    tracklet: Tracklet, index: npt.NDArray[np.int64], boxes: npt.NDArray[np.float64], nearest: npt.NDArray[np.int64]
) -> Tracklet:
    """A tracklet with filled boxes sorted in; each takes class and half the confidence of a neighbour."""
    count = len(index)
    order = np.argsort(np.concatenate([tracklet.index, index]), kind="stable")
    looks = tracklet.appearance
    if looks is not None:
        looks = np.concatenate([looks, np.full((count, looks.shape[1]), np.nan, np.float32)])[order]
    return Tracklet(
        id=tracklet.id,
        index=np.concatenate([tracklet.index, index])[order],
        rows=np.concatenate([tracklet.rows, np.full(count, -1, np.int64)])[order],
        boxes_xyxy=np.concatenate([tracklet.boxes_xyxy, boxes.astype(np.float32)])[order],
        confidence=np.concatenate([tracklet.confidence, tracklet.confidence[nearest] / 2])[order],
        classes=np.concatenate([tracklet.classes, tracklet.classes[nearest]])[order],
        observed=np.concatenate([tracklet.observed, np.zeros(count, bool)])[order],
        appearance=looks,
    )
