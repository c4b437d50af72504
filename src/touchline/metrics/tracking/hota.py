"""HOTA (Luiten et al., IJCV 2021): detection and association in one number, equal to ``trackeval`` 1.3.0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from touchline.core.columns import BoolArray, FloatArray, IntArray
from touchline.metrics.box_overlap import EPS, Pairs
from touchline.metrics.tracking.sequence import Sequenced

ALPHAS: FloatArray = np.arange(0.05, 0.99, 0.05)
"""The 19 IoU thresholds at which HOTA is computed."""

_TINY = 1e-10
_ROUNDS = 8
"""Number of passes that look for dominant matches, each among those left by the previous ones."""

_MARGIN = 1e-9
"""Margin by which a match must win to be accepted without comparing all matchings of its frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Hota:
    """HOTA and its components, each float64 (19,), one entry per threshold in ``ALPHAS``; their mean is published.

    Attributes:
        tp, fn, fp: number of matched, missed and false boxes.
        loc_a: mean IoU of matched boxes.
        ass_a, ass_re, ass_pr: association accuracy, recall and precision.

    """

    tp: FloatArray
    fn: FloatArray
    fp: FloatArray
    loc_a: FloatArray
    ass_a: FloatArray
    ass_re: FloatArray
    ass_pr: FloatArray

    @property
    def det_a(self) -> FloatArray:
        """Detection accuracy."""
        return self.tp / np.maximum(1, self.tp + self.fn + self.fp)

    @property
    def det_re(self) -> FloatArray:
        """Detection recall."""
        return self.tp / np.maximum(1, self.tp + self.fn)

    @property
    def det_pr(self) -> FloatArray:
        """Detection precision."""
        return self.tp / np.maximum(1, self.tp + self.fp)

    @property
    def hota(self) -> FloatArray:
        """Geometric mean of detection and association accuracy."""
        return np.sqrt(self.det_a * self.ass_a)

    @property
    def owta(self) -> FloatArray:
        """HOTA without the penalty for false boxes."""
        return np.sqrt(self.det_re * self.ass_a)

    def curves(self) -> dict[str, FloatArray]:
        """Return every component by its name in ``trackeval``."""
        return {
            "HOTA": self.hota,
            "DetA": self.det_a,
            "AssA": self.ass_a,
            "DetRe": self.det_re,
            "DetPr": self.det_pr,
            "AssRe": self.ass_re,
            "AssPr": self.ass_pr,
            "LocA": self.loc_a,
            "OWTA": self.owta,
        }


def hota(sequenced: Sequenced) -> Hota:
    """Return the HOTA of one sequence."""
    pairs, truth, found = sequenced.pairs, sequenced.truth, sequenced.found
    if sequenced.one_is_empty:
        zeros = np.zeros(len(ALPHAS))
        return Hota(zeros, zeros + len(truth.ids), zeros + len(found.ids), zeros + 1, zeros, zeros, zeros)
    score = _alignment(sequenced) * pairs.iou
    matched = best_matches(sequenced, score)
    iou = pairs.iou[matched]
    passed = np.searchsorted(ALPHAS - EPS, iou, side="right")
    both = _at_least(sequenced.identities[matched], passed, rows=len(sequenced.identity_ids))
    tp = both.sum(axis=0)
    overlap = np.bincount(passed, weights=iou, minlength=len(ALPHAS) + 1)[::-1].cumsum()[::-1][1:]
    true_boxes = truth.boxes_per_id[sequenced.identity_ids[:, 0], None]
    found_boxes = found.boxes_per_id[sequenced.identity_ids[:, 1], None]

    def share(of: FloatArray | IntArray) -> FloatArray:
        return (both * (both / np.maximum(1, of))).sum(axis=0) / np.maximum(1, tp)

    return Hota(
        tp=tp,
        fn=len(truth.ids) - tp,
        fp=len(found.ids) - tp,
        loc_a=np.maximum(_TINY, overlap) / np.maximum(_TINY, tp),
        ass_a=share(true_boxes + found_boxes - both),
        ass_re=share(true_boxes),
        ass_pr=share(found_boxes),
    )


def combine_hota(parts: Sequence[Hota]) -> Hota:
    """Combine the HOTA of several sequences, as ``trackeval`` does: association weighted by matched boxes."""
    tp = np.sum([part.tp for part in parts], axis=0)

    def weighted(values: list[FloatArray]) -> FloatArray:
        return np.sum([v * part.tp for v, part in zip(values, parts, strict=True)], axis=0)

    return Hota(
        tp=tp,
        fn=np.sum([part.fn for part in parts], axis=0),
        fp=np.sum([part.fp for part in parts], axis=0),
        loc_a=np.maximum(_TINY, weighted([part.loc_a for part in parts])) / np.maximum(_TINY, tp),
        ass_a=weighted([part.ass_a for part in parts]) / np.maximum(1.0, tp),
        ass_re=weighted([part.ass_re for part in parts]) / np.maximum(1.0, tp),
        ass_pr=weighted([part.ass_pr for part in parts]) / np.maximum(1.0, tp),
    )


def _alignment(sequenced: Sequenced) -> FloatArray:
    """Return float64 (pairs,): how well the ids of each pair match over the whole sequence, 0 to 1."""
    pairs, ids = sequenced.pairs, sequenced.identity_ids
    row_sum = np.bincount(pairs.row, weights=pairs.iou, minlength=len(sequenced.truth.ids))
    column_sum = np.bincount(pairs.column, weights=pairs.iou, minlength=len(sequenced.found.ids))
    rivals = column_sum[pairs.column] + row_sum[pairs.row] - pairs.iou
    share = np.where(rivals > EPS, pairs.iou / np.where(rivals > EPS, rivals, 1.0), 0.0)
    together = np.bincount(sequenced.identities, weights=share, minlength=len(ids))
    apart = sequenced.truth.boxes_per_id[ids[:, 0]] + sequenced.found.boxes_per_id[ids[:, 1]] - together
    return (together / apart)[sequenced.identities]


def best_matches(sequenced: Sequenced, score: FloatArray) -> IntArray:
    """Return the indices of the pairs in each frame's matching of the highest total score.

    A pair that beats the best rivals of its row and of its column combined is in every best matching. This settles most
    pairs at once; a frame with an unsettled pair is matched by the Hungarian algorithm.
    """
    pairs = sequenced.pairs
    open_ = score > 0
    chosen = np.zeros(len(score), np.bool_)
    rows, columns = len(sequenced.truth.ids), len(sequenced.found.ids)
    for _ in range(_ROUNDS):
        sure = _dominant(pairs, score, open_, rows=rows, columns=columns)
        if not bool(sure.any()):
            break
        chosen |= sure
        taken_row, taken_column = np.zeros(rows, np.bool_), np.zeros(columns, np.bool_)
        taken_row[pairs.row[sure]] = True
        taken_column[pairs.column[sure]] = True
        open_ &= ~(taken_row[pairs.row] | taken_column[pairs.column])
    edges = np.searchsorted(pairs.frame, np.arange(sequenced.frames + 1))
    for frame in np.unique(pairs.frame[open_]).tolist():
        part = slice(int(edges[frame]), int(edges[frame + 1]))
        chosen[part] = _hungarian(sequenced, score[part], frame=frame, first=part.start)
    return np.flatnonzero(chosen)


def _dominant(pairs: Pairs, score: FloatArray, open_: BoolArray, *, rows: int, columns: int) -> BoolArray:
    """Return a mask of the open pairs that beat the best rivals of their row and of their column combined."""
    index = np.flatnonzero(open_)
    value = score[index]
    rival = _best_rival(value, pairs.row[index], rows) + _best_rival(value, pairs.column[index], columns)
    sure = np.zeros(len(score), np.bool_)
    sure[index[value > rival * (1 + _MARGIN)]] = True
    return sure


def _best_rival(value: FloatArray, group: IntArray, count: int) -> FloatArray:
    """Return for each value the highest other value of its group, 0 if it is alone."""
    best, second = np.zeros(count), np.zeros(count)
    np.maximum.at(best, group, value)
    leads = value == best[group]
    leaders = np.bincount(group[leads], minlength=count)
    np.maximum.at(second, group[~leads], value[~leads])
    second = np.where(leaders > 1, best, second)
    return np.where(leads, second[group], best[group])


def _hungarian(sequenced: Sequenced, score: FloatArray, *, frame: int, first: int) -> BoolArray:
    """Return a mask of the pairs of a frame in the frame's best matching."""
    part = slice(first, first + len(score))
    i = sequenced.pairs.row[part] - sequenced.truth.starts[frame]
    j = sequenced.pairs.column[part] - sequenced.found.starts[frame]
    dense = np.zeros((int(sequenced.truth.counts[frame]), int(sequenced.found.counts[frame])))
    dense[i, j] = score
    match = np.zeros(dense.shape, np.bool_)
    match[linear_sum_assignment(-dense)] = True
    return match[i, j] & (score > 0)


def _at_least(group: IntArray, passed: IntArray, *, rows: int) -> FloatArray:
    """Return float64 (rows, 19): the number of members of each group that passed each threshold in ``ALPHAS``."""
    width = len(ALPHAS) + 1
    histogram = np.bincount(group * width + passed, minlength=rows * width).reshape(rows, width)
    return histogram[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:].astype(np.float64)
