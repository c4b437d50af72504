"""Peaks of a curve, as SciPy finds them: importing SciPy's signal processing for this takes most of a second."""

from __future__ import annotations

import numpy as np

from touchline.core.arrays import Bools, Floats64, Indices


def find_peaks(curve: Floats64, *, height: float, distance: float = 1) -> Indices:
    """Return the positions of a curve's peaks in order: what ``scipy.signal.find_peaks`` returns for these arguments.

    Args:
        curve: (n,); its first and last value are no peaks. The middle of a flat peak counts.
        height: least value of a peak.
        distance: least distance between two peaks; lower peaks that are nearer to a higher one are left out.

    """
    peaks = _maxima(curve)
    peaks = peaks[curve[peaks] >= height]
    return peaks[which_stay(peaks, curve[peaks], distance=int(np.ceil(distance)))]


def _maxima(curve: Floats64) -> Indices:
    """Return the middles of all runs of equal values that are higher than both neighbouring runs."""
    ends = np.append(np.flatnonzero(curve[1:] != curve[:-1]), len(curve) - 1)
    if len(ends) < 3:
        return np.zeros(0, np.int64)
    starts = np.append(0, ends[:-1] + 1)
    value = curve[starts]
    high = np.flatnonzero((value[1:-1] > value[:-2]) & (value[1:-1] > value[2:])) + 1
    return (starts[high] + ends[high]) // 2


def which_stay(peaks: Indices, heights: Floats64, *, distance: int) -> Bools:
    """Return a mask of the peaks (n,), in order, that stay if from the highest on each drops those nearer than this."""
    keep = np.ones(len(peaks), np.bool_)
    for number in np.argsort(heights)[::-1].tolist():
        if keep[number]:
            low, high = np.searchsorted(peaks, [peaks[number] - distance + 1, peaks[number] + distance])
            keep[low:high] = False
            keep[number] = True
    return keep
