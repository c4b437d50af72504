"""Fault-tolerant decoding: packets that cannot be read or decoded are skipped and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import av
from av import Packet, VideoFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.media.containers.mpegts import Continuity, read_continuity
from touchline.media.damage.complaints import complaint, listening
from touchline.media.damage.numbering import Numbering
from touchline.media.isolation.switch import still_alive
from touchline.media.ledger import DAMAGED, Ledger
from touchline.media.pixel_shape import PixelShapes
from touchline.media.source import out_of_memory

_BEGIN_ANYWHERE = frozenset({"mpegts", "mpeg", "mpegvideo", "h264", "hevc", "m4v", "obu", "mxf"})
"""Containers whose files may begin between two key frames: recordings of a running transmission."""
_MAX_READ_ERRORS = 100
"""Consecutive read errors without a packet between them after which the rest of a file is abandoned."""


def packets(
    container: InputContainer, stream: VideoStream | AudioStream | Sequence[AudioStream], ledger: Ledger
) -> Iterator[Packet]:
    """Yield every readable packet of one or several streams, then the empty one that flushes the decoder."""
    errors = 0
    while errors < _MAX_READ_ERRORS:
        try:
            for packet in container.demux(stream):
                errors = 0
                still_alive()
                yield packet
            return
        except MemoryError as error:
            raise out_of_memory(container.name) from error
        except av.FFmpegError as error:
            errors += 1
            ledger.packet_failed(f"the file cannot be read here ({error.strerror})")
    yield Packet()


def decode_stream(
    container: InputContainer,
    stream: VideoStream,
    *,
    ledger: Ledger,
    time_of: Callable[[Packet], int | None] = lambda packet: None,
    numbering: Numbering | None = None,
    from_start: bool = True,
) -> Iterator[VideoFrame]:
    """Yield every frame that can be decoded, in presentation order; packets that fail are recorded.

    Args:
        container: the open file, read from its current position.
        stream: the container's video stream, prepared for decoding.
        ledger: where packets and failures are recorded.
        time_of: returns a packet's time on the video's clock, to record which packets produced no frame.
        numbering: corrector of the packets' times; None if they need none.
        from_start: whether the current position is the start of the file.

    """
    shapes = PixelShapes(stream)
    for packet in packets(container, stream, ledger):
        if packet.size == 0:
            if numbering is not None:
                numbering.end()
            yield from map(shapes.mark, _flush(stream, ledger))
            return
        if numbering is not None:
            numbering.correct(packet, from_start=from_start)
        ledger.packets_read += 1
        ledger.last_byte = max(ledger.last_byte, (packet.pos or 0) + packet.size)
        if packet.is_discard:
            ledger.packet_hidden()
        else:
            ledger.packet_in(time_of(packet))
        frames = _decode(container, stream, packet, ledger=ledger, raw_us=time_of(packet))
        shapes.decoded(packet)
        yield from map(shapes.mark, frames)


def _decode(
    container: InputContainer, stream: VideoStream, packet: Packet, *, ledger: Ledger, raw_us: int | None
) -> list[VideoFrame]:
    """Return the frames that a packet gives, and record what was wrong with it."""
    frames: list[VideoFrame] = []
    corrupt = packet.is_corrupt and not _ends_before_join(container, packet)
    wrong, failed = DAMAGED if corrupt else "", False
    with listening() as messages:
        try:
            frames = stream.codec_context.decode(packet)
        except MemoryError as error:
            raise out_of_memory(container.name) from error
        except av.FFmpegError:
            wrong, failed = DAMAGED, True
    ledger.packet_done(
        raw_us,
        key=not packet.is_discard and (packet.is_keyframe or (ledger.packets_read == 1 and _begins_whole(container))),
        disposable=packet.is_disposable,
        complaint=wrong or complaint(messages),
        failed=failed or corrupt,
    )
    return frames


def _ends_before_join(container: InputContainer, packet: Packet) -> bool:
    """Return whether a frame is only taken for a damaged one because another stream was joined after it."""
    if "mpegts" not in container.format.name:
        return False
    path = Path(container.name.removeprefix("file:"))
    continuity = _continuity(path, path.stat().st_size)
    at = packet.pos
    return (
        continuity is not None
        and at is not None
        and continuity.joined_near(at, stream=packet.stream.id, size=packet.size)
    )


@lru_cache(maxsize=4)
def _continuity(path: Path, size_bytes: int) -> Continuity | None:
    """Return the continuity of a transport stream; the size stands for its content while it is being read."""
    return read_continuity(path)


def _begins_whole(container: InputContainer) -> bool:
    """Return whether the first frame of a file of this kind can always be decoded, unless it is damaged."""
    return _BEGIN_ANYWHERE.isdisjoint(container.format.name.split(","))


def _flush(stream: VideoStream, ledger: Ledger) -> Iterator[VideoFrame]:
    """Yield the frames a decoder still holds at the end of a stream."""
    while True:
        try:
            frames = stream.codec_context.decode(None)
        except EOFError:
            return
        except av.FFmpegError:
            ledger.packet_failed(DAMAGED)
            continue
        if not frames:
            return
        yield from frames
