"""Which pictures of a track make up each of its windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LENGTH = 16
STRIDE = 8


def window_count(pictures: int, *, stride: int = STRIDE) -> int:
    """Windows over so many pictures: one for every whole stride, and at least one.

    The rule of SpaceJam's reference; the last windows may reach beyond the end.
    """
    if pictures < 1 or stride < 1:
        raise ValueError(f"pictures={pictures} and stride={stride} must be 1 or more")
    return max(1, pictures // stride)


def window_starts(pictures: int, *, stride: int = STRIDE) -> npt.NDArray[np.int64]:
    """Index int64 (n,) of each window's first picture."""
    return np.arange(window_count(pictures, stride=stride), dtype=np.int64) * stride


def window_of_picture(picture: int, *, windows: int, stride: int = STRIDE) -> int:
    """The window that speaks for a picture: the one that starts last before it or with it."""
    return min(picture // stride, windows - 1)
