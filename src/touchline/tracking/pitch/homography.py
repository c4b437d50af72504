"""The camera's view: a homography from image to metres, fitted to pitch keypoints, with its covariance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.geometry.pitch import STANDARD, Pitch, keypoints_m
from touchline.tracking.pitch.view_algebra import displacements, jacobians, picture_units, project
from touchline.tracking.pitch.view_filter import Points
from touchline.tracking.pitch.view_fit import Fit, fit

LEAST_CONFIDENCE = 0.3
NOISE_SHARE = 1 / 400
"""Standard deviation of a confident keypoint, as a share of the width: 1.6 px at 640, lens distortion included."""
SURE_CONFIDENCE, DOUBT = 0.9, 4.0
"""Below this confidence the noise grows, by a factor of e for every ``1 / DOUBT`` less: 5 px at 0.6.

Measured on the pitch finder's keypoints in held-out frames of two matches (m06, m13).
"""
WIDENED = (1.0, 2.0, 4.0)
"""Factors that multiply the noise, tried in turn until most points agree on a view."""
LOOSE_POINTS = {30: 2.5, 31: 2.5}
"""Points that are located less precisely: only the curve of the circle marks its left and right ends."""


@dataclass(frozen=True, slots=True, eq=False)
class PitchView:
    """A view of the pitch, estimated from one frame.

    Attributes:
        matrix: float64 (3, 3), from image pixels (x, y, 1) to pitch metres (x, y, 1) times a scale factor that is
            positive below the horizon.
        covariance: float64 (8, 8), of the eight parameters of :mod:`touchline.tracking.pitch.view_algebra`.
        width, height: of the frame, pixels.
        pitch: the pitch whose dimensions were assumed.
        keypoints: number of keypoints it was fitted to; 0 for a view carried over from other frames.

    """

    matrix: Floats64
    covariance: Floats64
    width: int
    height: int
    pitch: Pitch = field(default=STANDARD)
    keypoints: int = 0

    @property
    def to_picture(self) -> Floats64:
        """float64 (3, 3), the homography from metres to pixels."""
        return np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)

    def to_metres(self, points_px: npt.ArrayLike) -> tuple[Floats64, Floats64]:
        """Map image points to places on the grass.

        Args:
            points_px: (n, 2) pixels.

        Returns:
            float64 (n, 2) metres, and float64 (n,), the expected root mean square error, metres; NaN and infinity for
            points at or above the horizon.

        """
        points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
        metres, depth = project(self.matrix, points)
        spread = self.covariance_m2(points)
        std = np.sqrt(np.trace(spread, axis1=1, axis2=2))
        above = ~(depth > 0)
        metres[above], std[above] = np.nan, np.inf
        return metres, std

    def covariance_m2(self, points_px: npt.ArrayLike) -> Floats64:
        """Covariance of :meth:`to_metres` due to the view alone: float64 (n, 2, 2), square metres."""
        points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
        units = picture_units(width=self.width, height=self.height)
        scaled, _ = project(units, points)
        moved = jacobians(self.matrix @ np.linalg.inv(units), scaled) @ displacements(scaled)
        return moved @ self.covariance @ moved.transpose(0, 2, 1)

    def metres_per_pixel(self, points_px: npt.ArrayLike) -> Floats64:
        """Return how far an isotropic error of one pixel moves points (n, 2) on the grass: float64 (n,), metres."""
        points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
        return np.sqrt((jacobians(self.matrix, points) ** 2).sum(axis=(1, 2)))

    def slopes(self, points_px: npt.ArrayLike) -> Floats64:
        """Return how far one pixel across and one down move points (n, 2) on the grass: float64 (n, 2, 2), metres."""
        return jacobians(self.matrix, np.asarray(points_px, dtype=np.float64).reshape(-1, 2))

    def typical_std_m(self) -> float:
        """Return the median uncertainty over the part of the frame that shows the pitch, metres."""
        across, down = np.meshgrid(np.linspace(0.05, 0.95, 7), np.linspace(0.1, 0.95, 7))
        points = np.stack([across.ravel() * self.width, down.ravel() * self.height], axis=1)
        metres, std = self.to_metres(points)
        on = (np.abs(metres) <= np.array([self.pitch.length_m, self.pitch.width_m]) / 2).all(axis=1)
        return float(np.median(std[on])) if on.any() else float("inf")

    def to_pixels(self, points_m: npt.ArrayLike) -> Floats64:
        """Map places on the grass, (n, 2) metres, to float64 (n, 2) pixels; NaN for those behind the camera."""
        pixels, depth = project(self.to_picture, np.asarray(points_m, dtype=np.float64).reshape(-1, 2))
        pixels[~(depth > 0)] = np.nan
        return pixels


def fit_view(
    keypoints: npt.ArrayLike,
    *,
    width: int,
    height: int,
    pitch: Pitch = STANDARD,
    noise_px: float | None = None,
    least_confidence: float = LEAST_CONFIDENCE,
) -> PitchView | None:
    """Fit a view to the keypoints of one frame; None if they do not determine one.

    Args:
        keypoints: (32, 3): x, y in pixels, confidence 0 to 1; the order of
            :data:`touchline.core.geometry.pitch.KEYPOINT_NAMES`.
        width: frame width, pixels.
        height: frame height, pixels.
        pitch: the pitch's dimensions.
        noise_px: standard deviation of a confident keypoint; by default proportional to the frame's width.
        least_confidence: points below it are ignored.

    """
    points, _ = usable_points(
        keypoints, width=width, height=height, pitch=pitch, noise_px=noise_px, least_confidence=least_confidence
    )
    for factor in WIDENED:
        found = fit(points.picture, points.pitch, sigmas=points.sigmas * factor)
        if found is None or not _enough(int(found.inliers.sum()), of=len(points.sigmas)):
            continue
        view = _view(found, width=width, height=height, pitch=pitch)
        if plausible(view):
            return view
    return None


def _view(found: Fit, *, width: int, height: int, pitch: Pitch) -> PitchView:
    """Convert a fit to a view in pixels."""
    units = picture_units(width=width, height=height)
    matrix = _signed(np.linalg.inv(found.matrix) @ units, width=width, height=height)
    return PitchView(matrix, found.covariance, width, height, pitch, int(found.inliers.sum()))


def usable_points(
    keypoints: npt.ArrayLike,
    *,
    width: int,
    height: int,
    pitch: Pitch = STANDARD,
    noise_px: float | None = None,
    least_confidence: float = LEAST_CONFIDENCE,
) -> tuple[Points, npt.NDArray[np.int64]]:
    """Select the keypoints that count: points, their noise, and their indices; arguments as for :func:`fit_view`."""
    points = np.asarray(keypoints, dtype=np.float64)
    if points.shape != (32, 3):
        raise ValueError(f"keypoints has shape {points.shape}; expected (32, 3): x, y and confidence of 32 points")
    if noise_px is not None and not noise_px > 0:
        raise ValueError(f"noise_px={noise_px} must be positive; keypoints are never exact")
    used = np.flatnonzero((points[:, 2] >= least_confidence) & np.isfinite(points).all(axis=1))
    scaled, _ = project(picture_units(width=width, height=height), points[used, :2])
    sigma = (NOISE_SHARE * width if noise_px is None else noise_px) * 2 / width
    sigmas = sigma * np.array([LOOSE_POINTS.get(int(index), 1.0) for index in used])
    sigmas *= np.exp(DOUBT * np.maximum(0.0, SURE_CONFIDENCE - points[used, 2]))
    return Points(scaled, keypoints_m(pitch)[used], sigmas), used


def plausible(view: PitchView) -> bool:
    """Return whether a camera beside a pitch could have this view.

    The horizon lies above the lower half of the frame, the view is not mirrored, a metre is neither tiny nor huge on
    the screen, and the bottom of the frame shows a place near the pitch.
    """
    matrix, width, height = view.matrix, view.width, view.height
    if not np.isfinite(matrix).all() or not np.isfinite(view.covariance).all():
        return False
    low = np.array([(0.0, height), (width / 2, height), (width, height), (0.0, height / 2), (width, height / 2)])
    metres, depth = project(matrix, low)
    if not (depth > 0).all():
        return False
    local = np.linalg.inv(jacobians(matrix, np.array([(width / 2, 0.75 * height)]))[0])
    along, across = local[0, 0], -local[1, 1]
    per_width = np.abs(np.linalg.svd(local)[1]) * 640 / width
    upright = along > 0 and across > 0 and float(np.linalg.det(local)) < 0
    scaled = per_width[1] >= 1.0 and per_width[0] <= 200.0 and per_width[0] <= 12.0 * per_width[1]
    near = bool((np.abs(metres[1]) <= (view.pitch.length_m, view.pitch.width_m)).all())
    return upright and scaled and near


def _enough(inliers: int, *, of: int) -> bool:
    """Return whether more points agree than chance would explain."""
    return inliers >= 4 and inliers >= 0.6 * of and (inliers >= 5 or of == 4)


def _signed(matrix: Floats64, *, width: int, height: int) -> Floats64:
    """Return the matrix scaled so that the factor at the middle of the frame's lower edge is one."""
    return matrix / float(matrix[2] @ (width / 2, float(height), 1.0))
