"""Reading a video: what it is (:func:`probe`) and its shown frames in bounded memory (:class:`VideoReader`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from av import VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.media.decoding import decode_stream, raw_us
from touchline.media.facts import StreamFacts, choose_stream, inspect, prepare
from touchline.media.frame import Frame
from touchline.media.ledger import Ledger
from touchline.media.source import DEFAULT_MAX_PIXELS, open_media
from touchline.media.timestamps import Retimer
from touchline.types import Coverage, VideoInfo

__all__ = ["DEFAULT_MAX_PIXELS", "VideoReader", "probe"]


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
        threads: int = 0,
    ) -> None:
        """Open a video.

        Args:
            path: a local media file.
            stream: index of the video stream in the file; None takes the default one.
            max_pixels: largest picture accepted.
            threads: decoder threads; 0 lets the decoder choose.

        """
        self._facts = inspect(path, stream=stream, max_pixels=max_pixels)
        self._threads = threads
        self._ledger = Ledger(step_us=self._facts.step_us)
        self._running: list[Iterator[Frame]] = []

    @property
    def info(self) -> VideoInfo:
        """What the file is."""
        return self._facts.info

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading and close the file."""
        for frames in self._running:
            frames.close()  # type: ignore[attr-defined]
        self._running.clear()

    def coverage(self) -> Coverage:
        """What was read, lost and mended by the latest :meth:`frames`, up to where it has come."""
        return self._ledger.coverage()

    def frames(self, *, start_us: int = 0) -> Iterator[Frame]:
        """Every shown frame from ``start_us`` on, in order, times strictly increasing.

        Args:
            start_us: microseconds from the first shown frame; earlier frames are left out.

        """
        self._ledger = Ledger(step_us=self._facts.step_us, from_us=start_us)
        frames = _read(self._facts, ledger=self._ledger, start_us=start_us, threads=self._threads)
        self._running.append(frames)
        return frames


def _read(facts: StreamFacts, *, ledger: Ledger, start_us: int, threads: int) -> Iterator[Frame]:
    """The shown frames of a stream from a time on."""
    info = facts.info
    with open_media(info.path, max_pixels=facts.max_pixels) as container:
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        prepare(video, path=info.path, max_pixels=facts.max_pixels, threads=threads)
        presenter = facts.presenter()
        for time_us, (frame, loss) in _timed(facts, container, video, ledger=ledger):
            if time_us >= start_us:
                ledger.shown(time_us, loss=loss)
                yield Frame(time_us, presenter.luma(frame), presenter.rgb(frame))
    ledger.close(expected_us=None, reason="")


def _timed(
    facts: StreamFacts, container: InputContainer, video: VideoStream, *, ledger: Ledger
) -> Iterator[tuple[int, tuple[VideoFrame, str]]]:
    """Decoded frames with their mended times."""
    retimer: Retimer[tuple[VideoFrame, str]] = Retimer(step_us=facts.step_us)
    ledger.repairs = retimer.repairs
    start_pts = facts.start_pts or 0
    for frame in decode_stream(container, video, ledger=ledger, start_pts=start_pts):
        raw = raw_us(frame.pts, time_base=video.time_base, start_pts=start_pts)
        yield from retimer.push(raw, (frame, ledger.frame_out(raw)))
    yield from retimer.flush()
