"""Truth and predictions of a sequence, arranged for the tracking metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.columns import FloatArray, IntArray
from touchline.core.errors import InputError
from touchline.metrics.box_overlap import Pairs, overlapping_pairs

FrameBoxes = tuple[npt.NDArray[np.int64], npt.NDArray[np.floating]]
"""One frame of one side: ids int64 (n,), unique in the frame, and boxes_xyxy (n, 4)."""

MAX_PAIRS_PER_FRAME = 100_000_000
_SMALL_SPAN = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The boxes or places of one side, frame by frame.

    Attributes:
        starts: int64 (frames + 1,), where each frame's boxes start.
        ids: int64 (n,), renumbered from 0 without gaps.
        id_count: number of distinct ids.

    """

    starts: IntArray
    ids: IntArray
    id_count: int

    @property
    def counts(self) -> IntArray:
        """Number of boxes in each frame, int64 (frames,)."""
        return np.diff(self.starts)

    @property
    def boxes_per_id(self) -> IntArray:
        """Number of boxes of each id, int64 (id_count,)."""
        return np.bincount(self.ids, minlength=self.id_count)


@dataclass(frozen=True, slots=True, eq=False)
class Sequenced:
    """The truth and predictions of one sequence, with their overlapping boxes.

    Attributes:
        truth, found: the two sides, with equal numbers of frames.
        pairs: overlapping boxes; rows are boxes of the truth, columns of the predictions.
        identities: int64 (p,), for each pair the index of its (true id, predicted id) in ``identity_ids``.
        identity_ids: int64 (u, 2), pairs of ids that overlap anywhere.

    """

    truth: Side
    found: Side
    pairs: Pairs
    identities: IntArray
    identity_ids: IntArray

    @property
    def frames(self) -> int:
        """Number of frames in the sequence."""
        return len(self.truth.starts) - 1

    @property
    def one_is_empty(self) -> bool:
        """Whether a side has no box at all."""
        return len(self.truth.ids) == 0 or len(self.found.ids) == 0


def sequence(truth: Sequence[FrameBoxes], predictions: Sequence[FrameBoxes]) -> Sequenced:
    """Arrange the two sides of a sequence.

    Raises:
        ValueError: the sides differ in length, an id occurs twice in a frame, or a box is not finite.
        InputError: there are more boxes in one frame than can be compared.

    """
    if len(truth) != len(predictions):
        raise ValueError(f"truth has {len(truth)} frames and predictions have {len(predictions)}; they must be equal")
    true, true_boxes = side_of(truth, word="truth", width=4)
    found, boxes = side_of(predictions, word="predictions", width=4)
    _check_counts(true, found)
    return paired(true, found, overlapping_pairs(true_boxes, true.starts, boxes, found.starts))


def paired(truth: Side, found: Side, pairs: Pairs) -> Sequenced:
    """Arrange two sides whose similar boxes or places are known; ``pairs.iou`` holds the similarities."""
    key = truth.ids[pairs.row] * max(found.id_count, 1) + found.ids[pairs.column]
    keys, identities = renumber(key)
    ids = np.stack(np.divmod(keys, max(found.id_count, 1)), axis=1)
    return Sequenced(truth, found, pairs, identities, ids)


def renumber(values: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct values, sorted, and the index of each value; sorts only if the values are far apart."""
    low = int(values.min(initial=0))
    span = int(values.max(initial=0)) - low + 1
    if span > 4 * len(values) + _SMALL_SPAN:
        names, index = np.unique(values, return_inverse=True)
        return names, index
    used = np.zeros(span, np.bool_)
    used[values - low] = True
    return np.flatnonzero(used) + low, (used.cumsum() - 1)[values - low]


def side_of(frames: Sequence[FrameBoxes], *, word: str, width: int) -> tuple[Side, FloatArray]:
    """Return one side with its ids renumbered, and its boxes or places (n, width).

    Raises:
        ValueError: an id occurs twice in a frame, or a number is not finite; ``word`` names the side.

    """
    starts = np.zeros(len(frames) + 1, np.int64)
    np.cumsum([len(ids) for ids, _ in frames], out=starts[1:])
    if starts[-1] == 0:
        return Side(starts, np.zeros(0, np.int64), 0), np.zeros((0, width))
    boxes = np.concatenate([boxes.reshape(-1, width) for _, boxes in frames]).astype(np.float64)
    given = np.concatenate([ids for ids, _ in frames]).astype(np.int64)
    if len(boxes) != len(given):
        raise ValueError(f"{word} have {len(given)} ids and {len(boxes)} boxes; each id needs one box")
    if not bool(np.isfinite(boxes).all()):
        raise ValueError(f"{word} hold a box that is not finite: {boxes[~np.isfinite(boxes).all(axis=1)][0].tolist()}")
    names, ids = renumber(given)
    _check_unique(np.repeat(np.arange(len(frames)), np.diff(starts)), ids, names, word=word)
    return Side(starts, ids, len(names)), boxes


def _check_unique(frame: IntArray, ids: IntArray, names: IntArray, *, word: str) -> None:
    """Raise an error for an id that occurs twice in one frame."""
    key = np.sort(frame * len(names) + ids)
    again = np.flatnonzero(np.diff(key) == 0)
    if len(again):
        where, which = divmod(int(key[again[0]]), len(names))
        raise ValueError(f"{word} have id {names[which]} twice in frame {where} (counted from 0); ids must be unique")


def _check_counts(truth: Side, found: Side) -> None:
    """Raise an error for a frame with too many boxes to compare."""
    pairs = truth.counts * found.counts
    if len(pairs) and int(pairs.max()) > MAX_PAIRS_PER_FRAME:
        frame = int(pairs.argmax())
        raise InputError(
            f"frame {frame} (counted from 0) has {truth.counts[frame]} true and {found.counts[frame]} predicted boxes; "
            f"up to {MAX_PAIRS_PER_FRAME} pairs per frame can be compared. Are the frame numbers right?"
        )
