"""Which detection is whom: the cost of every pair, and the assignment that costs least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from touchline.tracking.people.motion import Floats, States, centres_and_sizes

FORBIDDEN = 1e6
"""Cost of a pair that must not be."""


@dataclass(frozen=True, slots=True)
class CostSettings:
    """What speaks against a detection being a person.

    Attributes:
        measured_heights: standard deviation of the distance of centres, beside what the state itself says.
        size: standard deviation of the logarithm of width and height ratios.
        appearance: weight of the squared distance of appearances.
        reach_heights: no pair is farther apart than this many heights.

    """

    measured_heights: float = 0.15
    size: float = 0.35
    appearance: float = 3.0
    reach_heights: float = 3.0


def pair_costs(
    states: States,
    boxes_xyxy: npt.NDArray,
    *,
    settings: CostSettings,
    appearance: tuple[npt.NDArray, npt.NDArray] | None = None,
) -> Floats:
    """Costs (people, detections): squared deviations of place, size and appearance, in standard deviations.

    Args:
        states: of the people, predicted into this picture.
        boxes_xyxy: (n, 4) detections.
        settings: the deviations.
        appearance: of the people (m, D) and of the detections (n, D); NaN where unknown.

    """
    centre, size = centres_and_sizes(boxes_xyxy)
    height = states.size_px[:, 1:]
    away = ((states.centre_px[:, None] - centre[None]) ** 2).sum(axis=2) / height**2
    variance = states.covariance[:, :1] + settings.measured_heights**2
    ratio = np.log(states.size_px)[:, None] - np.log(size)[None]
    cost = away / variance + (ratio**2).sum(axis=2) / settings.size**2
    cost += np.log(variance / settings.measured_heights**2)
    if appearance is not None and settings.appearance > 0:
        known, seen = appearance
        apart = ((known[:, None] - seen[None]) ** 2).sum(axis=2)
        cost += settings.appearance * np.nan_to_num(apart, nan=0.0)
    cost[~(away <= settings.reach_heights**2)] = FORBIDDEN  # NaN too: whoever a camera's motion threw out of sight
    return cost


def assign(cost: Floats, *, limit: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows and columns of the pairs whose sum of costs is least, a pair left out costing ``limit``."""
    if cost.size == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows, columns = linear_sum_assignment(np.minimum(cost, limit))
    keep = cost[rows, columns] < limit
    return rows[keep].astype(np.int64), columns[keep].astype(np.int64)
