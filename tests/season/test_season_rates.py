"""Rates with intervals, against values computed otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from touchline.season.page.rates import poisson_interval, rate, ratio, share


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_the_interval_of_a_count_is_garwoods(count: int, low: float, high: float) -> None:
    assert poisson_interval(count) == pytest.approx((low, high), abs=2e-4)


def test_the_interval_of_a_large_count_is_that_of_chi_square() -> None:
    wanted = chi2.ppf(0.025, 2 * 100) / 2, chi2.ppf(0.975, 2 * 101) / 2
    assert poisson_interval(100) == pytest.approx(wanted)


def test_few_matches_have_the_interval_of_chance() -> None:
    found = rate([2, 3], [45.0, 45.0], per=90.0)
    assert found is not None and not found.by_matches
    low, high = poisson_interval(5)
    assert (found.value, found.low, found.high) == pytest.approx((5.0, low, high))


def test_many_matches_are_drawn_whole() -> None:
    random = np.random.default_rng(1)
    # Each match has a level of its own: Poisson's interval is too small.
    counts = random.poisson(random.choice([5, 25], 200))
    found = rate(counts.tolist(), [90.0] * 200, per=90.0)
    assert found is not None and found.by_matches
    chance = np.subtract(*reversed(poisson_interval(int(counts.sum())))) / 200
    spread = 2 * 1.96 * counts.std() / np.sqrt(200)
    assert found.high - found.low == pytest.approx(spread, rel=0.1)
    assert found.high - found.low > 2 * chance


def test_the_interval_of_a_share_is_wilsons() -> None:
    found = share([7], [10])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.7, 0.3968, 0.8922), abs=1e-4)


def test_no_exposure_is_no_rate() -> None:
    assert rate([1], [0.0]) is None and share([0], [0]) is None and ratio([1.0], [0.0]) is None


def test_a_ratio_of_few_matches_has_no_interval() -> None:
    found = ratio([100.0], [2.0])
    assert found is not None and found.value == 50.0 and np.isnan(found.low)
    assert ratio([100.0] * 8, [2.0] * 8).low == 50.0  # type: ignore[union-attr]
