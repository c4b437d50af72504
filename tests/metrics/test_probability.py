"""Scores of probabilities: numbers worked out by hand, scikit-learn's, and intervals that hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from touchline.metrics.bootstrap import mean_interval
from touchline.metrics.calibration import equal_counts, wilson
from touchline.metrics.probability import auc, auc_interval, brier_losses, log_losses


def made(seed: int = 0, *, cases: int = 200) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    p = np.round(random.random(cases), 1)
    return (random.random(cases) < p).astype(float), p


def test_by_hand() -> None:
    assert log_losses([1, 0], [0.5, 0.75]) == pytest.approx([math.log(2), math.log(4)])
    assert brier_losses([1, 0], [0.5, 0.75]) == pytest.approx([0.25, 0.5625])
    assert auc([1, 0, 1, 0], [0.9, 0.1, 0.4, 0.4]) == pytest.approx(3.5 / 4)
    assert math.isnan(auc([1, 1], [0.1, 0.2]))
    assert np.isfinite(log_losses([1, 0], [0.0, 1.0])).all()


def test_the_same_as_scikit_learn() -> None:
    y, p = made()
    inside = np.clip(p, 0.01, 0.99)
    assert log_losses(y, inside).mean() == pytest.approx(log_loss(y, inside))
    assert brier_losses(y, p).mean() == pytest.approx(brier_score_loss(y, p))
    assert auc(y, p) == pytest.approx(roc_auc_score(y, p))


def test_intervals() -> None:
    values = np.random.default_rng(3).normal(2.0, 1.0, 400)
    bounded = mean_interval(values)
    half = 1.96 * values.std() / 20
    assert bounded.value == pytest.approx(values.mean())
    assert (bounded.low, bounded.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.015)
    y, p = made()
    found = auc_interval(y, np.stack([p, p]))
    assert found.value == pytest.approx(auc(y, p))
    assert found.low < found.value < found.high
    low, high = wilson([0.5], [100])
    assert (low[0], high[0]) == pytest.approx((0.4038, 0.5962), abs=1e-3)


def test_calibration() -> None:
    y, p = made(cases=4000)
    curve = equal_counts(p, y, bins=5)
    low, high = curve.interval
    assert curve.count.sum() == 4000
    assert np.abs(curve.said - curve.happened).max() < 0.06
    assert ((low <= curve.happened) & (curve.happened <= high)).all()
    assert len(equal_counts([0.2, 0.3], [1, 0], bins=8).count) == 2


@pytest.mark.parametrize(("y", "p"), [([1, 2], [0.1, 0.2]), ([1, 0], [0.1, 1.2]), ([1], [0.1, 0.2]), ([], [])])
def test_what_cannot_be_scored(y: list[float], p: list[float]) -> None:
    with pytest.raises(ValueError):
        log_losses(y, p)
