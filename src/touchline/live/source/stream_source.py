"""A stream as a live source: reconnects when it breaks, and keeps one timeline."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Literal, cast

from av import Packet, VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_MS, US_PER_S
from touchline.core.events import Coverage, Gap, VideoInfo
from touchline.core.wording import counted
from touchline.live.source.address import Address
from touchline.live.source.connection import (
    ConnectionLostError,
    PacketSink,
    Patience,
    Tap,
    open_stream,
    playlist_has_ended,
    unreachable,
)
from touchline.live.source.pictures import Picture, timed_frames
from touchline.live.source.timeline import Backoff, StreamTimeline
from touchline.media.facts import choose_stream, prepare
from touchline.media.frame import Luma
from touchline.media.ledger import Ledger
from touchline.media.picture import Presenter, orientation_of, square_size
from touchline.media.pixel_shape import plausible, shape_of
from touchline.media.source import DEFAULT_MAX_PIXELS

State = Literal["starting", "running", "reconnecting", "ended"]

_STEP_US = 40_000
_GAP_US = US_PER_S
"""A time without pictures longer than this is a gap."""
_SILENCE = "no pictures came"


class StreamSource:
    """A stream or a device; see :class:`~touchline.live.source.pictures.Source`.

    Args:
        address: where it is.
        patience: how long things may take.
        sink: takes the packets for a recording.
        opener: opens the address; for tests.
        playlist_ended: whether an HLS playlist has an end; for tests.
        clock: seconds on a clock that never goes back.
        draw: returns a random number from 0 to 1.

    Attributes:
        state: how it stands.
        reconnects: how often it was opened again.
        lost: what broke it for good, if it did not end by itself; "" otherwise.
        trouble: what broke it, as long as no picture has come since; "" otherwise.

    """

    waits = False

    def __init__(
        self,
        address: Address,
        *,
        patience: Patience | None = None,
        sink: PacketSink | None = None,
        opener: Callable[..., InputContainer] = open_stream,
        playlist_ended: Callable[[Address], bool] = playlist_has_ended,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.shown = address.shown
        self.state: State = "starting"
        self.reconnects = 0
        self.lost = self.trouble = ""
        self._broken = False
        self._address, self._patience, self._sink = address, patience or Patience(), sink
        self._opener, self._playlist_ended, self._clock = opener, playlist_ended, clock
        self._backoff = Backoff(draw)
        self._stop = Event()
        self._timeline = StreamTimeline(clock, rewinds=address.kind == "hls")
        self._ledger = Ledger(step_us=_STEP_US)
        self.info: VideoInfo | None = None
        self._presenter: Presenter | None = None
        self._first_ms: int | None = None
        self._last_us: int | None = None
        self._picture_s = clock()
        self._breaks: list[Gap] = []

    def stop(self) -> None:
        """Let :meth:`pictures` end soon."""
        self._stop.set()

    def coverage(self) -> Coverage:
        """Return what was read and lost so far; a gap says what broke the stream."""
        found, breaks = self._ledger.coverage(), tuple(self._breaks)
        gaps = [gap for gap in found.gaps if not any(_overlap(gap, one) for one in breaks)]
        jumps = self._timeline.jumps
        repairs = (f"{counted(jumps, 'jump')} of the source's clock, placed by this machine's",) if jumps else ()
        return replace(
            found,
            gaps=tuple(sorted([*gaps, *breaks], key=lambda gap: gap.start_us)),
            repairs=(*found.repairs, *repairs),
        )

    def pictures(self) -> Iterator[Picture]:
        """Yield the pictures of one connection after another.

        Raises:
            NetworkError: no picture came for as long as the patience lasts, from the start.
            InputError: it has no video, or pictures that are too large.
            ResourceError: FFmpeg does not know such a source.

        """
        self._picture_s = self._clock()
        while not self._stop.is_set():
            try:
                ended = yield from self._connection()
                self._break(ended)
                if not ended and self._is_over():
                    break
            except ConnectionLostError as error:
                self._break(str(error))
            if self._stop.is_set() or not self._waited():
                break
            self.reconnects += self._last_us is not None
        self.state = "ended"
        if self._last_us is None and not self._stop.is_set():
            raise unreachable(self._address, self.trouble, waited_s=self._clock() - self._picture_s)

    def _is_over(self) -> bool:
        """Return whether a connection that ended by itself was the last: a device, or a playlist with an end."""
        kind = self._address.kind
        return kind == "device" or (kind == "hls" and self._playlist_ended(self._address))

    def _break(self, reason: str) -> None:
        """Note what ended a connection: the first reason since the latest picture counts, "" for its own end."""
        self.trouble = self.trouble or reason
        if not self._broken:
            self._broken, self.lost = True, reason

    def _waited(self) -> bool:
        """Wait before the next attempt; return whether there is to be one."""
        self.state = "starting" if self._last_us is None else "reconnecting"
        left_s = self._patience.give_up_s - (self._clock() - self._picture_s)
        if left_s <= 0:
            return False
        self._stop.wait(min(self._backoff.next_s(), left_s))
        return not self._stop.is_set()

    def _connection(self) -> Generator[Picture, None, str]:
        """Yield the pictures of one connection; return what ended it, "" for its own end."""
        with closing(self._opener(self._address, patience=self._patience)) as container:
            name = cast("Path", self.shown)  # for messages only, where a URL is as good as a path
            video, _ = choose_stream(container, path=name, index=None)
            prepare(video, path=name, max_pixels=DEFAULT_MAX_PIXELS)
            self._timeline.reconnected()
            if self._sink is not None:
                self._sink.begin(container, video)
            tap = Tap(
                container,
                video,
                timeline=self._timeline,
                sink=self._sink,
                stop=self._stop,
                silent_s=self._patience.silent_s,
                clock=self._clock,
            )
            packets, jumps = cast("InputContainer", tap), self._timeline.jumps
            for time_us, frame in timed_frames(
                packets, video, ledger=self._ledger, time_of=self._time_of, after_us=self._last_us
            ):
                tap.picture_s = self._picture_s = self._clock()
                if time_us >= 0:  # pictures that are shown before the first key frame need earlier ones
                    self._note_gap(time_us, jumped=self._timeline.jumps > jumps)
                    jumps, self._last_us = self._timeline.jumps, time_us
                    self.state, self.trouble, self.lost, self._broken = "running", "", "", False
                    self._backoff.reset()
                    presenter = self._presenter or self._first(frame, video)
                    yield Picture(time_us, _luma_of(presenter, frame), presenter.rgb(frame))
            return tap.reason

    def _time_of(self, item: VideoFrame | Packet) -> int | None:
        """Return the time of a frame or packet, microseconds from the first key frame."""
        if item.pts is None:
            return None
        if self._first_ms is None:
            self._first_ms = item.pts
        return (item.pts - self._first_ms) * US_PER_MS

    def _note_gap(self, time_us: int, *, jumped: bool) -> None:
        """Record the time without pictures before this one, if it is long, and why."""
        if self._last_us is None or time_us - self._last_us <= _GAP_US:
            return
        reason = _SILENCE
        if self.state == "reconnecting":
            reason = f"the connection was lost ({self.trouble or 'it ended'})"
        elif jumped:
            reason = "the source's clock jumped"
        self._breaks.append(Gap(self._last_us + self._ledger.step_us, time_us, reason))

    def _first(self, frame: VideoFrame, video: VideoStream) -> Presenter:
        """Decide the size of all pictures of the run: that of the first one."""
        aspect, orientation = plausible(video.sample_aspect_ratio), orientation_of(frame)
        width, height = orientation.size(*square_size(frame.width, frame.height, aspect=aspect))
        fps = float(video.average_rate or video.guessed_rate or 0)
        self.info = VideoInfo(Path(self.shown), width, height, fps, 0, codec=video.codec_context.name)
        self._presenter = Presenter(
            width=width, height=height, aspect=aspect, coded_aspect=shape_of(frame), orientation=orientation
        )
        return self._presenter


def _luma_of(presenter: Presenter, frame: VideoFrame) -> Callable[[], Luma]:
    return lambda: presenter.luma(frame)


def _overlap(gap: Gap, other: Gap) -> bool:
    return gap.start_us < other.end_us and other.start_us < gap.end_us
