"""CLEAR MOT scores (Bernardin and Stiefelhagen, 2008): MOTA, MOTP and components, equal to ``trackeval`` 1.3.0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.optimize import linear_sum_assignment

from touchline.core.columns import BoolArray, FloatArray, IntArray
from touchline.metrics.box_overlap import EPS
from touchline.metrics.tracking.sequence import Sequenced

_STAY = 1000.0
"""Bonus for keeping the previous frame's match, in units of IoU."""


@dataclass(frozen=True, slots=True)
class Clear:
    """The counts of CLEAR MOT.

    Attributes:
        tp, fn, fp: number of matched, missed and false boxes.
        switches: matches of a true id with another predicted id than its last one.
        fragments: number of times that the match of a true id resumed after an interruption.
        mostly_tracked, partly_tracked, mostly_lost: true ids matched in more than 80 %, in between, below 20 %.
        overlap_sum: summed IoU of the matched boxes.
        frames: number of frames; 0 if a side is empty.
        scored: 1 if both sides have boxes, or for several sequences together; otherwise ``trackeval`` leaves every rate
            at 0.

    """

    tp: int = 0
    fn: int = 0
    fp: int = 0
    switches: int = 0
    fragments: int = 0
    mostly_tracked: int = 0
    partly_tracked: int = 0
    mostly_lost: int = 0
    overlap_sum: float = 0.0
    frames: int = 0
    scored: int = 1

    @property
    def _truths(self) -> float:
        return max(1.0, self.tp + self.fn)

    @property
    def _people(self) -> float:
        return max(1.0, self.mostly_tracked + self.partly_tracked + self.mostly_lost)

    def scores(self) -> dict[str, float]:
        """Return every rate and count by its name in ``trackeval``."""
        rates = self._rates()
        if not self.scored:
            rates = {**dict.fromkeys(rates, 0.0), "MLR": 1.0}
        return {
            **rates,
            "MOTP_sum": self.overlap_sum,
            "CLR_TP": self.tp,
            "CLR_FN": self.fn,
            "CLR_FP": self.fp,
            "IDSW": self.switches,
            "Frag": self.fragments,
            "MT": self.mostly_tracked,
            "PT": self.partly_tracked,
            "ML": self.mostly_lost,
            "CLR_Frames": self.frames,
        }

    def _rates(self) -> dict[str, float]:
        """Return the rates computed from the counts."""
        switches_log = math.log10(self.switches) if self.switches else 0.0
        return {
            "MOTA": (self.tp - self.fp - self.switches) / self._truths,
            "MOTP": self.overlap_sum / max(1.0, self.tp),
            "MODA": (self.tp - self.fp) / self._truths,
            "MOTAL": (self.tp - self.fp - switches_log) / self._truths,
            "sMOTA": (self.overlap_sum - self.fp - self.switches) / self._truths,
            "CLR_Re": self.tp / self._truths,
            "CLR_Pr": self.tp / max(1.0, self.tp + self.fp),
            "CLR_F1": self.tp / max(1.0, self.tp + 0.5 * self.fn + 0.5 * self.fp),
            "FP_per_frame": self.fp / max(1.0, self.frames),
            "MTR": self.mostly_tracked / self._people,
            "PTR": self.partly_tracked / self._people,
            "MLR": self.mostly_lost / self._people,
        }


def clear(sequenced: Sequenced, *, iou: float, frames: int) -> Clear:
    """Return the CLEAR MOT scores of one sequence; boxes match at ``iou`` or more, rates are per ``frames``."""
    truth, found = sequenced.truth, sequenced.found
    if sequenced.one_is_empty:
        return Clear(fn=len(truth.ids), fp=len(found.ids), mostly_lost=truth.id_count, scored=0)
    close = np.flatnonzero(sequenced.pairs.iou >= iou - EPS)
    shown = np.cumsum((truth.counts > 0) & (found.counts > 0)) - 1
    match = close[_matched(sequenced, close, shown)]
    person, seen_as = truth.ids[sequenced.pairs.row[match]], found.ids[sequenced.pairs.column[match]]
    switches, fragments = _changes(person, seen_as, shown[sequenced.pairs.frame[match]])
    share = np.bincount(person, minlength=truth.id_count) / truth.boxes_per_id
    mostly = int(np.sum(share > 0.8))
    partly = int(np.sum(share >= 0.2)) - mostly
    return Clear(
        tp=len(match),
        fn=len(truth.ids) - len(match),
        fp=len(found.ids) - len(match),
        switches=switches,
        fragments=fragments,
        mostly_tracked=mostly,
        partly_tracked=partly,
        mostly_lost=truth.id_count - mostly - partly,
        overlap_sum=float(sequenced.pairs.iou[match].sum()),
        frames=frames,
    )


def combine_clear(parts: Sequence[Clear]) -> Clear:
    """Combine the CLEAR MOT counts of several sequences."""
    names = [field.name for field in fields(Clear) if field.name != "scored"]
    return Clear(**{name: sum(getattr(part, name) for part in parts) for name in names})


def _matched(sequenced: Sequenced, close: IntArray, shown: IntArray) -> BoolArray:
    """Return a mask of the matches among the close pairs: first keep ids, then maximise overlap.

    Where no box is close to two others there is no choice, so only the remaining frames are processed one after the
    other, each with the matches of the last earlier frame in which both sides had boxes.
    """
    pairs = sequenced.pairs
    row, column, frame = pairs.row[close], pairs.column[close], pairs.frame[close]
    rivals = (np.bincount(row)[row] > 1) | (np.bincount(column)[column] > 1)
    matched = np.ones(len(close) + 1, np.bool_)
    matched[-1] = False
    before = _pair_before(sequenced.identities[close], shown[frame])
    starts = np.searchsorted(shown[frame], np.arange(int(shown[-1]) + 2))
    for at in np.unique(shown[frame[rivals]]).tolist():
        part = slice(int(starts[at]), int(starts[at + 1]))
        score = pairs.iou[close[part]] + _STAY * matched[before[part]]
        matched[part] = _assign(sequenced, row[part], column[part], score, frame=int(frame[part.start]))
    return matched[:-1]


def _pair_before(identities: IntArray, shown: IntArray) -> IntArray:
    """Return for each pair, given by ids and frame, the index of the same ids one frame before; -1 if there is none."""
    order = np.lexsort((shown, identities))
    follows = (np.diff(identities[order]) == 0) & (np.diff(shown[order]) == 1)
    before = np.full(len(order), -1)
    before[order[1:][follows]] = order[:-1][follows]
    return before


def _assign(sequenced: Sequenced, row: IntArray, column: IntArray, score: FloatArray, *, frame: int) -> BoolArray:
    """Return a mask of the frame's close pairs in the matching of the highest score."""
    i, j = row - sequenced.truth.starts[frame], column - sequenced.found.starts[frame]
    dense = np.zeros((int(sequenced.truth.counts[frame]), int(sequenced.found.counts[frame])))
    dense[i, j] = score
    match = np.zeros(dense.shape, np.bool_)
    match[linear_sum_assignment(-dense)] = True
    return match[i, j]


def _changes(person: IntArray, seen_as: IntArray, shown: IntArray) -> tuple[int, int]:
    """Return the switches and fragments of matches given by true id, predicted id and frame index."""
    order = np.lexsort((shown, person))
    person, seen_as, shown = person[order], seen_as[order], shown[order]
    same = person[1:] == person[:-1]
    switches = int(np.sum(same & (seen_as[1:] != seen_as[:-1])))
    fragments = int(np.sum(same & (shown[1:] != shown[:-1] + 1)))
    return switches, fragments
