"""One shown frame: its time, its luma, and its colours on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb

Luma = npt.NDArray[np.uint8]
"""uint8 (height, width)."""

UNSEEN: Luma = np.zeros((0, 0), np.uint8)
"""The luma of frames that have a time only."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A shown frame, upright and in square pixels.

    Attributes:
        time_us: microseconds from the first shown frame.
        luma: uint8 (height, width), brightness as decoded: a limited-range video keeps 16 to 235, a full-range one
            0 to 255; deeper video is cut to its top 8 bits. HDR is as bright as on an SDR display, 16 to 235.
        rgb: returns the colours; None if the frame has no colours.

    A frame that nobody asked for has a time only, and :data:`UNSEEN` as its luma.

    """

    time_us: int
    luma: Luma
    rgb: Callable[[], Rgb] | None = None

    def __post_init__(self) -> None:
        if self.luma.ndim != 2 or self.luma.dtype != np.uint8:
            raise ValueError(f"luma must be uint8 (height, width), not {self.luma.dtype} {self.luma.shape}")

    @property
    def seen(self) -> bool:
        """Whether the frame has a picture."""
        return self.luma.size > 0

    def to_rgb(self) -> Rgb:
        """Return the colours, uint8 (height, width, 3), converted on each call; grey if the frame has luma only."""
        if self.rgb is None:
            return np.repeat(self.luma[:, :, None], 3, axis=2)
        return self.rgb()
