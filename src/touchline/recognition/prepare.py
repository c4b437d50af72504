"""From a clip of any length, rate and size to the clips a recogniser wants."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from touchline.models.specs.spec import ClipSpec
from touchline.recognition.crops import resize

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
    return np.stack([fit_picture(picture, spec=spec) for picture in taken])


def fit_picture(rgb: npt.NDArray[np.uint8], *, spec: ClipSpec) -> npt.NDArray[np.uint8]:
    """A picture at the specification's size: stretched, padded or cropped, as it says."""
    height, width = rgb.shape[:2]
    if spec.fit == "stretch" or (height, width) == (spec.height, spec.width):
        return resize(rgb, width=spec.width, height=spec.height)
    scales = (spec.width / width, spec.height / height)
    scale = min(scales) if spec.fit == "pad" else max(scales)
    scaled = resize(rgb, width=max(1, round(width * scale)), height=max(1, round(height * scale)))
    top, left = (spec.height - scaled.shape[0]) // 2, (spec.width - scaled.shape[1]) // 2
    if spec.fit == "crop":
        return np.ascontiguousarray(scaled[-top : spec.height - top, -left : spec.width - left])
    below, right = spec.height - scaled.shape[0] - top, spec.width - scaled.shape[1] - left
    return np.asarray(cv2.copyMakeBorder(scaled, top, below, left, right, cv2.BORDER_CONSTANT), np.uint8)
