"""Where a point of the picture lies on the pitch, from the people whose places are known at that time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.clock import US_PER_S
from touchline.core.geometry.pitch import STANDARD
from touchline.formats.boxes.tracks_parquet import read_track_columns

_NEAR_US = US_PER_S // 10
_FEWEST = 4
_FARTHEST_MISS_M = 2.0
"""Places that the fit misses by more than this on average are not those of one camera."""
_BEYOND_M = 15.0
"""How far outside the pitch a point may lie."""


def place_of(path: Path, *, time_us: int, point_px: tuple[float, float]) -> tuple[float, float] | None:
    """Return the place on the pitch that a point of the picture shows, if it lies on the ground.

    The map from picture to pitch is fitted to the feet of everyone placed at that time.

    Args:
        path: ``tracks.parquet`` of the video.
        time_us: microseconds from the first shown frame.
        point_px: the point (x, y), pixels.

    Returns:
        Metres from the centre spot; None if too few people are placed, or the point is far off the pitch.

    """
    feet_px, places_m = _pairs(path, time_us=time_us)
    if len(feet_px) < _FEWEST:
        return None
    with np.errstate(all="ignore"):
        fitted, _ = cv2.findHomography(feet_px, places_m, cv2.RANSAC, _FARTHEST_MISS_M)
    if fitted is None:
        return None
    misses = np.linalg.norm(_mapped(fitted, feet_px) - places_m, axis=1)
    x_m, y_m = _mapped(fitted, np.array([point_px], np.float64))[0]
    near = abs(x_m) <= STANDARD.length_m / 2 + _BEYOND_M and abs(y_m) <= STANDARD.width_m / 2 + _BEYOND_M
    good = np.median(misses) <= _FARTHEST_MISS_M
    return (round(float(x_m), 2), round(float(y_m), 2)) if near and good else None


def _pairs(path: Path, *, time_us: int) -> tuple[Floats64, Floats64]:
    """Return feet in pixels and places in metres, both (n, 2), of everyone placed at the frame nearest to a time."""
    span = [("time_us", ">=", time_us - _NEAR_US), ("time_us", "<=", time_us + _NEAR_US), ("label", "!=", "ball")]
    table = read_track_columns(path, columns=["time_us", "x0", "x1", "y1", "x_m", "y_m"], filters=span)
    times, x0, x1, y1, x_m, y_m = (np.array(column.to_pylist(), np.float64) for column in table.columns)
    at = np.isfinite(x_m) & np.isfinite(y_m)
    if at.any():
        at &= np.abs(times - time_us) == np.abs(times[at] - time_us).min()
    return np.stack([(x0 + x1) / 2, y1], axis=1)[at], np.stack([x_m, y_m], axis=1)[at]


def _mapped(homography: Floats64, points: Floats64) -> Floats64:
    """Return points (n, 2) after a homography."""
    whole = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ homography.T
    return np.asarray(whole[:, :2] / whole[:, 2:], np.float64)
