"""Boxes around COCO's segmentations, for annotations that have no box of their own."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

_LARGEST_SIDE = 100_000


def box_around(segmentation: Any) -> list[float]:
    """Return the left, top, width and height of polygons or of a run-length encoded mask, as pycocotools has it.

    Raises:
        ValueError: it is neither, or empty.

    """
    if isinstance(segmentation, list):
        return _around_polygons(segmentation)
    if not isinstance(segmentation, dict):
        raise ValueError("is neither polygons nor a run-length encoded mask")
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(_is_side(side) for side in size)):
        raise ValueError(f"has size {str(size)[:40]}, not the mask's height and width")
    runs = _decoded(counts) if isinstance(counts, str) else counts
    if not isinstance(runs, list) or not all(isinstance(run, int) and run >= 0 for run in runs):
        raise ValueError("has counts that are not run lengths")
    if sum(runs) != size[0] * size[1]:
        raise ValueError(f"has run lengths for {sum(runs)} pixels, not {size[0]} x {size[1]}")
    return _around_runs(runs, height=size[0])


def _is_side(side: object) -> bool:
    return isinstance(side, int) and not isinstance(side, bool) and 0 < side <= _LARGEST_SIDE


def _around_polygons(polygons: list[Any]) -> list[float]:
    points = [polygon for polygon in polygons if isinstance(polygon, list)]
    try:
        values = np.array(list(itertools.chain.from_iterable(points)), np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("has polygons that are not numbers") from error
    if not len(values) or values.ndim != 1 or len(values) % 2 or not bool(np.isfinite(values).all()):
        raise ValueError("has no polygon of x, y, x, y, ...")
    x, y = values[::2], values[1::2]
    return [float(x.min()), float(y.min()), float(np.ptp(x)), float(np.ptp(y))]


def _around_runs(runs: list[int], *, height: int) -> list[float]:
    """Return the box of runs down the columns, background first."""
    edges = np.cumsum([0, *runs])
    starts, ends = edges[1:-1:2], edges[2::2]
    starts = starts[: len(ends)]
    filled = ends > starts
    if not bool(filled.any()):
        return [0.0, 0.0, 0.0, 0.0]
    starts, last = starts[filled], ends[filled] - 1
    columns, last_columns = starts // height, last // height
    whole = bool((last_columns > columns).any())
    top = 0 if whole else int((starts % height).min())
    bottom = height - 1 if whole else int((last % height).max())
    left, right = int(columns.min()), int(last_columns.max())
    return [float(left), float(top), float(right - left + 1), float(bottom - top + 1)]


def _decoded(text: str) -> list[int]:
    """Return the run lengths of COCO's compressed text: 5 bits a character, from the third run on differences."""
    runs: list[int] = []
    at = 0
    while at < len(text):
        value = shift = 0
        more = True
        while more:
            if at >= len(text) or shift > 60:
                raise ValueError("has compressed counts that end too early")
            bits = ord(text[at]) - 48
            if not 0 <= bits < 64:
                raise ValueError(f"has compressed counts with the character {text[at]!r}")
            value |= (bits & 31) << shift
            more = bool(bits & 32)
            at, shift = at + 1, shift + 5
            if not more and bits & 16:
                value |= -1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs
