"""Events from dense scores: smoothing of each class over time, then peaks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from touchline.core.events import Event, Scores, Timeline
from touchline.listening.peaks import find_peaks

LROMUL_SIGMA_SAMPLES = 3.0
LROMUL_DISTANCE_SAMPLES = 15


def smooth(values: npt.NDArray[np.float32], *, sigma_samples: float) -> npt.NDArray[np.float64]:
    """Smooth values (samples, classes) over time with a Gaussian, class by class; ends are mirrored."""
    if sigma_samples < 0:
        raise ValueError(f"sigma_samples={sigma_samples} must be 0 or more")
    exact = values.astype(np.float64)
    if len(values) == 0 or sigma_samples == 0:
        return exact
    from scipy.ndimage import gaussian_filter1d  # importing takes as long as the rest of a start

    return gaussian_filter1d(exact, sigma_samples, axis=0, mode="reflect")


def find_events(
    scores: Scores,
    *,
    thresholds: Mapping[str, float],
    sigma_samples: float = LROMUL_SIGMA_SAMPLES,
    distance_samples: int = LROMUL_DISTANCE_SAMPLES,
    source: str | None = None,
) -> Timeline:
    """Find the peaks of each class's smoothed scores.

    Args:
        scores: scores of one video on a regular grid, (samples, classes).
        thresholds: least smoothed score of a peak, by label; every label of ``scores`` needs one.
        sigma_samples: standard deviation of the Gaussian, in samples; 0 leaves the scores unsmoothed.
        distance_samples: least distance between two events of a class, in samples; the higher peak is kept.
        source: name recorded with each event.

    Returns:
        Events at the sample times of the peaks, with the smoothed score as confidence. A class's first and last
        sample are never peaks.

    Raises:
        ValueError: a label without a threshold, or ``distance_samples`` below 1.

    """
    if distance_samples < 1:
        raise ValueError(f"distance_samples={distance_samples} must be 1 or more")
    missing = sorted(set(scores.labels) - set(thresholds))
    if missing:
        raise ValueError(f"no threshold for {missing}; thresholds are given for {sorted(thresholds)}")
    if len(scores) == 0:
        return Timeline()
    values = smooth(scores.values, sigma_samples=sigma_samples)
    events: list[Event] = []
    for column, label in enumerate(scores.labels):
        curve = values[:, column]
        peaks = find_peaks(curve, height=thresholds[label], distance=distance_samples)
        events += [
            Event(label, int(scores.times_us[peak]), confidence=min(max(float(curve[peak]), 0.0), 1.0), source=source)
            for peak in peaks
        ]
    return Timeline(tuple(events))
