"""Scores to events: the reference's suppression, the soft one, displaced scores gathered, calibration."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.models.specs.stream_spec import SuppressionSpec
from touchline.spotting.stream_decoding import DenseScores, calibrated, find_peaks, suppress_hard, suppress_soft


def spikes(count: int, values: dict[int, float]) -> np.ndarray:
    score = np.zeros(count)
    for at, value in values.items():
        score[at] = value
    return score


def test_hard_suppression_is_the_references() -> None:
    score = spikes(200, {10: 0.1, 50: 0.5, 69: 0.6, 70: 0.55, 89: 0.3, 90: 0.2})
    assert sorted(suppress_hard(score, window=40, floor=0.05)) == [10, 69, 89]
    assert suppress_hard(score, window=40, floor=0.05)[0] == 69
    assert suppress_hard(np.zeros(0), window=40) == []
    assert suppress_hard(np.zeros(5), window=2, floor=0.1) == []


def test_soft_suppression_weakens_what_is_near() -> None:
    score = spikes(200, {50: 0.9, 55: 0.8, 59: 0.8, 60: 0.8, 120: 0.5})
    found = dict(suppress_soft(score, window=20, floor=0.01))
    assert found[50] == 0.9
    assert found[60] == 0.8  # as far as half of the window: untouched
    assert found[120] == 0.5
    assert found[55] == pytest.approx(0.8 * 0.5**2 * 0.5**2)  # near 50 and near 60
    assert 59 not in found or found[59] < 0.01 + 0.8 * 0.1**2


def test_displaced_scores_meet_where_they_point() -> None:
    count, score, displacement = 60, np.zeros((60, 1)), np.zeros((60, 1))
    spread = np.ones((60, 1))
    for at in range(27, 33):
        score[at], displacement[at] = 0.6, 30.3 - at
    score[29], spread[29] = 0.8, 0.5
    dense = DenseScores(score, displacement, spread)
    peaks = find_peaks(dense, column=0, rate_hz=2.0, settings=SuppressionSpec(window_s=10))
    assert len(peaks.at) == 1
    assert peaks.at[0] == pytest.approx(30.3)
    assert peaks.score[0] == 0.8
    assert 0.5 < peaks.spread[0] < 1
    plain = find_peaks(DenseScores(score), column=0, rate_hz=2.0, settings=SuppressionSpec(window_s=10))
    assert plain.at[0] == 29
    assert np.isnan(plain.spread[0])
    assert len(find_peaks(DenseScores(np.zeros((count, 1))), column=0, rate_hz=2.0, settings=SuppressionSpec()).at) == 0


def test_calibration_bends_confidence() -> None:
    score = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    assert np.allclose(calibrated(score, 1.0, 0.0), score, atol=1e-5)
    assert np.all(calibrated(score, 1.0, -1.0) < score + 1e-5)
    assert calibrated(np.array([0.5]), 3.0, 0.0)[0] == pytest.approx(0.5)
