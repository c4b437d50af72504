"""Deinterlacing, one whole frame for each interlaced one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Generic, TypeVar

import av
from av import VideoFrame
from av.filter import Graph

Tag = TypeVar("Tag")
_TICK = Fraction(1, 1000)


class Deinterlacer(Generic[Tag]):
    """A deinterlacer that passes progressive frames unchanged; it applies FFmpeg's bwdif from the first interlaced one.

    It emits one frame for each input frame, so a tag (its time) can travel with it.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._graph: Graph | None = None
        self._layout: tuple[int, int, str] | None = None
        self._tags: deque[Tag] = deque()

    def push(self, frame: VideoFrame, tag: Tag) -> Iterator[tuple[VideoFrame, Tag]]:
        """Take the next frame; yield those that are ready."""
        layout = (frame.width, frame.height, frame.format.name)
        if self._graph is not None and layout != self._layout:
            yield from self.flush()
        if self._graph is None:
            if not frame.interlaced_frame:
                yield frame, tag
                return
            self._graph, self._layout = _graph(frame), layout
        self.frames += 1
        frame.pts = self.frames
        frame.time_base = _TICK
        self._tags.append(tag)
        self._graph.push(frame)
        yield from self._pull()

    def flush(self) -> Iterator[tuple[VideoFrame, Tag]]:
        """Yield the remaining frames; the next interlaced frame starts a new filter."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()
            self._graph = None
            self._tags.clear()

    def _pull(self) -> Iterator[tuple[VideoFrame, Tag]]:
        """Yield the frames the filter has ready."""
        assert self._graph is not None
        while self._tags:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, VideoFrame)
            yield frame, self._tags.popleft()


def _graph(frame: VideoFrame) -> Graph:
    """Return a filter for frames like this one; frames not marked interlaced pass it unchanged."""
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_TICK)
    bwdif = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    source.link_to(bwdif)
    bwdif.link_to(graph.add("buffersink"))
    graph.configure()
    return graph
