"""Bootstrap intervals and calibration bins: the numbers that each of their former copies gave, to the last digits."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.metrics.bootstrap import Interval, draws, mean_interval, middle, over_cases, over_groups
from touchline.metrics.calibration import equal_counts, equal_widths
from touchline.metrics.probability import auc_interval
from touchline.metrics.recognition import accuracy_interval, calibration

_RANDOM = np.random.default_rng(7)
VALUES = _RANDOM.normal(size=41)
TRUTH = (_RANDOM.random(41) < 0.5).astype(float)
CHANCES = _RANDOM.random((3, 41))
NUMBERS = _RANDOM.integers(0, 9, 41)
GROUPS = np.array(list("abcdefghi"))[NUMBERS]


def numbers(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def mean_of(rows: np.ndarray) -> float:
    return float(VALUES[rows].mean())


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [
        (mean_interval(VALUES), -0.6361087017231521, -0.14498385694239477),
        (over_groups(mean_of, GROUPS, rounds=1000), -0.48685919020322865, -0.20765812015738844),
        (over_groups(mean_of, NUMBERS, rounds=50, seed=3), -0.5122126004275656, -0.2199559687244193),
        (over_groups(mean_of, GROUPS.tolist(), rounds=300), -0.4869088864004077, -0.22626260727153408),
        (mean_interval(VALUES, groups=NUMBERS), -0.4923239154494866, -0.19867323405292758),
    ],
)
def test_intervals_of_a_mean(interval: Interval, low: float, high: float) -> None:
    assert numbers(interval) == pytest.approx((-0.38285225048997423, low, high), abs=1e-14)


def test_intervals_of_shares_and_ranks() -> None:
    alone = accuracy_interval(TRUTH, np.ones(41), groups=[str(i) for i in range(41)], rounds=300)
    assert (alone.value, alone.high) == (0.4146341463414634, 0.5609756097560976)
    shots = mean_interval(TRUTH > 0, groups=NUMBERS)
    assert (shots.low, shots.high) == (0.25, 0.5294117647058824)
    assert numbers(auc_interval(TRUTH, CHANCES)) == (0.5024509803921569, 0.3773736802413273, 0.7320770592926166)


def test_rounds_repeat_themselves_and_missing_values_are_left_out() -> None:
    assert [list(rows) for rows in draws(3, rounds=2)] == [[2, 1, 1], [0, 0, 0]]
    assert middle([np.nan, 1.0, 1.0]) == (1.0, 1.0)
    assert numbers(over_cases(lambda rows: float(len(rows)), 5, rounds=3)) == (5, 5, 5)
    assert mean_interval([1.0, 3.0], rounds=10).to_json().keys() == {"value", "low", "high"}


def test_calibration_in_bins() -> None:
    assert equal_widths(CHANCES[0], TRUTH).error == pytest.approx(0.35358151522415937, abs=1e-15)
    assert equal_counts(CHANCES[0], TRUTH, bins=10).error == pytest.approx(0.32962951015163644, abs=1e-15)
    curve = equal_counts(CHANCES[0], TRUTH, bins=4).to_json()
    assert curve["said"] == pytest.approx([0.1150889054, 0.4206009018, 0.6347141743, 0.8626886002])
    assert curve["happened"] == pytest.approx([0.45454545454545453, 0.3, 0.6, 0.3])
    assert curve["low"] == pytest.approx([0.2127095754, 0.1077892874, 0.3126695474, 0.1077892874])
    assert curve["high"] == pytest.approx([0.7199122443, 0.6032267800, 0.8318224187, 0.6032267800])
    assert curve["count"] == [11, 10, 10, 10]
    found = calibration(TRUTH.astype(int), np.stack([CHANCES[0], 1 - CHANCES[0]], axis=1))
    assert found.expected_error == pytest.approx(0.24106851508134583, abs=1e-15)
    assert found.bin_count.tolist() == [0, 0, 0, 0, 0, 10, 9, 5, 9, 8]
