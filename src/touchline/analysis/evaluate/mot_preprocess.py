"""What trackeval does with MOT files before it scores them, and remarks where that would change the scores.

The MOT Challenge's truth holds boxes that count neither way: people on vehicles, standing people, reflections and
other distractors, other classes, and rows marked with confidence 0. Its evaluation first matches all true boxes of a
frame with the predictions (IoU 0.5 and above), drops the predictions that match a distractor, and then keeps the true
boxes of pedestrians only. ``trackeval.datasets.MotChallenge2DBox`` (1.3.0) is the reference, number for number.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from touchline.core.columns import FloatArray
from touchline.core.errors import InputError
from touchline.core.wording import counted
from touchline.formats.boxes.mot import PERSON_CLASS, UNKNOWN, MotTable

Preprocess = Literal["auto", "none", "mot15", "mot16", "mot17", "mot20"]

DISTRACTORS = (2, 7, 8, 12)
"""Person on a vehicle, static person, distractor, reflection."""

_DISTRACTORS_OF: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"mot16": DISTRACTORS, "mot17": DISTRACTORS, "mot20": (*DISTRACTORS, 6)}
)
"""Preset -> classes of the truth whose matches are dropped; MOT20 adds other vehicles."""

PRESETS: tuple[Preprocess, ...] = ("auto", "none", "mot15", *("mot16", "mot17", "mot20"))
_LARGEST_CLASS = 13
_EPSILON = float(np.finfo("float").eps)


def preprocessed(
    true: MotTable, found: MotTable, *, preset: Preprocess, sources: tuple[str, str]
) -> tuple[MotTable, MotTable]:
    """Return both sides as trackeval scores them.

    Args:
        true: all rows of the truth.
        found: the predictions.
        preset: ``"mot15"`` has no classes and only drops true rows marked with 0; the others see above.
        sources: names of both sides, for messages.

    Raises:
        InputError: the truth has other classes than MOT's, or none; or the predictions hold other classes than people.

    """
    others = found.classes[found.classes > PERSON_CLASS]
    if len(others):
        raise InputError(
            f"{sources[1]}: holds boxes of class {others[0]}; --preprocess {preset} scores people only (class 1): "
            "leave the others out with --classes 1"
        )
    marked = ~np.isnan(true.confidence) & (np.trunc(true.confidence) == 0)
    if preset not in _DISTRACTORS_OF:
        return true.take(~marked), found
    wrong = np.unique(true.classes[(true.classes < 1) | (true.classes > _LARGEST_CLASS)])
    if len(wrong):
        what = "has rows without a class" if wrong[0] == UNKNOWN else f"has boxes of class {wrong[0]}"
        raise InputError(f"{sources[0]}: {what}; --preprocess {preset} needs MOT's classes 1 to {_LARGEST_CLASS}")
    dropped = _matches_of_distractors(true, found, classes=_DISTRACTORS_OF[preset])
    return true.take(~marked & (true.classes == PERSON_CLASS)), found.take(~dropped)


def truth_remarks(source: str, true: MotTable, *, preset: Preprocess) -> list[str]:
    """Return remarks on rows of the truth that trackeval would not count as they are counted here.

    Args:
        source: name of the truth, for the messages.
        true: all rows of the truth.
        preset: the preprocessing; remarks on distractors are for ``"auto"`` only.

    """
    remarks = []
    distractors = true.take(np.isin(true.classes, DISTRACTORS))
    if preset == "auto" and len(distractors):
        names = ", ".join(map(str, np.unique(distractors.classes)))
        remarks.append(
            f"{source}: {counted(len(distractors), 'box', 'boxes')} of the distractor classes {names}; trackeval does "
            "not count predictions on them as wrong by default: use --preprocess mot17 for the MOT Challenge's scores, "
            "or none to score without"
        )
    fractions = true.confidence[np.trunc(true.confidence) != true.confidence]
    fractions = fractions[np.isfinite(fractions)]
    if len(fractions):
        ignored = int((np.trunc(fractions) == 0).sum())
        done = "scored here as any other box" if preset in ("auto", "none") else "left out, as trackeval does"
        if ignored:
            remarks.append(
                f"{source}: {counted(ignored, 'row')} of the truth with a fractional confidence such as "
                f"{fractions[np.trunc(fractions) == 0][0]:g}, {done}; trackeval cuts it to 0, which leaves the row "
                "out: the truth's confidence should be 1, or 0 for rows to leave out"
            )
    return remarks


def _matches_of_distractors(true: MotTable, found: MotTable, *, classes: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return a mask of the predictions that match a distractor, frame by frame."""
    dropped = np.zeros(len(found), np.bool_)
    rows, columns = _by_frame(true), _by_frame(found)
    for frame, columns_here in columns.items():
        rows_here = rows.get(frame)
        if rows_here is None or not np.isin(true.classes[rows_here], classes).any():
            continue
        scores = _ious(true.boxes_xyxy[rows_here], found.boxes_xyxy[columns_here])
        scores[scores < 0.5 - _EPSILON] = 0
        row, column = linear_sum_assignment(-scores)
        matched = scores[row, column] > _EPSILON
        distractor = np.isin(true.classes[rows_here[row]], classes)
        dropped[columns_here[column[matched & distractor]]] = True
    return dropped


def _by_frame(table: MotTable) -> dict[int, npt.NDArray[np.int64]]:
    """Return frame -> indices of its rows, in file order."""
    order = np.argsort(table.frames, kind="stable")
    frames, starts = np.unique(table.frames[order], return_index=True)
    return dict(zip(frames.tolist(), np.split(order, starts[1:]), strict=True)) if len(frames) else {}


def _ious(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the overlap (n, m) of boxes; computed in trackeval's order, so that ties break alike."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sizes = np.maximum(high - low, 0)
    shared = sizes[..., 0] * sizes[..., 1]
    areas = [(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    shared[areas[0] <= _EPSILON, :] = 0
    shared[:, areas[1] <= _EPSILON] = 0
    shared[union <= _EPSILON] = 0
    union[union <= _EPSILON] = 1
    return np.asarray(shared / union, np.float64)
