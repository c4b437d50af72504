"""Length and width of a pitch, estimated from the keypoints of many frames.

The penalty areas and the centre circle have the same size on every pitch; the distances between them and to the touch
lines depend on the pitch's size. The camera of each frame is unknown, so only what no camera explains is evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.geometry.pitch import STANDARD, Pitch, keypoints_m
from touchline.tracking.pitch.homography import LEAST_CONFIDENCE, PitchView, fit_view, usable_points
from touchline.tracking.pitch.view_algebra import displacements, jacobians, picture_units, project

LEAST_KEYPOINTS = 6
MOST_PICTURES = 24
USUAL_STD_M = np.array([3.0, 2.0])
"""Prior standard deviation of the deviation from the standard size, which is assumed without evidence."""
OUTLIER_SIGMAS = 6.0
LEAST_DIFFERENCE_M = 2.0
"""Lens distortion can look like this much; the estimates for pitches of 105 x 68 m were within 1.7 m."""
MIDDLE, ENDS, TOUCH = [13, 14, 15, 16, 30, 31], [*range(13), *range(17, 30)], [0, 5, 13, 16, 24, 29]
"""Points of the middle and of the ends, which together determine the length; points on touch lines, for the width."""
ALIKE = 4.0
"""Errors of neighbouring frames are correlated: this many frames count as one."""


@dataclass(frozen=True, slots=True)
class PitchSize:
    """The estimated size of a pitch with its uncertainty.

    Attributes:
        pitch: the dimensions.
        length_std_m: standard deviation of the length.
        width_std_m: standard deviation of the width.

    """

    pitch: Pitch
    length_std_m: float
    width_std_m: float

    def or_standard(self) -> Pitch:
        """Return the estimated size if it differs significantly from the standard size, else the standard size."""
        off = (self.pitch.length_m - STANDARD.length_m, self.pitch.width_m - STANDARD.width_m)
        stds = (self.length_std_m, self.width_std_m)
        differs = any(abs(d) > max(LEAST_DIFFERENCE_M, 2 * s) for d, s in zip(off, stds, strict=True))
        return self.pitch if differs else STANDARD


def fit_pitch_size(keypoints: Sequence[npt.ArrayLike | None], *, width: int, height: int) -> PitchSize:
    """Estimate the size that explains the keypoints best.

    Args:
        keypoints: (32, 3) of each frame, as for :func:`touchline.tracking.pitch.homography.fit_view`, or None; of the
            frames that carry information on the size, at most ``MOST_PICTURES``, evenly spread, are used.
        width: frame width, pixels.
        height: frame height, pixels.

    """
    found = [points for points in keypoints if points is not None and _telling(points)]
    some = [found[i] for i in np.linspace(0, len(found) - 1, min(len(found), MOST_PICTURES)).round().astype(int)]
    size = np.array([STANDARD.length_m, STANDARD.width_m])
    usual = size.copy()
    information = np.diag(1 / USUAL_STD_M**2)
    for _ in range(4):
        pitch = Pitch(*size)
        information = np.diag(1 / USUAL_STD_M**2)
        pull = information @ (usual - size)
        for points in some:
            more, towards = _evidence(points, pitch=pitch, width=width, height=height)
            information, pull = information + more / ALIKE, pull + towards / ALIKE
        step = np.linalg.solve(information, pull)
        size = np.clip(size + step, (90.0, 45.0), (120.0, 90.0))
        if float(np.abs(step).max()) < 0.05:
            break
    stds = np.sqrt(np.diag(np.linalg.inv(information)))
    return PitchSize(Pitch(float(size[0]), float(size[1])), float(stds[0]), float(stds[1]))


def _telling(points: npt.ArrayLike) -> bool:
    """Return whether a frame shows points whose distance depends on the pitch's size, and enough other points."""
    shown = np.asarray(points, dtype=np.float64)[:, 2] >= LEAST_CONFIDENCE
    length = min(int(shown[MIDDLE].sum()), int(shown[ENDS].sum())) >= 2
    width = bool(shown[TOUCH].any())
    return bool(int(shown.sum()) >= LEAST_KEYPOINTS and (length or width))


def _evidence(points: npt.ArrayLike, *, pitch: Pitch, width: int, height: int) -> tuple[Floats64, Floats64]:
    """Return information (2, 2) and score (2,) for length and width from one frame with an unknown camera."""
    view = fit_view(points, width=width, height=height, pitch=pitch)
    if view is None or view.keypoints < LEAST_KEYPOINTS:
        return np.zeros((2, 2)), np.zeros(2)
    left, camera, size, weights = _linear(points, view)
    normal = (camera.T * weights) @ camera
    explained = np.linalg.solve(normal, (camera.T * weights) @ np.c_[size, left])
    size, left = size - camera @ explained[:, :2], left - camera @ explained[:, 2]
    return (size.T * weights) @ size, (size.T * weights) @ left


def _linear(points: npt.ArrayLike, view: PitchView) -> tuple[Floats64, Floats64, Floats64, Floats64]:
    """Return residuals (m,), derivatives by the camera (m, 8) and by the size (m, 2), and weights (m,)."""
    used, index = usable_points(points, width=view.width, height=view.height, pitch=view.pitch)
    matrix = picture_units(width=view.width, height=view.height) @ view.to_picture
    mapped, _ = project(matrix, used.pitch)
    left = used.picture - mapped
    off = np.hypot(*left.T) / used.sigmas
    good = off < OUTLIER_SIGMAS
    weights = np.repeat((1 / (1 + off**2 / 12) / used.sigmas**2)[good], 2)
    slopes = _size_slopes()[index][good]
    by_size = jacobians(matrix, used.pitch)[good] @ slopes
    return left[good].ravel(), displacements(mapped)[good].reshape(-1, 8), by_size.reshape(-1, 2), weights


def _size_slopes() -> Floats64:
    """Return how the 32 points move with length and width: float64 (32, 2, 2), the same for every size."""
    larger = (keypoints_m(Pitch(106.0, 68.0)) - keypoints_m(), keypoints_m(Pitch(105.0, 69.0)) - keypoints_m())
    return np.stack(larger, axis=-1)
