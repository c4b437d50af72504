"""Reading a video: its properties (:func:`probe`) and its frames in bounded memory (:class:`VideoReader`)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from weakref import WeakSet

from av import VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_S, format_clock
from touchline.core.events import Coverage, VideoInfo
from touchline.media.damage.closing import close_book
from touchline.media.decoding import decode_stream
from touchline.media.deinterlace import Deinterlacer
from touchline.media.facts import StreamFacts, choose_stream, inspect, numbering_of, prepare
from touchline.media.frame import UNSEEN, Frame
from touchline.media.isolation import stream_apart, works_apart
from touchline.media.ledger import Fate, Ledger
from touchline.media.pixel_shape import shape_of
from touchline.media.sampling import only_sampled
from touchline.media.seeking import seek_target
from touchline.media.source import DEFAULT_MAX_PIXELS, open_media
from touchline.media.timestamps import Retimer

__all__ = ["DEFAULT_MAX_PIXELS", "Progress", "VideoReader", "probe", "with_progress"]

_LEAST_FRAMES = 1_000

Progress = Callable[[int, int], None]
"""Called with (done_us, total_us) of the video; total_us is 0 while unknown."""
_Decoded = Generator[tuple[int, VideoFrame | None], None, None]
"""Frames with their times; None for a frame that was not asked for."""


def probe(path: str | Path, *, stream: int | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> VideoInfo:
    """Return the properties of a video file; decodes its first frame, so that start and rotation are those shown.

    Args:
        path: a local media file.
        stream: index of the video stream in the file; None takes the default one.
        max_pixels: largest picture accepted, in pixels.

    Raises:
        UsageError: the path is not a regular file, or the stream does not exist.
        InputError: nothing in the file can be shown; the message names the file, the cause and the next step.

    """
    return inspect(path, stream=stream, max_pixels=max_pixels).info


class VideoReader:
    """A reader of the shown frames of a video, one at a time.

    Damaged packets are skipped and recorded as gaps; times that do not increase are repaired; :meth:`coverage` reports
    what was lost or repaired. Pictures are upright and in square pixels, all of the first one's size.

    >>> with VideoReader("match.mp4") as video:  # doctest: +SKIP
    ...     for frame in video.frames():
    ...         print(frame.time_us, frame.luma.mean())
    ...     print(video.coverage())
    """

    def __init__(
        self,
        path: str | Path,
        *,
        stream: int | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        threads: int = 1,
    ) -> None:
        """Open a video.

        Args:
            path: a local media file.
            stream: index of the video stream in the file; None takes the default one.
            max_pixels: largest picture accepted, in pixels.
            threads: decoder threads. With more than one, FFmpeg no longer reports which frames it concealed, so
                damage goes unreported; leave it at 1 unless the file is known to be intact.

        """
        self._facts = inspect(path, stream=stream, max_pixels=max_pixels)
        self._threads = threads
        self._covered = _Covered(Ledger(step_us=self._facts.step_us).coverage)
        self._running: WeakSet[_Decoded] = WeakSet()

    def another(self) -> VideoReader:
        """Return another reader of the same file, for another thread."""
        reader = copy(self)
        reader._covered = _Covered(Ledger(step_us=self._facts.step_us).coverage)
        reader._running = WeakSet()
        return reader

    @property
    def info(self) -> VideoInfo:
        """The properties of the file."""
        return self._facts.info

    @property
    def facts(self) -> StreamFacts:
        """The properties of the stream that reading it needs."""
        return self._facts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading and close the file."""
        for frames in list(self._running):
            frames.close()
        self._running.clear()

    def coverage(self) -> Coverage:
        """Return what the latest :meth:`frames` has read, lost and repaired so far."""
        return self._covered.so_far()

    def frames(self, *, start_us: int = 0, rates: Sequence[float] | None = None) -> Iterator[Frame]:
        """Return an iterator over the frames from the one on screen at ``start_us`` on, with strictly increasing times.

        Args:
            start_us: microseconds from the first shown frame; past the end, there are no frames.
            rates: samples per second of every grid, see :class:`~touchline.media.sampling.GridSampler`, that will
                sample the frames; those that none of them takes come without a picture, which spares copying and
                converting it. None gives all of them one.

        """
        presenter = self._facts.presenter()
        decoded = self._start(start_us=start_us, rates=None if rates is None else tuple(rates))
        return (
            Frame(time_us, UNSEEN) if frame is None else Frame(time_us, presenter.luma(frame), presenter.rgb(frame))
            for time_us, frame in decoded
        )

    def decoded(self, *, start_us: int = 0) -> Iterator[tuple[int, VideoFrame]]:
        """Return the same frames with their times, as the decoder gives them: for writing them into another video.

        Args:
            start_us: microseconds from the first shown frame; past the end, there are no frames.

        """
        return ((time_us, frame) for time_us, frame in self._start(start_us=start_us) if frame is not None)

    def _start(self, *, start_us: int, rates: tuple[float, ...] | None = None) -> _Decoded:
        """Start to read; frames that no grid of ``rates`` takes are None."""
        ledger = Ledger(step_us=self._facts.step_us, from_us=start_us)
        self._covered = covered = _Covered(ledger.coverage)
        how = _How(start_us, self._threads, rates)
        if works_apart():
            frames = _read_apart(self._facts, covered=covered, how=how)
        else:
            frames = _read(self._facts, ledger=ledger, how=how)
        self._running.add(frames)
        return frames


class _Covered:
    """Says what one reading of the frames has found so far.

    Attributes:
        so_far: returns it.

    """

    def __init__(self, so_far: Callable[[], Coverage]) -> None:
        self.so_far = so_far

    def set(self, coverage: Coverage) -> None:
        """Take over what a child process has found."""
        self.so_far = lambda: coverage


class _How(NamedTuple):
    """How to read: from which time on, by how many threads, and at which rates frames are sampled, None for all.

    ``hardware`` is whether a graphics card may decode.
    """

    start_us: int
    threads: int
    rates: tuple[float, ...] | None
    hardware: bool = True


class _Shown(NamedTuple):
    """A frame that a child process sends, with what it has found so far; None if only the three numbers changed."""

    time_us: int
    frame: VideoFrame | None
    duration_us: int
    frames: int
    skipped: int
    coverage: Coverage | None


def send_frames(facts: StreamFacts, *, how: _How) -> Generator[_Shown, None, Coverage]:
    """Yield the frames from a time on and return the coverage: what a child process does for a reader."""
    ledger = Ledger(step_us=facts.step_us, from_us=how.start_us)
    known = ledger.coverage()
    for time_us, frame in _read(facts, ledger=ledger, how=how):
        now = ledger.coverage()
        numbers = now.duration_us, now.frames_decoded, now.packets_skipped
        yield _Shown(time_us, frame, *numbers, None if _with_numbers(known, *numbers) == now else now)
        known = now
    return ledger.coverage()


def frames_here(facts: StreamFacts, *, start_us: int) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the decoded frames of a stream from the one on screen at a time on, in the calling process.

    Args:
        facts: of the stream.
        start_us: microseconds from the first shown frame.

    """
    ledger = Ledger(step_us=facts.step_us, from_us=start_us)
    frames = _read(facts, ledger=ledger, how=_How(start_us, 1, None, hardware=False))
    return ((time_us, frame) for time_us, frame in frames if frame is not None)


def _with_numbers(coverage: Coverage, duration_us: int, frames: int, skipped: int) -> Coverage:
    return replace(coverage, duration_us=duration_us, frames_decoded=frames, packets_skipped=skipped)


def _read_apart(facts: StreamFacts, *, covered: _Covered, how: _How) -> _Decoded:
    """Yield the frames of a stream from a time on, as :func:`_read` does, decoded in a child process."""
    path = facts.info.path
    at_us: int | None = None
    shown = stream_apart(
        send_frames,
        name=str(path),
        place=lambda: f" at {format_clock(how.start_us if at_us is None else at_us, decimals=1)}",
        most_items=max(_LEAST_FRAMES, path.stat().st_size),  # a frame takes a byte at least
        facts=facts,
        how=how,
    )
    known = covered.so_far()
    try:
        while True:
            at_us, frame, *numbers, changed = next(shown)
            known = changed or _with_numbers(known, *numbers)
            covered.set(known)
            yield at_us, frame
    except StopIteration as end:
        covered.set(end.value)
    finally:
        shown.close()


def _read(facts: StreamFacts, *, ledger: Ledger, how: _How) -> _Decoded:
    """Yield the frames of a stream from a time on; completes the ledger at the end."""
    info = facts.info
    size_bytes = info.path.stat().st_size
    target = seek_target(facts, time_us=how.start_us)
    with open_media(info.path, max_pixels=facts.max_pixels, hardware=how.hardware) as container:
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        prepare(video, path=info.path, max_pixels=facts.max_pixels, threads=how.threads)
        if target is not None:
            container.seek(target, stream=video, backward=True)
        timed = _whole(_timed(facts, container, video, ledger=ledger, from_start=target is None))
        shown = _booked(_from(timed, start_us=how.start_us, step_us=facts.step_us), facts=facts, ledger=ledger)
        yield from shown if how.rates is None else only_sampled(shown, rates=how.rates)
    close_book(facts, ledger, size_bytes=size_bytes, from_start=target is None)


def _timed(
    facts: StreamFacts, container: InputContainer, video: VideoStream, *, ledger: Ledger, from_start: bool
) -> Iterator[tuple[int, VideoFrame, Fate]]:
    """Yield decoded frames with their repaired times and what became of them."""
    retimer: Retimer[tuple[VideoFrame, Fate]] = Retimer(step_us=facts.step_us)
    ledger.repairs = retimer.repairs
    if facts.reordered:
        ledger.use_display_order()
    numbering = numbering_of(
        container, video, path=facts.info.path, missing=lambda number: ledger.packet_missing(facts.us_of(number))
    )
    for frame in decode_stream(
        container, video, ledger=ledger, time_of=facts.raw_us, numbering=numbering, from_start=from_start
    ):
        fate = ledger.frame_out(facts.raw_us(frame), corrupt=frame.is_corrupt)
        for time_us, (timed, its_fate) in retimer.push(fate.raw_us, (frame, fate)):
            yield time_us, timed, its_fate
    for time_us, (timed, fate) in retimer.flush():
        yield time_us, timed, fate


def _whole(frames: Iterator[tuple[int, VideoFrame, Fate]]) -> Iterator[tuple[int, VideoFrame, Fate]]:
    """Yield the same frames, deinterlaced from the first interlaced one on."""
    deinterlacer: Deinterlacer[tuple[int, Fate]] = Deinterlacer()
    for time_us, frame, fate in frames:
        for whole, (at_us, its_fate) in deinterlacer.push(frame, (time_us, fate)):
            yield at_us, whole, its_fate
    for whole, (at_us, its_fate) in deinterlacer.flush():
        yield at_us, whole, its_fate


def _from(
    frames: Iterator[tuple[int, VideoFrame, Fate]], *, start_us: int, step_us: int
) -> Iterator[tuple[int, VideoFrame, Fate]]:
    """Yield the frames from the one on screen at ``start_us`` on."""
    before = None
    for item in frames:
        if item[0] > start_us:
            if before is not None:
                yield before
            yield item
            yield from frames
            return
        before = item
    if before is not None and start_us < before[0] + step_us:
        yield before


def _booked(
    frames: Iterator[tuple[int, VideoFrame, Fate]], *, facts: StreamFacts, ledger: Ledger
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the frames with their times, recording each."""
    for time_us, frame, fate in frames:
        _book(frame, time_us, fate=fate, facts=facts, ledger=ledger)
        yield time_us, frame


def _book(frame: VideoFrame, time_us: int, *, fate: Fate, facts: StreamFacts, ledger: Ledger) -> None:
    """Record a shown frame and its irregularities."""
    ledger.shown(time_us, fate)
    if (frame.width, frame.height) != facts.coded_size:
        ledger.repairs[f"of another size, fitted into {facts.info.width}x{facts.info.height}"] += 1
    elif shape_of(frame) not in (None, facts.coded_aspect):
        ledger.repairs[f"of another pixel shape, fitted into {facts.info.width}x{facts.info.height}"] += 1


def with_progress(frames: Iterable[Frame], *, duration_us: int, progress: Progress | None) -> Iterator[Frame]:
    """Yield the same frames, calling ``progress`` once per second of video."""
    last_us = -US_PER_S
    for frame in frames:
        if progress is not None and frame.time_us - last_us >= US_PER_S:
            last_us = frame.time_us
            progress(frame.time_us, duration_us)
        yield frame
