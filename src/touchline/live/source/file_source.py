"""A growing file as a live source: the pictures and times that an analysis of the finished file finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

from av import VideoFrame
from av.container import InputContainer

from touchline.core.errors import InputError
from touchline.core.events import Coverage, VideoInfo
from touchline.live.source.growing import GrowingFile, index_is_last, require_readable_while_written
from touchline.live.source.pictures import Picture, timed_frames
from touchline.media.damage.closing import close_book
from touchline.media.facts import StreamFacts, choose_stream, inspect, prepare
from touchline.media.frame import Luma
from touchline.media.ledger import Ledger
from touchline.media.picture import Presenter
from touchline.media.source import open_growing_media, open_media

_POLL_S = 0.25


class FileSource:
    """A file that may still be written; see :class:`~touchline.live.source.pictures.Source`.

    Args:
        path: the file.
        quiet_s: it has ended when it has not grown for this long.
        marker: it has ended when this file exists; None looks at its growth only.
        stream: index of the video stream; None takes the default one.
        clock: seconds on a clock that never goes back.

    Raises:
        InputError: an MP4 that cannot be read before it is finished.

    """

    waits = True

    def __init__(
        self,
        path: Path,
        *,
        quiet_s: float,
        marker: Path | None = None,
        stream: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        require_readable_while_written(path)
        self.shown = str(path)
        self._path, self._quiet_s, self._marker, self._stream = path, quiet_s, marker, stream
        self._clock, self._stop = clock, Event()
        self._ledger = Ledger(step_us=1)
        self.info: VideoInfo | None = None

    def stop(self) -> None:
        """Let :meth:`pictures` end soon."""
        self._stop.set()

    def coverage(self) -> Coverage:
        """Return what was read and lost so far."""
        return self._ledger.coverage()

    def pictures(self) -> Iterator[Picture]:
        """Yield the pictures as the file grows.

        Raises:
            InputError: the file has ended and holds no frame, or is not a video.

        """
        facts = self._facts()
        if facts is None:
            return
        self._ledger = Ledger(step_us=facts.step_us)
        if facts.reordered:
            raise InputError(f"{self._path}: AVI files are not read while they grow; use touchline spot when finished")
        presenter, self.info = facts.presenter(), facts.info
        for time_us, frame in self._frames_of(facts):
            yield Picture(time_us, _luma_of(presenter, frame), presenter.rgb(frame))
        if not self._stop.is_set():
            self._close()

    def _frames_of(self, facts: StreamFacts) -> Iterator[tuple[int, VideoFrame]]:
        """Yield the frames with their times, from a file that is whole or that grows."""
        if index_is_last(self._path):
            with open_media(self._path, max_pixels=facts.max_pixels) as container:
                yield from self._timed(facts, container)
            return
        file = GrowingFile(self._path, quiet_s=self._quiet_s, marker=self._marker, stop=self._stop, clock=self._clock)
        try:
            with open_growing_media(file, max_pixels=facts.max_pixels) as container:
                yield from self._timed(facts, container)
        finally:
            file.close()

    def _timed(self, facts: StreamFacts, container: InputContainer) -> Iterator[tuple[int, VideoFrame]]:
        video, _ = choose_stream(container, path=self._path, index=facts.info.stream_index)
        prepare(video, path=self._path, max_pixels=facts.max_pixels)
        for item in timed_frames(container, video, ledger=self._ledger, time_of=facts.raw_us):
            if self._stop.is_set():
                return
            yield item

    def _facts(self) -> StreamFacts | None:
        """Return the properties of the stream as soon as the file holds a frame; None if stopped before.

        Raises:
            InputError: it has stopped growing and holds none.

        """
        grew_s, size = self._clock(), -1
        while not self._stop.is_set():
            ended = self._clock() - grew_s >= self._quiet_s or (self._marker is not None and self._marker.exists())
            try:
                return inspect(self._path, stream=self._stream)
            except InputError:
                require_readable_while_written(self._path)
                if ended:
                    raise
            now = self._path.stat().st_size
            if now != size:
                grew_s, size = self._clock(), now
            self._stop.wait(_POLL_S)
        return None

    def _close(self) -> None:
        """Compare what was read with what the finished file promises."""
        with suppress(InputError):
            facts = inspect(self._path, stream=self._stream)
            close_book(facts, self._ledger, size_bytes=self._path.stat().st_size, from_start=True)


def _luma_of(presenter: Presenter, frame: VideoFrame) -> Callable[[], Luma]:
    return lambda: presenter.luma(frame)
