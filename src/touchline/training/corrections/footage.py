"""The frames of a reviewed video on a model's time grid, decoded only where they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S, us_from_frame
from touchline.media.frame import Luma
from touchline.media.sampling import fit_luma, sample_regular
from touchline.media.video import VideoReader
from touchline.models.specs.spec import FrameSpec
from touchline.training.corrections.lessons import Range

_BEFORE_US = US_PER_S
"""Time decoded before a range, so that its first sample has frames on both sides to choose from."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A video, seen through the time grid of a model.

    Attributes:
        video: the media file.
        frame: size and sampling of the frames.

    """

    video: Path
    frame: FrameSpec

    def luma(self, part: Range) -> Iterator[Luma]:
        """Yield the frames of a range, uint8 (height, width); it ends early where the video does."""
        start_us = max(us_from_frame(part[0], fps=self.frame.fps) - _BEFORE_US, 0)
        with VideoReader(self.video) as reader:
            frames = reader.frames(start_us=start_us)
            for index, frame in sample_regular(frames, fps=self.frame.fps, start_index=part[0]):
                if index >= part[1]:
                    return
                yield fit_luma(frame.luma, width=self.frame.width, height=self.frame.height)

    def stacks(self, part: Range) -> Iterator[npt.NDArray[np.uint8]]:
        """Yield a frame with its neighbours, uint8 (frames, height, width), for each sample of a range.

        Before the first frame and after the last one, these are repeated.
        """
        reach = max(map(abs, self.frame.stack_offsets))
        around: deque[Luma] = deque(maxlen=2 * reach + 1)
        for luma in self._with_ends(part, reach=reach):
            around.append(luma)
            if len(around) == 2 * reach + 1:
                yield np.stack([around[reach + offset] for offset in self.frame.stack_offsets])

    def _with_ends(self, part: Range, *, reach: int) -> Iterator[Luma]:
        """Yield the frames of a range and ``reach`` on each side, repeating those at the ends of the video."""
        first = max(part[0] - reach, 0)
        count, last = 0, None
        for luma in self.luma((first, part[1] + reach)):
            yield from repeat(luma, reach - (part[0] - first) + 1 if last is None else 1)
            count, last = count + 1, luma
        after = max(count - (part[1] - first), 0)
        if last is not None:
            yield from repeat(last, reach - after)
