"""Cubic B-splines with knots at quantiles, constant outside: the curves that make up the expected-saves model."""

from __future__ import annotations

import numpy as np

from touchline.core.arrays import Floats64

DEGREE = 3


def basis_count(knots: int) -> int:
    """Return the number of basis functions for ``knots`` knots."""
    return knots + DEGREE - 1


def spline_basis(values: Floats64, knots: Floats64) -> Floats64:
    """Evaluate the cubic basis functions at (n,) places: (n, knots + 2).

    Args:
        values: places; those outside the knots are clipped to the nearest knot.
        knots: float64 (k,), increasing, at least two.

    """
    low, high = knots[1] - knots[0], knots[-1] - knots[-2]
    steps = np.arange(1, DEGREE + 1)
    whole = np.concatenate([knots[0] - low * steps[::-1], knots, knots[-1] + high * steps])
    last = knots[-1] - 1e-9 * (knots[-1] - knots[0])
    at = np.clip(values, knots[0], last)[:, None]
    basis = ((at >= whole[:-1]) & (at < whole[1:])).astype(np.float64)
    for degree in range(1, DEGREE + 1):
        left, right = whole[: -degree - 1], whole[degree + 1 :]
        rising = (at - left) / (whole[degree:-1] - left)
        falling = (right - at) / (right - whole[1:-degree])
        basis = rising * basis[:, :-1] + falling * basis[:, 1:]
    return basis
