"""A pinhole camera with lens distortion, in the axes and angles of SoccerNet's camera calibration.

The centre spot is (0, 0, 0), x runs to the right along the length, y towards the main stand, z downwards: touchline's
(x, y, z) of :mod:`touchline.core.geometry.pitch` is (x, -y, -z) here. Pan, tilt and roll are intrinsic rotations about
z, x and z; the lens is OpenCV's model with six radial, two tangential and four thin prism coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from touchline.core.arrays import Bools, Floats64

TO_SOCCERNET = np.diag([1.0, -1.0, -1.0])
"""Touchline's axes of the pitch to SoccerNet's, and back."""

_NEAR_M = 1e-3
"""Points closer to the plane of the lens count as behind the camera."""

_COEFFICIENTS = {"radial": 6, "tangential": 2, "prism": 4}


@dataclass(frozen=True, slots=True)
class LensCamera:
    """A camera at one moment.

    Attributes:
        pan_deg, tilt_deg, roll_deg: its orientation; 90 degrees of tilt look along the ground.
        position_m: x, y, z of its centre, metres.
        focal_px: focal lengths along the picture's width and height, pixels.
        centre_px: principal point x, y, pixels; SoccerNet's pictures have twice its width and height.
        radial, tangential, prism: coefficients of the distortion, 6, 2 and 4.

    """

    pan_deg: float
    tilt_deg: float
    roll_deg: float
    position_m: tuple[float, float, float]
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    radial: tuple[float, ...] = (0.0,) * 6
    tangential: tuple[float, ...] = (0.0,) * 2
    prism: tuple[float, ...] = (0.0,) * 4

    def __post_init__(self) -> None:
        for name, count in _COEFFICIENTS.items():
            if len(getattr(self, name)) != count:
                raise ValueError(f"{name}={getattr(self, name)} must have {count} coefficients")
        numbers = (self.pan_deg, self.tilt_deg, self.roll_deg, *self.position_m, *self.focal_px, *self.centre_px)
        if not all(math.isfinite(value) for value in (*numbers, *self.radial, *self.tangential, *self.prism)):
            raise ValueError(f"a camera needs finite numbers, not {numbers}")

    @property
    def rotation(self) -> Floats64:
        """float64 (3, 3): axes of the pitch to those of the camera (x right, y down, z ahead)."""
        pan, tilt, roll = (math.radians(angle) for angle in (self.pan_deg, self.tilt_deg, self.roll_deg))
        return np.asarray((_about_z(pan) @ _about_x(tilt) @ _about_z(roll)).T)

    def project(self, points_m: Floats64) -> tuple[Floats64, Bools]:
        """Project points of the pitch.

        Args:
            points_m: float64 (n, 3), SoccerNet's axes.

        Returns:
            Pixels float64 (n, 2), NaN behind the camera; and bool (n,), whether each lies in front of it.

        """
        seen = (np.asarray(points_m, np.float64) - np.array(self.position_m)) @ self.rotation.T
        ahead = seen[:, 2] > _NEAR_M
        flat = np.full((len(seen), 2), np.nan)
        flat[ahead] = seen[ahead, :2] / seen[ahead, 2:]
        return self._distorted(flat) * self.focal_px + self.centre_px, ahead

    def _distorted(self, flat: Floats64) -> Floats64:
        """Distort points (n, 2) of the plane at distance 1."""
        x, y = flat.T
        r2 = x**2 + y**2
        powers = np.stack([r2, r2**2, r2**3])
        k, (p1, p2), s = np.array(self.radial), self.tangential, self.prism
        radial = (1 + k[:3] @ powers) / (1 + k[3:] @ powers)
        return np.stack(
            [
                x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2) + s[0] * r2 + s[1] * r2**2,
                y * radial + 2 * p2 * x * y + p1 * (r2 + 2 * y**2) + s[2] * r2 + s[3] * r2**2,
            ],
            axis=1,
        )

    def scaled(self, factor: float) -> LensCamera:
        """Return the camera for a picture of ``factor`` times the size."""
        focal, centre = ((a * factor, b * factor) for a, b in (self.focal_px, self.centre_px))
        return replace(self, focal_px=focal, centre_px=centre)


def camera_from_rotation(
    rotation: Floats64, *, position_m: Sequence[float], focal_px: tuple[float, float], centre_px: tuple[float, float]
) -> LensCamera:
    """Return the camera of a rotation (3, 3), with the angles of the smaller roll of the two that describe it."""
    turned = np.asarray(rotation, np.float64).T
    tilt = math.acos(min(1.0, max(-1.0, float(turned[2, 2]))))
    found = []
    for angle in (tilt, -tilt):
        sign = 1.0 if math.sin(angle) > 0 else -1.0
        pan = math.atan2(sign * turned[0, 2], -sign * turned[1, 2])
        roll = math.atan2(sign * turned[2, 0], sign * turned[2, 1])
        found.append(tuple(math.degrees(value) for value in (pan, angle, roll)))
    pan_deg, tilt_deg, roll_deg = min(found, key=lambda angles: abs(angles[2]))
    x, y, z = (float(value) for value in position_m)
    return LensCamera(pan_deg, tilt_deg, roll_deg, (x, y, z), focal_px, centre_px)


def camera_from_homography(to_pitch: Floats64, *, width: int, height: int) -> LensCamera | None:
    """Return the camera without distortion whose view of the grass a homography describes.

    A homography fixes rotation, position and one focal length if the principal point is the picture's centre.

    Args:
        to_pitch: float64 (3, 3), as :attr:`~touchline.core.geometry.camera.CameraPath.to_pitch`.
        width: of the picture, pixels.
        height: of the picture, pixels.

    Returns:
        None if no such camera exists, as for a view from straight above.

    """
    centre = (width / 2, height / 2)
    to_picture = np.linalg.inv(TO_SOCCERNET_PLANE @ np.asarray(to_pitch, np.float64))
    about_centre = np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, 1]]) @ to_picture
    focal = _focal_length(about_centre / np.linalg.norm(about_centre))
    if focal is None:
        return None
    columns = np.diag([1 / focal, 1 / focal, 1.0]) @ about_centre
    scale = math.sqrt(float(np.linalg.norm(columns[:, 0]) * np.linalg.norm(columns[:, 1])))
    first, second = columns[:, 0] / scale, columns[:, 1] / scale
    left, _, right = np.linalg.svd(np.stack([first, second, np.cross(first, second)], axis=1))
    rotation = left @ right
    if np.linalg.det(rotation) < 0:
        return None
    position = -rotation.T @ (columns[:, 2] / scale)
    return camera_from_rotation(rotation, position_m=position.tolist(), focal_px=(focal, focal), centre_px=centre)


TO_SOCCERNET_PLANE = np.diag([1.0, -1.0, 1.0])
"""Places (x, y, 1) on the grass in touchline's axes to SoccerNet's, and back."""


def _focal_length(plane: Floats64) -> float | None:
    """Return the focal length at which the first two columns (3, 3) are of equal length and at right angles."""
    a, b = plane[:, 0], plane[:, 1]
    with_focal = np.array([a[0] * b[0] + a[1] * b[1], a[0] ** 2 + a[1] ** 2 - b[0] ** 2 - b[1] ** 2])
    without = np.array([a[2] * b[2], a[2] ** 2 - b[2] ** 2])
    # with_focal / focal^2 + without = 0, both rows at once; the third coordinate has no focal length in it.
    square = float(with_focal @ with_focal)
    inverse = -float(with_focal @ without) / square if square else 0.0
    return 1 / math.sqrt(inverse) if inverse > 0 else None


def _about_z(angle: float) -> Floats64:
    return np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])


def _about_x(angle: float) -> Floats64:
    return np.array([[1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]])
