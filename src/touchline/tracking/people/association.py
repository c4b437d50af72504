"""Association of detections with people: the cost of every pair, and the assignment of least total cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.tracking.people.motion import States, centres_and_sizes

FORBIDDEN = 1e6
"""Cost of a pair that is not allowed."""


@dataclass(frozen=True, slots=True)
class CostSettings:
    """The standard deviations and weights of the association cost.

    Attributes:
        measured_heights: standard deviation of the distance of centres, in addition to the state's own.
        size: standard deviation of the logarithms of the width and height ratios.
        appearance: weight of the squared distance of appearances.
        reach_heights: pairs farther apart than this many body heights are forbidden.

    """

    measured_heights: float = 0.25
    size: float = 0.35
    appearance: float = 6.0
    reach_heights: float = 3.0


def pair_costs(
    states: States,
    boxes_xyxy: npt.NDArray,
    *,
    settings: CostSettings,
    appearance: tuple[npt.NDArray, npt.NDArray] | None = None,
) -> Floats64:
    """Return costs (people, detections): squared deviations of place, size and appearance, in standard deviations.

    Args:
        states: of the people, predicted for this frame.
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
        known, seen = (looks.astype(np.float64) for looks in appearance)
        apart = known[:, None] - seen[None]
        apart = np.square(apart, out=apart).sum(axis=2)
        cost += settings.appearance * np.nan_to_num(apart, nan=0.0)
    cost[~(away <= settings.reach_heights**2)] = FORBIDDEN  # NaN too: a camera motion moved the person out of sight
    return cost


def assign(cost: Floats64, *, limit: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return rows and columns of the pairs of least total cost, where an unassigned pair costs ``limit``.

    Pairs whose cost is not finite are not assigned.
    """
    if cost.size == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    cost = np.where(np.isfinite(cost), cost, limit)
    rows, columns = least_cost_pairs(np.minimum(cost, limit))
    keep = cost[rows, columns] < limit
    return rows[keep].astype(np.int64), columns[keep].astype(np.int64)


def least_cost_pairs(cost: Floats64) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return rows and columns of the assignment of least total cost.

    SciPy is imported when there is something to assign: it takes as long as the whole rest of a start.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(cost)
    return rows, columns
