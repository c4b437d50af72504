"""Small changes of a view: how a homography, its uncertainty and a camera's motion combine.

A view is a matrix from the pitch (metres) to the picture. A small change of it is written as eight numbers that move
the picture's points, in units of half the picture's width from its centre:

    du = a0 + a1 u + a2 v + u (a6 u + a7 v)
    dv = a3 + a4 u + a5 v + v (a6 u + a7 v)

so a covariance of the eight has the same meaning wherever on the pitch a camera looks, and a motion of the camera
carries it along exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def picture_units(*, width: int, height: int) -> Floats:
    """The matrix from pixels to half picture widths from the centre: float64 (3, 3)."""
    half = width / 2
    return np.array([[1 / half, 0.0, -1.0], [0.0, 1 / half, -height / width], [0.0, 0.0, 1.0]])


def project(matrix: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Points (n, 2) through a matrix (3, 3), and the third coordinate (n,) they were divided by.

    Where that coordinate is zero the result is infinite or NaN, silently: the caller looks at it.
    """
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return mapped[:, :2] / mapped[:, 2:], mapped[:, 2]


def jacobians(matrix: Floats, points: Floats) -> Floats:
    """Derivatives of :func:`project` by the points: float64 (n, 2, 2)."""
    mapped, depth = project(matrix, points)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (matrix[None, :2, :2] - mapped[:, :, None] * matrix[None, 2:, :2]) / depth[:, None, None]


def displacements(points: Floats) -> Floats:
    """How the eight numbers move points (n, 2), both in picture units: float64 (n, 2, 8)."""
    u, v = points[:, 0], points[:, 1]
    one, nil = np.ones_like(u), np.zeros_like(u)
    along = np.stack([one, u, v, nil, nil, nil, u * u, u * v], axis=1)
    down = np.stack([nil, nil, nil, one, u, v, u * v, v * v], axis=1)
    return np.stack([along, down], axis=1)


def change_matrix(change: Floats) -> Floats:
    """The matrix (3, 3) by which eight numbers move the picture; applied to a view from the left."""
    a = change
    return np.array([[1 + a[1], a[2], a[0]], [a[4], 1 + a[5], a[3]], [-a[6], -a[7], 1.0]])


def change_between(old: Floats, new: Floats) -> Floats:
    """The eight numbers that lead from one view (3, 3) to another, both to picture units: float64 (8,)."""
    step = new @ np.linalg.inv(old)
    return _numbers(step / step[2, 2] - np.eye(3))


def carried(motion: Floats) -> Floats:
    """How the eight numbers change when the picture moves by a matrix (3, 3), in picture units: float64 (8, 8)."""
    back = np.linalg.inv(motion)
    columns = []
    for unit in np.eye(8):
        moved = motion @ (change_matrix(unit) - np.eye(3)) @ back
        columns.append(_numbers(moved - moved[2, 2] * np.eye(3)))
    return np.stack(columns, axis=1)


def corner_noise(*, width: int, height: int, sigma_px: float, tops: float = 0.25) -> Floats:
    """Covariance (8, 8) of the eight numbers when four points of the picture move by ``sigma_px`` independently.

    The four span the part of the picture where a pitch lies, from the share ``tops`` of its height down.
    """
    upper, lower = (2 * tops - 1) * height / width, height / width
    corners = np.array([(-1.0, upper), (1.0, upper), (1.0, lower), (-1.0, lower)])
    back = np.linalg.inv(displacements(corners).reshape(8, 8))
    return (back @ back.T) * (2 * sigma_px / width) ** 2


def _numbers(matrix: Floats) -> Floats:
    m = matrix
    return np.array([m[0, 2], m[0, 0], m[0, 1], m[1, 2], m[1, 0], m[1, 1], -m[2, 0], -m[2, 1]])
