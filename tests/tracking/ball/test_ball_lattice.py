"""Probabilities of the lattice against the sum over every explanation, written out."""

from itertools import chain, combinations, pairwise
from typing import Any

import numpy as np
import pytest

from touchline.tracking.ball.lattice import BallSettings, Candidates, Lattice

SETTINGS = BallSettings(evidence_slope=1.0, evidence_offset=0.5, start=-2.0, miss=-0.4, gap_s=0.3)


def lattice(*, moves: Any = None) -> tuple[Lattice, Any]:
    """Six candidates in five pictures, the third of them empty, ten a second."""
    index = np.array([0, 0, 1, 3, 3, 4])
    centres = np.array([[0.10, 0.10], [0.50, 0.30], [0.12, 0.11], [0.16, 0.13], [0.48, 0.31], [0.18, 0.14]])
    confidence = np.array([0.6, 0.4, 0.7, 0.5, 0.6, 0.3])
    boxes = np.tile(centres, 2).astype(np.float32)
    candidates = Candidates(index, np.zeros(6, np.int64), boxes, confidence, centres)
    steady = np.repeat(np.eye(3)[None], 5, axis=0) if moves is None else moves
    return Lattice(candidates, np.arange(5) / 10, moves=steady, aspect=0.5625, settings=SETTINGS), candidates


def weights(made: Lattice, candidates: Any) -> dict[tuple[int, ...], float]:
    """The weight of every set of candidates, all its cuttings into ways summed: each step is taken or begun anew."""
    steps = {}
    for picture in range(5):
        window = made._window(picture)
        table = made._steps(window) if window.end > window.high else np.zeros((0, 0))
        for (i, j), value in np.ndenumerate(table):
            steps[window.low + i, window.high + j] = value
    odds = candidates.confidence / (1 - candidates.confidence)
    evidence = np.exp(SETTINGS.evidence_offset + SETTINGS.evidence_slope * np.log(odds))
    found = {(): 1.0}
    for chosen in chain.from_iterable(combinations(range(6), count) for count in range(1, 7)):
        if len(set(candidates.index[list(chosen)])) < len(chosen):
            continue
        weight = np.exp(SETTINGS.start) * evidence[chosen[0]]
        for source, target in pairwise(chosen):
            onward = np.exp(steps[source, target]) if (source, target) in steps else 0.0
            weight *= (onward + np.exp(SETTINGS.start)) * evidence[target]
        found[chosen] = float(weight)
    return found


def test_probabilities_are_those_of_all_explanations() -> None:
    made, candidates = lattice()
    (way,) = made.ways()
    every = weights(made, candidates)
    whole = sum(every.values())
    for member, probability in zip(way.members, way.member_probability, strict=True):
        mine = sum(weight for chosen, weight in every.items() if member in chosen)
        assert probability == pytest.approx(mine / whole, rel=1e-9)
    assert way.members.tolist() == [0, 2, 3, 5]
    assert (way.step_probability <= np.minimum(way.member_probability[1:], way.member_probability[:-1]) + 1e-12).all()


def test_a_candidate_seen_by_the_camera_of_another_picture() -> None:
    pan = np.repeat(np.array([[[1, 0, 0.1], [0, 1, -0.05], [0, 0, 1]]]), 5, axis=0)
    made, candidates = lattice(moves=pan)
    assert made.seen_from(2, 1).tolist() == candidates.centres[2].tolist()
    assert made.seen_from(2, 3) == pytest.approx(candidates.centres[2] + [0.2, -0.1])
    assert made.seen_from(3, 1) == pytest.approx(candidates.centres[3] - [0.2, -0.1])


def test_steps_reach_no_further_than_the_gap() -> None:
    made, _ = lattice()
    assert made._window(4).low == 2
    assert made._window(3).low == 0
