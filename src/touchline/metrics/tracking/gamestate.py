"""GS-HOTA of game-state reconstruction: HOTA of places on the pitch, where only equal identities can match.

The similarity of a prediction P and a truth G is ``exp(ln(0.05) |P - G|^2 / tau^2)`` with tau = 5 m if role, team and
shirt number agree, and 0 otherwise (Somers et al., CVPRW 2024). HOTA, DetA and AssA follow from it as from overlaps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.columns import FloatArray, IntArray
from touchline.metrics.box_overlap import Pairs
from touchline.metrics.tracking.hota import Hota, combine_hota, hota
from touchline.metrics.tracking.identity import Identity, combine_identity, identity
from touchline.metrics.tracking.sequence import Side, paired, side_of

TOLERANCE_M = 5.0
"""Distance at which the similarity is 0.05, the lowest threshold of HOTA: farther apart, nothing matches."""

SIMILARITY = 0.5
"""Similarity at which a prediction counts as the same person for IDF1."""

FramePlaces = tuple[npt.NDArray[np.int64], npt.NDArray[np.floating], npt.NDArray[np.int64]]
"""One frame of one side: ids int64 (n,), unique in the frame, places (n, 2) in metres, and identities int64 (n,); equal
numbers mean equal role, team and shirt number."""


@dataclass(frozen=True, slots=True, eq=False)
class GameStateReport:
    """The result of an evaluation of game states.

    Attributes:
        hota: GS-HOTA and its components, at 19 thresholds.
        identity: IDF1 and its components at a similarity of 0.5.
        truths, predicted: number of places on each side.
        true_ids, predicted_ids: number of distinct ids on each side, summed over sequences.

    """

    hota: Hota
    identity: Identity
    truths: int
    predicted: int
    true_ids: int
    predicted_ids: int

    def results(self) -> dict[str, float]:
        """Return the scores by name; those of HOTA are means over its thresholds."""
        curves = {f"GS-{name}": float(values.mean()) for name, values in self.hota.curves().items()}
        return {**curves, "IDF1": self.identity.idf1, "IDP": self.identity.idp, "IDR": self.identity.idr}


def evaluate_gamestate(
    truth: Sequence[FramePlaces], predictions: Sequence[FramePlaces], *, tolerance_m: float = TOLERANCE_M
) -> GameStateReport:
    """Score the game states of one sequence against the truth.

    Args:
        truth: ids, places and identities of each frame.
        predictions: the same of the same frames.
        tolerance_m: distance at which the similarity is 0.05, metres.

    Raises:
        ValueError: the sides differ in length, an id occurs twice in a frame, or a place is not finite.

    """
    if len(truth) != len(predictions):
        raise ValueError(f"truth has {len(truth)} frames and predictions have {len(predictions)}; they must be equal")
    true, true_places = side_of([frame[:2] for frame in truth], word="truth", width=2)
    found, places = side_of([frame[:2] for frame in predictions], word="predictions", width=2)
    codes = [_joined([frame[2] for frame in side]) for side in (truth, predictions)]
    both = paired(true, found, _alike(true, found, (true_places, places), codes, tolerance_m=tolerance_m))
    return GameStateReport(
        hota=hota(both),
        identity=identity(both, iou=SIMILARITY),
        truths=len(true.ids),
        predicted=len(found.ids),
        true_ids=true.id_count,
        predicted_ids=found.id_count,
    )


def combine_gamestate(reports: Sequence[GameStateReport]) -> GameStateReport:
    """Combine the scores of several sequences from their counts, as the leaderboard does."""
    return GameStateReport(
        hota=combine_hota([report.hota for report in reports]),
        identity=combine_identity([report.identity for report in reports]),
        truths=sum(report.truths for report in reports),
        predicted=sum(report.predicted for report in reports),
        true_ids=sum(report.true_ids for report in reports),
        predicted_ids=sum(report.predicted_ids for report in reports),
    )


def _joined(parts: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _alike(
    true: Side, found: Side, places: tuple[FloatArray, FloatArray], codes: Sequence[IntArray], *, tolerance_m: float
) -> Pairs:
    """Return the pairs of equal identities in each frame, with their similarities above 0."""
    frame, row, column = _same_identity(true, found, codes)
    distance = np.sqrt(((places[0][row] - places[1][column]) ** 2).sum(axis=1))
    sigma = math.sqrt(tolerance_m**2 / (-2 * math.log(0.05)))
    similarity = np.exp(-0.5 * (distance / sigma) ** 2)
    near = similarity > 0
    return Pairs(frame[near], row[near], column[near], similarity[near])


def _same_identity(true: Side, found: Side, codes: Sequence[IntArray]) -> tuple[IntArray, IntArray, IntArray]:
    """Return (frame, row, column) of all pairs of equal identities, in this order."""
    frames, rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for frame, (start, end, first, last) in enumerate(
        zip(true.starts[:-1], true.starts[1:], found.starts[:-1], found.starts[1:], strict=True)
    ):
        row, column = np.nonzero(codes[0][start:end, None] == codes[1][None, first:last])
        frames.append(np.full(len(row), frame))
        rows.append(row + start)
        columns.append(column + first)
    return np.concatenate(frames), np.concatenate(rows), np.concatenate(columns)
