"""Peaks of curves: the same as SciPy's, ties and flat tops included."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from touchline.listening.peaks import find_peaks


@pytest.mark.parametrize("distance", [1, 2, 3.5, 15])
def test_peaks_are_those_of_scipy(distance: float) -> None:
    random = np.random.default_rng(3)
    for levels in (3, 10, 1000):
        for length in (0, 1, 2, 3, 50, 300):
            curve = random.integers(0, levels, length).astype(np.float64)
            expected, _ = signal.find_peaks(curve, height=0.3 * levels, distance=distance)
            assert find_peaks(curve, height=0.3 * levels, distance=distance).tolist() == expected.tolist()


def test_the_middle_of_a_flat_peak_counts_and_ends_do_not() -> None:
    assert find_peaks(np.array([5.0, 0, 2, 2, 2, 1, 9]), height=0.0).tolist() == [3]
