"""Lanes for intervals that overlap, for formats in which one row cannot hold two things at a time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence


def lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return the lane of each span, from 0: the first lane that is free at its start.

    Args:
        spans: half-open ``(start, end)``, sorted by start; one may begin where another ends.

    """
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    chosen = []
    for start, end in spans:
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (end, lane))
        chosen.append(lane)
    return chosen


def lane_name(name: str, lane: int, *, taken: Iterable[str]) -> str:
    """Return the name of a lane, ``Shot``, ``Shot 2``, ``Shot 3``, that nothing else has."""
    names = set(taken)
    number = lane + 1
    while lane and f"{name} {number}" in names:
        number += 1
    return f"{name} {number}" if lane else name
