"""Features of shots, the inputs of the expected-saves model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.shots import GOAL_YD, POSTS_YD, Shot

__all__ = ["FEATURES", "Shot", "engagement_from", "geometry", "shot_features"]


FEATURES = (
    "log_distance",
    "opening_rad",
    "x_yd",
    "aside_yd",
    "engagement",
    "keeper_to_shooter_yd",
    "keeper_came_yd",
    "under_pressure",
)
"""The features of a shot: log of the distance in yards, the angle that the goal subtends, the place (mirrored to one
side), engagement, the two distances it implies, and pressure."""

CURVES = FEATURES[:-1]
"""The features that enter as curves; pressure is a step."""

_LEAST_DISTANCE_YD = 0.5


def geometry(x_yd: Floats64, y_yd: Floats64, *, engagement: Floats64, under_pressure: npt.ArrayLike) -> Floats64:
    """Compute features (n, 8) of places (n,), in the order of ``FEATURES``."""
    before, aside = GOAL_YD[0] - x_yd, np.abs(y_yd - GOAL_YD[1])
    distance = np.maximum(np.hypot(before, aside), _LEAST_DISTANCE_YD)
    half = (POSTS_YD[1] - POSTS_YD[0]) / 2
    opening = np.arctan2(aside + half, before) - np.arctan2(aside - half, before)
    pressed = np.broadcast_to(np.asarray(under_pressure, np.float64), distance.shape)
    apart = engagement * distance
    return np.stack([np.log(distance), opening, x_yd, aside, engagement, apart, distance - apart, pressed], axis=1)


def engagement_from(x_yd: Floats64, y_yd: Floats64, *, keeper_yd: tuple[float, float]) -> Floats64:
    """Compute the engagement (n,) of a keeper at one place for shooters at (n,) places."""
    apart = np.hypot(x_yd - keeper_yd[0], y_yd - keeper_yd[1])
    return apart / np.maximum(np.hypot(x_yd - GOAL_YD[0], y_yd - GOAL_YD[1]), _LEAST_DISTANCE_YD)


def shot_features(shots: Sequence[Shot]) -> Floats64:
    """Compute features (n, 8) of shots; NaN where they depend on an unknown engagement."""
    nan = float("nan")
    return geometry(
        np.array([shot.x_yd for shot in shots], np.float64),
        np.array([shot.y_yd for shot in shots], np.float64),
        engagement=np.array([nan if shot.engagement is None else shot.engagement for shot in shots], np.float64),
        under_pressure=np.array([shot.under_pressure for shot in shots], np.float64),
    )
