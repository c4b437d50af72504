"""From outputs to events: displacement, suppression of neighbours, teams."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.events import Scores
from touchline.models.specs.dense_spec import SoftSuppressionSpec
from touchline.spotting.dense.decoding import TEAM_COLUMN, displaced, events_of, suppressed


def test_displacement_moves_scores_to_the_event_and_keeps_the_highest() -> None:
    scores = np.array([[0.1], [0.5], [0.9], [0.7], [0.2]], np.float32)
    moved, hit = displaced(scores, np.array([0.0, -1.4, 0.4, 1.0, -3.0], np.float32))
    np.testing.assert_allclose(moved[:, 0], [0.1, 0, 0.9, 0, 0.2])
    assert hit.tolist() == [True, False, True, False, True]


def _suppressed(score: list[float], *, window: int, floor: float = 0.01, kind: str = "soft") -> list[tuple[int, float]]:
    suppression = SoftSuppressionSpec.model_validate({"window": window, "kind": kind})
    at, heights = suppressed(np.array(score), suppression=suppression, floor=floor)
    return [(int(index), round(float(height), 6)) for index, height in zip(at, heights, strict=True)]


def test_soft_suppression_lowers_neighbours_by_their_squared_distance() -> None:
    assert _suppressed([0, 0.8, 0.9, 0.4, 0, 0.4], window=2) == [(1, 0.2), (2, 0.9), (3, 0.1), (5, 0.4)]
    assert _suppressed([0, 0.8, 0.9, 0.4, 0, 0.4], window=2, floor=0.15) == [(1, 0.2), (2, 0.9), (5, 0.4)]


def test_a_score_at_the_windows_edge_stays() -> None:
    assert _suppressed([0.9, 0, 0, 0.5], window=3) == [(0, 0.9), (3, 0.5)]


def test_hard_suppression_drops_neighbours_of_what_is_kept() -> None:
    assert _suppressed([0.2, 0.5, 0.9, 0.3], window=1, kind="hard") == [(0, 0.2), (2, 0.9)]


def test_highest_keeps_what_no_neighbour_exceeds() -> None:
    assert _suppressed([0.2, 0.5, 0.9, 0.3], window=1, kind="highest") == [(2, 0.9)]
    assert _suppressed([0.5, 0.5, 0, 0.4], window=1, kind="highest") == [(0, 0.5), (1, 0.5), (3, 0.4)]


def test_suppression_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    for window in (1, 3, 12):
        score = rng.random(200) ** 4
        left = {index: value for index, value in enumerate(score) if value >= 0.05}
        expected = []
        while left:
            best = max(left, key=lambda index: left[index])
            if left[best] < 0.05:
                break
            expected.append((best, round(left.pop(best), 6)))
            for index in left:
                if abs(index - best) <= window:
                    left[index] *= (index - best) ** 2 / window**2
        assert _suppressed(score.tolist(), window=window, floor=0.05) == sorted(expected)


def _scores(values: list[list[float]], labels: tuple[str, ...]) -> Scores:
    return Scores(np.array(values, np.float32), np.arange(len(values)) * 80_000, labels)


def test_events_carry_the_team_and_its_confidence() -> None:
    scores = _scores([[0, 0.5], [0.8, 0.25], [0, 0.5], [0, 0.5], [0.6, 0.9]], ("PASS", TEAM_COLUMN))
    found = events_of(scores, thresholds={"PASS": 0.3}, suppression=SoftSuppressionSpec(window=2), source="m")
    assert [(e.start_us, round(e.confidence, 3), e.team) for e in found] == [
        (80_000, 0.8, "left"),
        (320_000, 0.6, "right"),
    ]
    assert [e.extra for e in found] == [{"team_confidence": 0.75}, {"team_confidence": 0.9}]
    weighed = events_of(scores, thresholds={"PASS": 0.3}, suppression=SoftSuppressionSpec(window=2), team_weighs=True)
    assert [round(e.confidence, 3) for e in weighed] == [0.6, 0.54]


def test_without_a_team_head_events_have_none() -> None:
    found = events_of(_scores([[0.0], [0.8]], ("PASS",)), thresholds={"PASS": 0.3}, suppression=SoftSuppressionSpec())
    assert [(e.team, e.extra) for e in found] == [(None, {})]


@pytest.mark.parametrize("count", [0, 1])
def test_short_scores(count: int) -> None:
    values = np.full((count, 1), 0.9, np.float32)
    scores = Scores(values, np.zeros(count, np.int64), ("PASS",))
    assert len(events_of(scores, thresholds={"PASS": 0.3}, suppression=SoftSuppressionSpec())) == count
