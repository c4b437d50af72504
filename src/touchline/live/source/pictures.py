"""Pictures of a live source: their time, and their brightness when it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from av import Packet, VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.arrays import Rgb
from touchline.core.events import Coverage, VideoInfo
from touchline.media.decoding import decode_stream
from touchline.media.deinterlace import Deinterlacer
from touchline.media.frame import Luma
from touchline.media.ledger import Fate, Ledger
from touchline.media.timestamps import Retimer


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture of a live source.

    Attributes:
        time_us: microseconds from the first one, on the timeline of the run.
        luma: returns its brightness, uint8 (height, width).
        rgb: returns its colours, uint8 (height, width, 3); None if it has none.

    """

    time_us: int
    luma: Callable[[], Luma]
    rgb: Callable[[], Rgb] | None = None


class Source(Protocol):
    """Where live pictures come from.

    Attributes:
        shown: its name, as it may be printed.
        info: the properties of its pictures; None before the first one.
        waits: whether pictures may wait for the analysis (a file), or have to be dropped if it is too slow (a stream).

    """

    shown: str
    waits: bool
    info: VideoInfo | None

    def pictures(self) -> Iterator[Picture]:
        """Yield the pictures, times increasing strictly, until the source ends or :meth:`stop` is called."""
        ...

    def coverage(self) -> Coverage:
        """Return what was read and lost so far."""
        ...

    def stop(self) -> None:
        """Let :meth:`pictures` end soon; may be called from another thread."""
        ...


def timed_frames(
    container: InputContainer,
    video: VideoStream,
    *,
    ledger: Ledger,
    time_of: Callable[[VideoFrame | Packet], int | None],
    after_us: int | None = None,
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield frames with repaired times, deinterlaced, as :class:`touchline.media.video.VideoReader` does.

    Args:
        container: the open source, read from its start.
        video: its stream, prepared for decoding.
        ledger: where packets, losses and shown frames are recorded.
        time_of: returns a frame's or packet's unrepaired time, microseconds from the first shown frame.
        after_us: the first time must come after this; None for the start of a source.

    """
    deinterlacer: Deinterlacer[tuple[int, Fate]] = Deinterlacer()
    for time_us, frame, fate in _repaired(container, video, ledger=ledger, time_of=time_of, after_us=after_us):
        for whole, (at_us, its_fate) in deinterlacer.push(frame, (time_us, fate)):
            ledger.shown(at_us, its_fate)
            yield at_us, whole
    for whole, (at_us, its_fate) in deinterlacer.flush():
        ledger.shown(at_us, its_fate)
        yield at_us, whole


def _repaired(
    container: InputContainer,
    video: VideoStream,
    *,
    ledger: Ledger,
    time_of: Callable[[VideoFrame | Packet], int | None],
    after_us: int | None = None,
) -> Iterator[tuple[int, VideoFrame, Fate]]:
    """Yield decoded frames with their repaired times and what became of them."""
    retimer: Retimer[tuple[VideoFrame, Fate]] = Retimer(step_us=ledger.step_us, after_us=after_us)
    retimer.repairs = ledger.repairs
    for frame in decode_stream(container, video, ledger=ledger, time_of=time_of):
        fate = ledger.frame_out(time_of(frame), corrupt=frame.is_corrupt)
        for time_us, (timed, its_fate) in retimer.push(fate.raw_us, (frame, fate)):
            yield time_us, timed, its_fate
    for time_us, (timed, fate) in retimer.flush():
        yield time_us, timed, fate
