"""Reading a video: what it is (:func:`probe`) and its shown frames in bounded memory (:class:`VideoReader`)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from av import VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_S, format_clock
from touchline.core.events import Coverage, VideoInfo
from touchline.media.decoding import decode_stream
from touchline.media.deinterlace import Deinterlacer
from touchline.media.facts import StreamFacts, choose_stream, inspect, prepare
from touchline.media.frame import Frame
from touchline.media.ledger import Ledger
from touchline.media.seeking import seek_target
from touchline.media.source import DEFAULT_MAX_PIXELS, open_media
from touchline.media.structure import missing_bytes, stated_size
from touchline.media.timestamps import Retimer

__all__ = ["DEFAULT_MAX_PIXELS", "Progress", "VideoReader", "probe", "with_progress"]

_SLACK_US = US_PER_S
_TAIL_BYTES = 1024

Progress = Callable[[int, int], None]
"""Called with (done_us, total_us) of the video; total_us is 0 while unknown."""


def probe(path: str | Path, *, stream: int | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> VideoInfo:
    """What a video file is; decodes its first frame, so that start and rotation are those really shown.

    Args:
        path: a local media file.
        stream: index of the video stream in the file; None takes the default one.
        max_pixels: largest picture accepted.

    Raises:
        UsageError: no regular file, or no such stream.
        InputError: nothing in it can be shown; the message names file, cause and next step.

    """
    return inspect(path, stream=stream, max_pixels=max_pixels).info


class VideoReader:
    """The shown frames of a video, one at a time.

    Damaged packets are passed over and booked as gaps; times are mended where the file's are not increasing; what was
    lost or mended is told by :meth:`coverage`. Pictures are upright and in square pixels, all of the first one's size.

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
            max_pixels: largest picture accepted.
            threads: decoder threads. With more than one, FFmpeg no longer says which pictures it painted over, so
                damage goes unreported; leave it at 1 unless the file is known to be sound.

        """
        self._facts = inspect(path, stream=stream, max_pixels=max_pixels)
        self._threads = threads
        self._ledger = Ledger(step_us=self._facts.step_us)
        self._running: WeakSet[Generator[Frame, None, None]] = WeakSet()

    @property
    def info(self) -> VideoInfo:
        """What the file is."""
        return self._facts.info

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
        """What was read, lost and mended by the latest :meth:`frames`, up to where it has come."""
        return self._ledger.coverage()

    def frames(self, *, start_us: int = 0) -> Iterator[Frame]:
        """Every shown frame from the one on screen at ``start_us`` on, in order, times strictly increasing.

        Args:
            start_us: microseconds from the first shown frame; past the end, there are no frames.

        """
        self._ledger = Ledger(step_us=self._facts.step_us, from_us=start_us)
        frames = _read(self._facts, ledger=self._ledger, start_us=start_us, threads=self._threads)
        self._running.add(frames)
        return frames


def _read(facts: StreamFacts, *, ledger: Ledger, start_us: int, threads: int) -> Generator[Frame, None, None]:
    """The shown frames of a stream from a time on; closes the book at its end."""
    info = facts.info
    size_bytes = info.path.stat().st_size
    target = seek_target(facts, time_us=start_us)
    with open_media(info.path, max_pixels=facts.max_pixels) as container:
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        prepare(video, path=info.path, max_pixels=facts.max_pixels, threads=threads)
        if target is not None:
            container.seek(target, stream=video, backward=True)
        presenter = facts.presenter()
        timed = _whole(_timed(facts, container, video, ledger=ledger))
        for time_us, frame, loss in _from(timed, start_us=start_us, step_us=facts.step_us):
            _book(frame, time_us, loss=loss, facts=facts, ledger=ledger)
            yield Frame(time_us, presenter.luma(frame), presenter.rgb(frame))
    _close_book(facts, ledger, size_bytes=size_bytes)


def _timed(
    facts: StreamFacts, container: InputContainer, video: VideoStream, *, ledger: Ledger
) -> Iterator[tuple[int, VideoFrame, str]]:
    """Decoded frames with their mended times, and why frames before them were lost, if any were."""
    retimer: Retimer[tuple[VideoFrame, str]] = Retimer(step_us=facts.step_us)
    ledger.repairs = retimer.repairs
    for frame in decode_stream(container, video, ledger=ledger, time_of=facts.raw_us):
        raw_us = facts.raw_us(frame)
        for time_us, (timed, loss) in retimer.push(raw_us, (frame, ledger.frame_out(raw_us))):
            yield time_us, timed, loss
    for time_us, (timed, loss) in retimer.flush():
        yield time_us, timed, loss


def _whole(frames: Iterator[tuple[int, VideoFrame, str]]) -> Iterator[tuple[int, VideoFrame, str]]:
    """The same frames, deinterlaced from the first interlaced one on."""
    deinterlacer: Deinterlacer[tuple[int, str]] = Deinterlacer()
    for time_us, frame, loss in frames:
        for whole, (at_us, why) in deinterlacer.push(frame, (time_us, loss)):
            yield at_us, whole, why
    for whole, (at_us, why) in deinterlacer.flush():
        yield at_us, whole, why


def _from(
    frames: Iterator[tuple[int, VideoFrame, str]], *, start_us: int, step_us: int
) -> Iterator[tuple[int, VideoFrame, str]]:
    """The frames from the one on screen at ``start_us`` on."""
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


def _book(frame: VideoFrame, time_us: int, *, loss: str, facts: StreamFacts, ledger: Ledger) -> None:
    """Book a shown frame and what is strange about it."""
    ledger.shown(time_us, loss=loss, concealed=frame.is_corrupt)
    if (frame.width, frame.height) != facts.coded_size:
        ledger.repairs[f"of another size, fitted into {facts.info.width}x{facts.info.height}"] += 1


def _close_book(facts: StreamFacts, ledger: Ledger, *, size_bytes: int) -> None:
    """Compare the end of the pictures with what the file promised, and book a loss or a lie."""
    info = facts.info
    missing = missing_bytes(info.path)
    short_us = info.duration_us - ledger.end_us
    wide = max(_SLACK_US, info.duration_us // 50)
    if info.path.stat().st_size != size_bytes:
        ledger.close(reason="the file was still being written; run again when it is finished")
    elif missing:
        ledger.close(expected_us=info.duration_us, reason=f"the file is cut short, {missing} bytes are missing")
    elif short_us > ledger.step_us and _unread_bytes(facts, ledger) > max(_TAIL_BYTES, size_bytes // 20):
        ledger.close(expected_us=info.duration_us, reason="the rest of the file has no pictures that can be read")
    elif short_us > wide and stated_size(info.path) is None:
        ledger.close(expected_us=info.duration_us, reason="the file ends before its stated duration")
    else:
        ledger.close()
        if info.duration_us and abs(info.duration_us - ledger.end_us) > wide:
            ledger.remarks.append(
                f"the file says it lasts {format_clock(info.duration_us)}, its pictures end at "
                f"{format_clock(ledger.end_us)}; the pictures were believed"
            )


def _unread_bytes(facts: StreamFacts, ledger: Ledger) -> int:
    """Bytes after the last packet of the stream; 0 where that tells nothing (an MP4's index may lie anywhere)."""
    if ledger.last_byte == 0 or facts.indexed:
        return 0
    return facts.info.path.stat().st_size - ledger.last_byte


def with_progress(frames: Iterable[Frame], *, duration_us: int, progress: Progress | None) -> Iterator[Frame]:
    """The same frames; once a second of video, ``progress`` is called."""
    last_us = -US_PER_S
    for frame in frames:
        if progress is not None and frame.time_us - last_us >= US_PER_S:
            last_us = frame.time_us
            progress(frame.time_us, duration_us)
        yield frame
