"""Intersection over union of boxes, for all frames of a sequence at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchline.core.columns import FloatArray, IntArray

EPS = float(np.finfo(np.float64).eps)
_CHUNK = 1 << 16
"""Number of pairs processed together: small enough to stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The pairs of boxes that overlap, in order of frame, row and column.

    Attributes:
        frame: int64 (p,), index of the frame.
        row, column: int64 (p,), indices into all boxes of the first and the second side.
        iou: float64 (p,), above 0.

    """

    frame: IntArray
    row: IntArray
    column: IntArray
    iou: FloatArray


def overlapping_pairs(
    rows_xyxy: FloatArray, row_starts: IntArray, columns_xyxy: FloatArray, column_starts: IntArray
) -> Pairs:
    """Return the overlapping pairs of every frame of two sequences.

    Args:
        rows_xyxy: float64 (n, 4), the boxes of all frames, one frame after the other.
        row_starts: int64 (frames + 1,), where each frame's boxes start; the last entry is n.
        columns_xyxy: float64 (m, 4), the boxes of the other side.
        column_starts: int64 (frames + 1,), where each frame's boxes start; the last entry is m.

    """
    counts = np.diff(row_starts), np.diff(column_starts)
    both = np.flatnonzero((counts[0] > 0) & (counts[1] > 0))
    parts = []
    for frames in _chunks(both, counts[0][both], counts[1][both]):
        rows, row_index = _padded(rows_xyxy, row_starts, frames)
        columns, column_index = _padded(columns_xyxy, column_starts, frames)
        parts.append(_pairs_of(frames, rows, row_index, columns, column_index))
    if not parts:
        none = np.zeros(0, np.int64)
        return Pairs(none, none, none, np.zeros(0))
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _chunks(frames: IntArray, rows: IntArray, columns: IntArray) -> list[IntArray]:
    """Split the frames into runs with a bounded number of padded pairs."""
    chunks, start, widest = [], 0, (0, 0)
    for i, (n, m) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        wider = max(widest[0], n), max(widest[1], m)
        if i > start and (i + 1 - start) * wider[0] * wider[1] > _CHUNK:
            chunks.append(frames[start:i])
            start, wider = i, (n, m)
        widest = wider
    return [*chunks, frames[start:]] if len(frames) else []


def _padded(boxes: FloatArray, starts: IntArray, frames: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the boxes (4, frames, widest) of some frames, padded with NaN, and their indices."""
    first, count = starts[frames], starts[frames + 1] - starts[frames]
    place = np.arange(int(count.max()))
    index = first[:, None] + place
    used = place < count[:, None]
    padded = boxes[np.minimum(index, len(boxes) - 1)]
    padded[~used] = np.nan
    return np.ascontiguousarray(np.moveaxis(padded, 2, 0)), index


def _pairs_of(
    frames: IntArray, rows: FloatArray, row_index: IntArray, columns: FloatArray, column_index: IntArray
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return the frame, row, column and IoU of the overlapping pairs of padded boxes."""
    left = np.maximum(rows[0][:, :, None], columns[0][:, None, :])
    width = np.minimum(rows[2][:, :, None], columns[2][:, None, :]) - left
    frame, i, j = np.nonzero(width > 0)
    width = width[frame, i, j]
    a, b = rows[:, frame, i], columns[:, frame, j]
    height = np.minimum(a[3], b[3]) - np.maximum(a[1], b[1])
    inside = width * np.maximum(height, 0.0)
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    union = area_a + area_b - inside
    keep = np.flatnonzero((inside > 0) & (area_a > EPS) & (area_b > EPS) & (union > EPS))
    frame, i, j = frame[keep], i[keep], j[keep]
    return frames[frame], row_index[frame, i], column_index[frame, j], inside[keep] / union[keep]
