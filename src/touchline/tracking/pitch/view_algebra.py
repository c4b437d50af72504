"""Small changes of a view: how a homography, its covariance and a camera motion combine.

A view is a matrix from the pitch (metres) to the image. A small change of it is described by eight parameters that move
the image points, in units of half the image width from the image centre ("picture units"):

    du = a0 + a1 u + a2 v + u (a6 u + a7 v)
    dv = a3 + a4 u + a5 v + v (a6 u + a7 v)

so a covariance of the eight parameters has the same meaning wherever on the pitch a camera points, and a camera motion
transforms it exactly.
"""

from __future__ import annotations

import numpy as np

from touchline.core.arrays import Floats64


def picture_units(*, width: int, height: int) -> Floats64:
    """Return the matrix from pixels to picture units, half image widths from the centre: float64 (3, 3)."""
    half = width / 2
    return np.array([[1 / half, 0.0, -1.0], [0.0, 1 / half, -height / width], [0.0, 0.0, 1.0]])


def project(matrix: Floats64, points: Floats64) -> tuple[Floats64, Floats64]:
    """Apply a matrix (3, 3), or one for each point (n, 3, 3), to points (n, 2); also return the divisors (n,).

    A divisor is the third coordinate, by which the others are divided. Where it is zero the result is infinite or NaN
    without a warning: the caller must check it.
    """
    if matrix.ndim == 2:
        mapped = points @ matrix[:, :2].T + matrix[:, 2]
    else:
        mapped = (points[:, None] @ matrix[:, :, :2].transpose(0, 2, 1))[:, 0] + matrix[:, :, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return mapped[:, :2] / mapped[:, 2:], mapped[:, 2]


def jacobians(matrix: Floats64, points: Floats64) -> Floats64:
    """Return the derivatives of :func:`project` by the points: float64 (n, 2, 2)."""
    mapped, depth = project(matrix, points)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (matrix[..., :2, :2] - mapped[:, :, None] * matrix[..., 2:, :2]) / depth[:, None, None]


def displacements(points: Floats64) -> Floats64:
    """Return the derivatives of points (n, 2) by the eight parameters, both in picture units: float64 (n, 2, 8)."""
    u, v = points[:, 0], points[:, 1]
    one, nil = np.ones_like(u), np.zeros_like(u)
    along = np.stack([one, u, v, nil, nil, nil, u * u, u * v], axis=1)
    down = np.stack([nil, nil, nil, one, u, v, u * v, v * v], axis=1)
    return np.stack([along, down], axis=1)


def change_matrix(change: Floats64) -> Floats64:
    """Return the matrix (3, 3) of a change by eight parameters; it multiplies a view from the left."""
    a = change
    return np.array([[1 + a[1], a[2], a[0]], [a[4], 1 + a[5], a[3]], [-a[6], -a[7], 1.0]])


_UNIT_CHANGES = np.stack([change_matrix(unit) - np.eye(3) for unit in np.eye(8)])


def change_between(old: Floats64, new: Floats64) -> Floats64:
    """Return the eight parameters that change one view (3, 3) into another, both in picture units: float64 (8,)."""
    step = new @ np.linalg.inv(old)
    return _numbers(step / step[2, 2] - np.eye(3))


def carried(motion: Floats64) -> Floats64:
    """Return how the eight parameters transform under an image motion (3, 3), in picture units: float64 (8, 8)."""
    moved = motion @ _UNIT_CHANGES @ np.linalg.inv(motion)
    m = moved - moved[:, 2:, 2:] * np.eye(3)
    rows = m[:, 0, 2], m[:, 0, 0], m[:, 0, 1], m[:, 1, 2], m[:, 1, 0], m[:, 1, 1], -m[:, 2, 0], -m[:, 2, 1]
    return np.stack(rows)


def corner_noise(*, width: int, height: int, sigma_px: float, tops: float = 0.25) -> Floats64:
    """Return the covariance (8, 8) of the parameters when four image points move by ``sigma_px`` independently.

    The four points span the part of the image that shows the pitch, from the share ``tops`` of its height down.
    """
    upper, lower = (2 * tops - 1) * height / width, height / width
    corners = np.array([(-1.0, upper), (1.0, upper), (1.0, lower), (-1.0, lower)])
    back = np.linalg.inv(displacements(corners).reshape(8, 8))
    return (back @ back.T) * (2 * sigma_px / width) ** 2


def _numbers(matrix: Floats64) -> Floats64:
    m = matrix
    return np.array([m[0, 2], m[0, 0], m[0, 1], m[1, 2], m[1, 0], m[1, 1], -m[2, 0], -m[2, 1]])
