"""Matching of true events with predictions, for one tolerance.

True events choose in time order; each takes the highest-scoring free prediction within the tolerance (the earliest of
equals). A loop is needed only where two events compete for a prediction.
"""

from __future__ import annotations

import numpy as np

from touchline.core.columns import FloatArray, IntArray

NO_MATCH = -1


def match_events(truth_key: IntArray, key: IntArray, score: FloatArray, *, reach: int) -> IntArray:
    """Match true events with predictions no more than ``reach`` frames away.

    Args:
        truth_key: int64 (t,), sorted keys of the true events.
        key: int64 (p,), sorted keys of the predictions.
        score: float64 (p,), finite confidences of the predictions.
        reach: largest distance in frames, 0 or more.

    Returns:
        int64 (t,): index of each true event's prediction, or ``NO_MATCH``.

    """
    first = np.searchsorted(key, truth_key - reach, side="left")
    end = np.searchsorted(key, truth_key + reach, side="right")
    match = np.full(len(truth_key), NO_MATCH, np.int64)
    contested = np.zeros(len(truth_key), np.bool_)
    shared = first[1:] < end[:-1]
    contested[1:] |= shared
    contested[:-1] |= shared
    alone = np.flatnonzero(~contested & (first < end))
    match[alone] = _best_of_each(score, first[alone], end[alone])
    rivals = np.flatnonzero(contested & (first < end))
    match[rivals] = _choose_in_turn(score, first[rivals], end[rivals])
    return match


def _best_of_each(score: FloatArray, first: IntArray, end: IntArray) -> IntArray:
    """Return the index of the highest score in each non-empty ``[first, end)``, the earliest of equals."""
    size = end - first
    if not len(size):
        return np.zeros(0, np.int64)
    offset = np.cumsum(size) - size
    index = np.repeat(first - offset, size) + np.arange(int(size.sum()))
    window = score[index]
    is_best = np.flatnonzero(window == np.repeat(np.maximum.reduceat(window, offset), size))
    owner = np.searchsorted(offset, is_best, side="right") - 1
    leads = np.ones(len(owner), np.bool_)
    leads[1:] = owner[1:] != owner[:-1]
    return index[is_best[leads]]


def _choose_in_turn(score: FloatArray, first: IntArray, end: IntArray) -> IntArray:
    """Let each non-empty ``[first, end)`` in turn take its highest free score."""
    chosen: list[int] = []
    if len(first):
        free = score[first[0] : end[-1]].copy()
        base = int(first[0])
        for low, high in zip((first - base).tolist(), (end - base).tolist(), strict=True):
            best = low + int(free[low:high].argmax())
            taken = free[best] == -np.inf
            chosen.append(NO_MATCH if taken else base + best)
            free[best] = -np.inf
    return np.array(chosen, np.int64)
