"""How long and wide a ground is, from the keypoints of many pictures of it.

Within the areas and the circle every ground is alike; how far these lie from each other and from the touch lines tells
its size. Each picture's camera is unknown, so only what no camera could explain counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.pitch import STANDARD, Pitch, keypoints_m
from touchline.tracking.pitch.homography import LEAST_CONFIDENCE, PitchView, fit_view, usable_points
from touchline.tracking.pitch.view_algebra import Floats, displacements, jacobians, picture_units, project

LEAST_KEYPOINTS = 6
MOST_PICTURES = 24
USUAL_STD_M = np.array([3.0, 2.0])
"""How far grounds are from the standard size: without evidence that is what is assumed."""
OUTLIER_SIGMAS = 6.0
LEAST_DIFFERENCE_M = 2.0
"""A lens that bends lines can look like this much; grounds of 105 x 68 m came out within 1.7 m."""
MIDDLE, ENDS, TOUCH = [13, 14, 15, 16, 30, 31], [*range(13), *range(17, 30)], [0, 5, 13, 16, 24, 29]
"""Points of the middle and of the ends, which tell the length together; and on touch lines, which tell the width."""
ALIKE = 4.0
"""Errors of neighbouring pictures are alike: so many count as one."""


@dataclass(frozen=True, slots=True)
class PitchSize:
    """A ground's size and how well it is known.

    Attributes:
        pitch: the dimensions.
        length_std_m: standard deviation of the length.
        width_std_m: of the width.

    """

    pitch: Pitch
    length_std_m: float
    width_std_m: float

    def or_standard(self) -> Pitch:
        """The size where it is surely another than the standard one, else that."""
        off = (self.pitch.length_m - STANDARD.length_m, self.pitch.width_m - STANDARD.width_m)
        stds = (self.length_std_m, self.width_std_m)
        differs = any(abs(d) > max(LEAST_DIFFERENCE_M, 2 * s) for d, s in zip(off, stds, strict=True))
        return self.pitch if differs else STANDARD


def fit_pitch_size(keypoints: Sequence[npt.ArrayLike | None], *, width: int, height: int) -> PitchSize:
    """The size that explains the keypoints best.

    Args:
        keypoints: (32, 3) of each picture, as for :func:`touchline.tracking.pitch.homography.fit_view`, or None; at
            most ``MOST_PICTURES`` of those that can tell a size, evenly spread, are looked at.
        width: of the pictures, pixels.
        height: of the pictures, pixels.

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
    """Whether a picture shows points whose distance depends on the ground's size, and enough others."""
    shown = np.asarray(points, dtype=np.float64)[:, 2] >= LEAST_CONFIDENCE
    length = min(int(shown[MIDDLE].sum()), int(shown[ENDS].sum())) >= 2
    width = bool(shown[TOUCH].any())
    return bool(int(shown.sum()) >= LEAST_KEYPOINTS and (length or width))


def _evidence(points: npt.ArrayLike, *, pitch: Pitch, width: int, height: int) -> tuple[Floats, Floats]:
    """Information (2, 2) and pull (2,) on length and width of one picture, its camera left free."""
    view = fit_view(points, width=width, height=height, pitch=pitch)
    if view is None or view.keypoints < LEAST_KEYPOINTS:
        return np.zeros((2, 2)), np.zeros(2)
    left, camera, size, weights = _linear(points, view)
    normal = (camera.T * weights) @ camera
    explained = np.linalg.solve(normal, (camera.T * weights) @ np.c_[size, left])
    size, left = size - camera @ explained[:, :2], left - camera @ explained[:, 2]
    return (size.T * weights) @ size, (size.T * weights) @ left


def _linear(points: npt.ArrayLike, view: PitchView) -> tuple[Floats, Floats, Floats, Floats]:
    """Residuals (m,), their slopes by the camera (m, 8) and by the ground's size (m, 2), and weights (m,)."""
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


def _size_slopes() -> Floats:
    """How the 32 points move with length and width: float64 (32, 2, 2), the same for every size."""
    larger = (keypoints_m(Pitch(106.0, 68.0)) - keypoints_m(), keypoints_m(Pitch(105.0, 69.0)) - keypoints_m())
    return np.stack(larger, axis=-1)
