"""From a clip of any length, rate and size to the clips a recogniser wants."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchline.models.runtime.fitting import fit
from touchline.models.specs.spec import ClipSpec

Clip = npt.NDArray[np.uint8]


def sample_times(count: int, *, fps: float, spec: ClipSpec) -> npt.NDArray[np.int64]:
    """Which pictures of a clip of ``count`` a recogniser sees: int64 (frames,).

    Every ``spec.stride``-th, or ``spec.fps`` a second, from the middle of the clip. A clip too short for that is spread
    over the window evenly, so that its pictures are repeated but nothing of it is left out.
    """
    if count < 1:
        raise ValueError("count=0: a clip needs at least one picture")
    step = float(spec.stride) if spec.fps is None or fps <= 0 else fps / spec.fps
    span = min((spec.frames - 1) * step, count - 1.0)
    start = (count - 1 - span) / 2
    return np.floor(start + np.linspace(0.0, span, spec.frames) + 0.5).astype(np.int64).clip(0, count - 1)


def sample_clip(rgb: Clip, *, fps: float, spec: ClipSpec) -> Clip:
    """uint8 (frames, height, width, 3) of a clip uint8 (t, h, w, 3), as the recogniser's specification says."""
    taken = rgb[sample_times(len(rgb), fps=fps, spec=spec)]
    return np.stack([fit(picture, width=spec.width, height=spec.height, how=spec.fit) for picture in taken])
