"""Crossings: how clearly each box of a track is seen, or how much of it another box covers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchline.core.arrays import Floats64
from touchline.tracking.people.tracklets import Tracklet

_OVERLAP = 0.25
_OVERLAPPED = 0.05


def clearness(tracklets: Sequence[Tracklet]) -> list[Floats64]:
    """Return the weight of each box of each track: 1, or little where another box covers a part of it."""
    weights = [np.ones(len(tracklet)) for tracklet in tracklets]
    if not tracklets:
        return weights
    index = np.concatenate([tracklet.index for tracklet in tracklets])
    boxes = np.concatenate([tracklet.boxes_xyxy for tracklet in tracklets]).astype(np.float64)
    order = np.argsort(index, kind="stable")
    every = np.ones(len(index))
    for together in np.split(order, np.flatnonzero(np.diff(index[order])) + 1):
        every[together] = np.where(_covered(boxes[together]) > _OVERLAP, _OVERLAPPED, 1.0)
    return np.split(every, np.cumsum([len(tracklet) for tracklet in tracklets])[:-1])


def _covered(boxes: Floats64) -> Floats64:
    """Return the share (n,) of each box covered by the box that covers it most."""
    low = np.maximum(boxes[:, None, :2], boxes[:, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    np.fill_diagonal(shared, 0)
    area = np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-9)
    return shared.max(axis=1) / area
