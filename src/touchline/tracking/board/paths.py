"""The cheapest sequence of states through noisy reads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from touchline.core.arrays import Floats64, Indices


def cheapest_path(costs: Floats64, changes: Floats64) -> Indices:
    """Return the state of each read, so that the sum of costs and changes is least.

    Args:
        costs: (reads, states), what each state costs at each read.
        changes: (states, states), what it costs to go from one state to another.

    Returns:
        int64 (reads,).

    """
    count = len(costs)
    if not count:
        return np.zeros(0, np.int64)
    best, back = costs[0].copy(), np.zeros(costs.shape, np.int64)
    for read in range(1, count):
        ways = best[:, None] + changes
        back[read] = ways.argmin(axis=0)
        best = ways.min(axis=0) + costs[read]
    path: Indices = np.zeros(count, np.int64)
    path[-1] = best.argmin()
    for read in range(count - 1, 0, -1):
        path[read - 1] = back[read, path[read]]
    return path


def runs(path: Indices) -> list[tuple[int, int, int]]:
    """Return the runs of equal states: state, first read, and the read after the last."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return [(int(path[start]), start, end) for start, end in pairwise(edges) if end > start]


def confidence_of(agreeing: int, of: int) -> float:
    """Return the share of agreeing reads, drawn towards one half as if two more reads had been split."""
    return round((agreeing + 1) / (of + 2), 4)
