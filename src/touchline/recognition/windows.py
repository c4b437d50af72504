"""Windows of a track: how many there are, and the frames each covers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LENGTH = 16
STRIDE = 8


def window_count(pictures: int, *, stride: int = STRIDE) -> int:
    """Return the number of windows over a number of frames: one for every whole stride, at least one.

    This is the rule of SpaceJam's reference; the last windows may reach beyond the end.

    Raises:
        ValueError: ``pictures`` or ``stride`` is below 1.

    """
    if pictures < 1 or stride < 1:
        raise ValueError(f"pictures={pictures} and stride={stride} must be 1 or more")
    return max(1, pictures // stride)


def window_starts(pictures: int, *, stride: int = STRIDE) -> npt.NDArray[np.int64]:
    """Return the index of each window's first frame, int64 (n,)."""
    return np.arange(window_count(pictures, stride=stride), dtype=np.int64) * stride


def window_of_picture(picture: int, *, windows: int, stride: int = STRIDE) -> int:
    """Return the window whose scores apply to a frame: the last one that starts at or before it."""
    return min(picture // stride, windows - 1)
