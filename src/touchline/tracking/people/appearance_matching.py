"""The likelihood that two tracklets show the same person, judged by clothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.people.tracklets import Tracklet

_LEAST_TRACKLETS = 8
_LEAST_BOXES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """The clothing descriptors of tracklets, and their variances.

    Attributes:
        mean: (n, D), mean descriptor of each tracklet; NaN if it was never described.
        boxes: (n,), number of described boxes of each tracklet.
        within: (D,), variance between two means of the same person, each over many boxes.
        single: (D,), variance of a single box about its person's mean.
        between: (D,), variance between people.

    """

    mean: Floats64
    boxes: npt.NDArray[np.int64]
    within: Floats64
    single: Floats64
    between: Floats64

    def apart(self, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Floats64:
        """Log-likelihood ratio of two people to one for each pair; 0 if not described; 8 times the mean over D."""
        noise = (
            self.single[None] * (1 / np.maximum(self.boxes[first], 1) + 1 / np.maximum(self.boxes[second], 1))[:, None]
        )
        one = 2 * self.within[None] + noise
        two = one + 2 * self.between[None]
        square = (self.mean[first] - self.mean[second]) ** 2
        cost = square / (2 * one) - square / (2 * two) + 0.5 * np.log(one / two)
        return np.nan_to_num(cost.mean(axis=1), nan=0.0) * 8


def learn_looks(tracklets: Sequence[Tracklet]) -> Looks | None:
    """Learn descriptors and variances from the tracklets of a shot; None if too few are described."""
    if any(tracklet.appearance is None for tracklet in tracklets) or len(tracklets) < _LEAST_TRACKLETS:
        return None
    described = [_described(tracklet) for tracklet in tracklets]
    long = [values for values in described if len(values) >= _LEAST_BOXES]
    if len(long) < _LEAST_TRACKLETS:
        return None
    width = described[0].shape[1]
    means = np.array([values.mean(axis=0) if len(values) else np.full(width, np.nan) for values in described])
    halves = np.array([values[: len(values) // 2].mean(0) - values[len(values) // 2 :].mean(0) for values in long])
    floor = 1e-6
    single = np.mean([values.var(axis=0) for values in long], axis=0) + floor
    within = (halves**2).mean(axis=0) / 2 + floor
    between = np.maximum(np.array([values.mean(axis=0) for values in long]).var(axis=0) - within / 2, floor)
    counts = np.array([len(values) for values in described], np.int64)
    return Looks(means, counts, within, single, between)


def _described(tracklet: Tracklet) -> Floats64:
    """Return the rows (k, D) of a tracklet's appearance that are not NaN."""
    looks = np.asarray(tracklet.appearance, np.float64)
    return looks[np.isfinite(looks).all(axis=1)]
