"""Sampling of clips of any length, frame rate and size to a recogniser's input."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.models.runtime.fitting import fit
from touchline.models.specs.spec import ClipSpec

Clip = npt.NDArray[np.uint8]


def sample_times(count: int, *, fps: float, spec: ClipSpec) -> npt.NDArray[np.int64]:
    """Return the indices of the frames a recogniser sees, of a clip of ``count`` frames: int64 (frames,).

    Takes every ``spec.stride``-th frame, or ``spec.fps`` per second, around the middle of the clip. A clip too short
    for that is spread evenly over the window, so that frames are repeated but none of the clip's span is lost.

    Raises:
        ValueError: ``count`` is below 1.

    """
    if count < 1:
        raise ValueError(f"count={count}: a clip needs at least one frame")
    step = float(spec.stride) if spec.fps is None or fps <= 0 else fps / spec.fps
    span = min((spec.frames - 1) * step, count - 1.0)
    start = (count - 1 - span) / 2
    return np.floor(start + np.linspace(0.0, span, spec.frames) + 0.5).astype(np.int64).clip(0, count - 1)


def sample_clip(rgb: Clip, *, fps: float, spec: ClipSpec) -> Clip:
    """Sample and resize a clip uint8 (t, h, w, 3) to a recogniser's input, uint8 (frames, height, width, 3)."""
    taken = rgb[sample_times(len(rgb), fps=fps, spec=spec)]
    return np.stack([fit(picture, width=spec.width, height=spec.height, how=spec.fit) for picture in taken])
