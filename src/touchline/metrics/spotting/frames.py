"""Events of many games on one sorted axis, the form in which spotting is scored.

Every (class, game, half) is a *stream*. An event's key is ``stream * stride + frame``: sorted keys put streams one
after the other with a gap wider than any tolerance between them, so one binary search serves all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.columns import BoolArray, EventColumns, FloatArray, IntArray
from touchline.core.errors import InputError

HALF_S = 120 * 60
"""Length that SoccerNet assumes for every half, seconds; later events are moved into its last frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The scorable events of one game, unsorted, in file order.

    Attributes:
        label: class index of each row.
        half: half of each row, from 0.
        position_ms: time of each row, milliseconds.
        value: confidence of a prediction; for truth, 1 if visible and -1 if not shown.

    """

    label: IntArray
    half: IntArray
    position_ms: IntArray
    value: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Sorted events.

    Attributes:
        key: int64 (n,), ascending.
        value: float64 (n,), as in :class:`Rows`.

    """

    key: IntArray
    value: FloatArray


def collect_rows(games: Sequence[EventColumns], *, labels: Sequence[str], truth: bool) -> list[Rows]:
    """Return the rows of each game; rows whose label is not in ``labels`` are dropped."""
    index = {label: i for i, label in enumerate(labels)}
    found = []
    for game in games:
        table = np.array([index.get(label, -1) for label in game.labels] or [-1], np.int64)
        value = np.where(game.visible, 1.0, -1.0) if truth else game.confidence
        rows = Rows(table[game.label], game.half - 1, game.position_ms, value)
        found.append(select_rows(rows, rows.label >= 0))
    return found


def select_rows(rows: Rows, keep: BoolArray) -> Rows:
    """Return the rows where ``keep`` (n,) is True."""
    if keep.all():
        return rows
    return Rows(rows.label[keep], rows.half[keep], rows.position_ms[keep], rows.value[keep])


def soccernet_frames(rows: Rows, *, fps: float) -> IntArray:
    """Return SoccerNet's frame of each row: rounded down, clipped at the end, negative times counted from the end.

    Raises:
        InputError: a time lies more than one half before the start, where SoccerNet's code fails as well.

    """
    frames_per_half = int(HALF_S * fps)
    frame = np.minimum(np.trunc(fps * (rows.position_ms / 1000)), frames_per_half - 1).astype(np.int64)
    negative = frame < 0
    if negative.any():
        frame[negative] += frames_per_half
        if (frame < 0).any():
            worst = int(rows.position_ms.min())
            raise InputError(f"position {worst} ms lies more than {HALF_S} s before the start of its half; correct it")
    return frame


def join_games(games: Sequence[Rows], frames: Sequence[IntArray], *, halves: int, stride: int) -> Axis:
    """Put all games on one axis, sorted; events with equal keys stay in file order."""
    keys = [np.zeros(0, np.int64)]
    for i, (rows, frame) in enumerate(zip(games, frames, strict=True)):
        keys.append(((rows.label * len(games) + i) * halves + rows.half) * stride + frame)
    key = np.concatenate(keys)
    order = _stable_order(key)
    return Axis(key[order], np.concatenate([np.zeros(0), *(rows.value for rows in games)])[order])


def _stable_order(key: IntArray) -> IntArray:
    """Return the stable sorting order of non-negative keys, by radix: NumPy sorts 16-bit numbers in linear time."""
    order = np.argsort(key.astype(np.uint16), kind="stable")
    for shift in range(16, int(key.max(initial=0)).bit_length(), 16):
        order = order[np.argsort((key >> shift).astype(np.uint16)[order], kind="stable")]
    return order


def last_of_each(key: IntArray) -> BoolArray:
    """Return a mask (n,) of the last row of each run of equal keys."""
    last = np.ones(len(key), np.bool_)
    np.not_equal(key[1:], key[:-1], out=last[:-1])
    return last
