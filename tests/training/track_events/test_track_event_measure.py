"""Measures of events from tracks, on hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.training.track_events.measure import (
    average_precision,
    best_threshold,
    compare,
    f1_at,
    fit_calibration,
    pooled,
)

US = 1_000_000


def times(*seconds: float) -> np.ndarray:
    return np.array([round(US * second) for second in seconds], np.int64)


def test_each_true_event_is_found_once_by_the_most_confident() -> None:
    found = compare(times(1.0, 1.2, 5.0), np.array([0.6, 0.9, 0.3]), times(1.1, 9.0))
    assert found.confidence.tolist() == [0.9, 0.6, 0.3]
    assert found.right.tolist() == [True, False, False]
    assert found.truths == 2


def test_average_precision_is_the_area_under_the_envelope() -> None:
    found = compare(times(1, 2, 3, 4), np.array([0.9, 0.8, 0.7, 0.6]), times(1, 3))
    assert average_precision(found) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert np.isnan(average_precision(compare(times(1), np.ones(1), times())))


def test_f1_and_its_best_threshold() -> None:
    found = compare(times(1, 2, 3, 4), np.array([0.9, 0.8, 0.7, 0.6]), times(1, 3))
    assert best_threshold(found) == 0.7
    assert f1_at(found, 0.7) == pytest.approx(2 * 2 / 5)
    assert f1_at(found, 0.85) == pytest.approx(2 / 3)


def test_matches_are_pooled_by_confidence() -> None:
    one, other = compare(times(1), np.array([0.2]), times(1)), compare(times(1), np.array([0.8]), times(9))
    both = pooled([one, other])
    assert (both.confidence.tolist(), both.right.tolist(), both.truths) == ([0.8, 0.2], [False, True], 2)


def test_calibration_finds_the_share_of_right_events() -> None:
    found = pooled([compare(times(i), np.array([0.5]), times(i) if i % 4 == 0 else times()) for i in range(400)])
    slope, offset = fit_calibration(found)
    assert slope == pytest.approx(1.0, abs=0.01)
    assert 1 / (1 + np.exp(-offset)) == pytest.approx(0.25, abs=0.01)
