"""Temperatures learnt from held-out probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.training.recognition.temperature import fit_temperature, measure_temperature, tempered


def honest(count: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the probabilities that are given for them."""
    random = np.random.default_rng(seed)
    p = random.dirichlet(np.ones(4), count)
    return np.array([random.choice(4, p=row) for row in p]), p


def test_one_changes_nothing_and_the_order_stays() -> None:
    _, p = honest(50)
    np.testing.assert_allclose(tempered(p, temperature=1.0), p, atol=1e-12)
    np.testing.assert_array_equal(tempered(p, temperature=0.3).argsort(axis=1), p.argsort(axis=1))
    np.testing.assert_allclose(tempered([[0.8, 0.2]], temperature=2.0), [[2 / 3, 1 / 3]])


def test_the_true_temperature_is_found() -> None:
    labels, p = honest(20_000)
    assert fit_temperature(labels, p) == pytest.approx(1.0, abs=0.05)
    assert fit_temperature(labels, tempered(p, temperature=2.5)) == pytest.approx(0.4, abs=0.02)
    assert fit_temperature(labels, tempered(p, temperature=0.5)) == pytest.approx(2.0, abs=0.1)


def test_calibration_is_told_for_groups_that_were_left_out() -> None:
    labels, p = honest(4_000)
    unsure = tempered(p, temperature=3.0)
    temperature, told = measure_temperature(labels, unsure, groups=["a", "b"] * 2_000)
    assert temperature == pytest.approx(1 / 3, abs=0.03)
    assert told["calibration_error_tempered"] < 0.03 < 0.1 < told["calibration_error"]
    assert told["log_loss_tempered"] < told["log_loss"]


def test_a_lone_group_cannot_be_left_out_and_stays_as_it_is() -> None:
    labels, p = honest(200)
    _, told = measure_temperature(labels, p, groups=["a"] * 200)
    assert told["log_loss_tempered"] == told["log_loss"]
