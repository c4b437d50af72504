"""Overlapping pairs of a sequence: those that a plain double loop finds, in its order."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.metrics import box_overlap
from touchline.metrics.box_overlap import overlapping_pairs

Rows = list[list[list[float]]]


def naive(rows: Rows, columns: Rows) -> list[tuple[int, int, int, float]]:
    out, i0, j0 = [], 0, 0
    for frame, (a, b) in enumerate(zip(rows, columns, strict=True)):
        for i, p in enumerate(a):
            for j, q in enumerate(b):
                width, height = min(p[2], q[2]) - max(p[0], q[0]), min(p[3], q[3]) - max(p[1], q[1])
                if width > 0 and height > 0:
                    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (p, q)) - width * height
                    out.append((frame, i0 + i, j0 + j, width * height / union))
        i0, j0 = i0 + len(a), j0 + len(b)
    return out


def pairs_of(rows: Rows, columns: Rows) -> list[tuple[int, int, int, float]]:
    arguments: list[np.ndarray] = []
    for side in (rows, columns):
        arguments.append(np.array([box for frame in side for box in frame], np.float64).reshape(-1, 4))
        arguments.append(np.cumsum([0, *map(len, side)]))
    pairs = overlapping_pairs(*arguments)
    columns_of = (pairs.frame, pairs.row, pairs.column, pairs.iou)
    return list(zip(*(column.tolist() for column in columns_of), strict=True))


def draw(rng: np.random.Generator, frames: int, most: int) -> Rows:
    out = []
    for _ in range(frames):
        corner = rng.integers(0, 30, (rng.integers(0, most + 1), 2))
        out.append(np.concatenate([corner, corner + rng.integers(0, 12, corner.shape)], axis=1).tolist())
    return out


@pytest.mark.parametrize("chunk", [1, 50, 1 << 16])
def test_as_a_double_loop_finds_them(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_overlap, "_CHUNK", chunk)
    rng = np.random.default_rng(chunk)
    for frames in (0, 1, 2, 30):
        rows, columns = draw(rng, frames, 9), draw(rng, frames, 5)
        found, wanted = pairs_of(rows, columns), naive(rows, columns)
        assert [pair[:3] for pair in found] == [pair[:3] for pair in wanted]
        assert [pair[3] for pair in found] == pytest.approx([pair[3] for pair in wanted])


def test_boxes_without_area_overlap_nothing() -> None:
    assert pairs_of([[[0, 0, 0, 9], [0, 0, 9, 0]]], [[[0, 0, 9, 9], [0, 0, 0, 9]]]) == []


def test_touching_boxes_do_not_overlap() -> None:
    assert pairs_of([[[0, 0, 4, 4]]], [[[4, 0, 8, 4], [0, 4, 4, 8], [3, 3, 8, 8]]]) == [(0, 0, 2, 1 / 40)]
