"""A few frames of a video at a model's input size: one request to the decoding process, which sends back no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from av import VideoFrame

from touchline.core.clock import US_PER_S, us_from_frame
from touchline.media.facts import StreamFacts
from touchline.media.frame import Luma
from touchline.media.isolation import apart
from touchline.media.picture import fit
from touchline.media.sampling import GridSampler
from touchline.media.video import frames_here

_LEAD_US = US_PER_S // 10
"""Decoding starts this long before a clip, so that the frame nearest to its start is decoded too."""


@dataclass(frozen=True, slots=True, eq=False)
class GridClip:
    """The frames that could be decoded: their grid indices, increasing, and their luma uint8 (n, height, width)."""

    indices: tuple[int, ...]
    luma: Luma


@apart
def read_grid_clip(facts: StreamFacts, *, indices: Sequence[int], fps: float, width: int, height: int) -> GridClip:
    """Return the frames nearest in time to points of a regular grid, letterboxed.

    Args:
        facts: of the video's stream.
        indices: grid points that lie near each other, in any order.
        fps: grid points per second from the first shown frame.
        width: of the result, pixels.
        height: of the result, pixels.

    """
    wanted = sorted(set(indices))
    sampled = dict(_sampled(facts, first=wanted[0], last=wanted[-1], fps=fps))
    found, presenter = tuple(index for index in wanted if index in sampled), facts.presenter()
    luma = np.empty((len(found), height, width), np.uint8)
    for row, index in enumerate(found):
        luma[row] = fit(presenter.luma(sampled[index]), width=width, height=height)
    return GridClip(found, luma)


def _sampled(facts: StreamFacts, *, first: int, last: int, fps: float) -> list[tuple[int, VideoFrame]]:
    """Return the decoded frames of grid points from ``first`` to ``last``."""
    sampler: GridSampler[VideoFrame] = GridSampler(fps=fps, start_index=first)
    sampled: list[tuple[int, VideoFrame]] = []
    for time_us, frame in frames_here(facts, start_us=max(us_from_frame(first, fps=fps) - _LEAD_US, 0)):
        sampled += sampler.push(time_us, frame)
        if sampled and sampled[-1][0] >= last:
            return sampled
    return [*sampled, *sampler.finish()]
