"""Where the colour samples of a decoded picture lie, which PyAV uses but does not say: found by trying.

Conversions of deep, subsampled pictures to RGB depend on it. A copy of the planes is marked with one place after the
other, until it converts to exactly the colours that the decoder's own picture gives.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from av import VideoFormat, VideoFrame
from av.filter import Graph

PLACES = ("left", "center", "topleft", "top", "bottomleft", "bottom")
"""FFmpeg's names, the usual first; "" stands for a picture that does not say."""
_SHORT_CUTS = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p"})
"""Formats whose conversion to RGB does not look at the place."""

_TICK = Fraction(1, 1000)

_found: dict[tuple[int, int, str], str] = {}
"""Format -> place, in a process that reads one file."""


def place_of(frame: VideoFrame, copied: Callable[[VideoFrame], VideoFrame]) -> str:
    """Return where a decoder's picture has its colours; "" if it does not say, or it makes no difference.

    Args:
        frame: the decoder's picture.
        copied: returns a new one with the same planes.

    """
    key = (frame.width, frame.height, frame.format.name)
    if key not in _found:
        if _flat(frame):
            return ""
        wanted, copy = _colours(frame), copied(frame)
        places = ("", *PLACES)
        _found[key] = next((place for place in places if np.array_equal(_colours(placed(copy, place)), wanted)), "")
    return _found[key]


def matters(frame: VideoFrame) -> bool:
    """Return whether conversions of a picture may depend on where its colours lie."""
    layout = frame.format
    return layout.name not in _SHORT_CUTS and any(
        (each.width, each.height) != (layout.width, layout.height) for each in layout.components
    )


def placed(frame: VideoFrame, place: str) -> VideoFrame:
    """Return the same picture with its colours at a place; the planes are shared."""
    if not place:
        return frame
    graph = _marker(frame.width, frame.height, frame.format.name, place)
    pts, base = frame.pts, frame.time_base
    frame.pts = 0
    graph.push(frame)
    marked = graph.pull()
    assert isinstance(marked, VideoFrame)
    frame.pts = marked.pts = pts
    if base is not None:
        marked.time_base = base
    return marked


@lru_cache(maxsize=16)
def _marker(width: int, height: int, name: str, place: str) -> Graph:
    """Return a filter that marks pictures with a place."""
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=VideoFormat(name), time_base=_TICK)
    marks = graph.add("setparams", f"chroma_location={place}")
    source.link_to(marks)
    marks.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _flat(frame: VideoFrame) -> bool:
    """Return whether all colour samples are equal, so that their place makes no difference."""
    return all(np.ptp(np.frombuffer(memoryview(plane), np.uint8)) == 0 for plane in frame.planes[1:])


def _colours(frame: VideoFrame) -> npt.NDArray[np.uint8]:
    return frame.to_ndarray(format="rgb24")
