"""Several decoders for one video: each decodes spans of it, which are put together in order.

The spans begin near key frames. The frames and their times are those of one decoder, as long as nothing in the file is
damaged or repaired: damage reaches across the ends of spans, so one decoder has to find what it did.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from touchline.analysis.threads.crew import Channel, Crew, leading
from touchline.core.clock import US_PER_S
from touchline.core.events import Coverage
from touchline.media.frame import Frame
from touchline.media.seeking import key_times
from touchline.media.video import VideoReader

SPAN_S = 4.0
"""Least length of a span; longer ones take more memory, shorter ones decode more frames twice."""
_REORDER_US = US_PER_S // 2
"""A key frame is shown at most this long after the time at which the index lists it."""
_MOST_FRAMES = 2_000
Span = tuple[int, int | None]
"""First time, and the time it ends before; None for the end of the video."""


class IrregularError(Exception):
    """A span is damaged or was repaired, so one decoder has to read the whole video."""


def spans_of(reader: VideoReader, *, span_s: float = SPAN_S) -> list[Span]:
    """Return the spans to decode apart, which cover the video; one for a file without an index of key frames."""
    starts = [0]
    for time_us in key_times(reader.facts):
        if time_us + _REORDER_US - starts[-1] >= span_s * US_PER_S:
            starts.append(time_us + _REORDER_US)
    return list(itertools.zip_longest(starts, starts[1:]))


class SpanReader:
    """A reader of a video's frames by several decoders.

    Args:
        path: a local media file.
        stream: index of the video stream in the file; None takes the default one.
        decoders: how many decode at once.
        span_s: least length of a span, seconds.

    Attributes:
        spans: the spans.

    """

    def __init__(self, path: Path, *, stream: int | None = None, decoders: int, span_s: float = SPAN_S) -> None:
        if decoders < 1:
            raise ValueError(f"decoders={decoders} must be at least 1")
        self._reader = VideoReader(path, stream=stream)
        self._decoders = decoders
        self._frames = 0
        self._last: Coverage | None = None
        self.spans = spans_of(self._reader, span_s=span_s)

    def coverage(self) -> Coverage:
        """Return what :meth:`frames` has read, after it has ended."""
        coverage = self._reader.coverage() if self._last is None else self._last
        return replace(coverage, frames_decoded=self._frames)

    def frames(self, *, rates: Sequence[float] | None = None) -> Iterator[Frame]:
        """Yield all frames in order, as :meth:`~touchline.media.video.VideoReader.frames` does.

        Args:
            rates: samples per second of every grid that will sample them; None gives every frame a picture.

        Raises:
            IrregularError: something is damaged or was repaired.

        """
        self._frames = 0
        with leading() as crew:
            waiting = iter(self.spans)
            begun = deque(self._begin(crew, span, rates) for span in itertools.islice(waiting, self._decoders))
            while begun:
                for frame in begun.popleft():
                    self._frames += 1
                    yield frame
                begun.extend(self._begin(crew, span, rates) for span in itertools.islice(waiting, 1))

    def _begin(self, crew: Crew, span: Span, rates: Sequence[float] | None) -> Channel[Frame]:
        """Begin to decode a span in a thread of its own."""
        channel: Channel[Frame] = crew.channel(most=_MOST_FRAMES)
        crew.start(lambda: self._decode(span, channel, rates), name="decode")
        return channel

    def _decode(self, span: Span, channel: Channel[Frame], rates: Sequence[float] | None) -> None:
        start_us, end_us = span
        given, ended = 0, True
        with self._reader.another() as reader:
            for frame in reader.frames(start_us=start_us, rates=rates):
                if end_us is not None and frame.time_us >= end_us:
                    ended = False
                    break
                if frame.time_us >= start_us:
                    channel.put(frame)
                    given += 1
            coverage = reader.coverage()
        if not coverage.complete or coverage.repairs:
            raise IrregularError(f"{reader.info.path}: from {start_us / US_PER_S:.1f} s on")
        if given and ended:  # the span of the last frame; one may follow that begins after it
            self._last = coverage
        channel.close()
