"""Fault-tolerant decoding: packets that cannot be read or decoded are skipped and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import av
from av import Packet, VideoFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.media.isolation.switch import still_alive
from touchline.media.ledger import DAMAGED, Ledger
from touchline.media.source import out_of_memory

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
) -> Iterator[VideoFrame]:
    """Yield every frame that can be decoded, in presentation order; packets that fail are recorded.

    Args:
        container: the open file, read from its current position.
        stream: the container's video stream, prepared for decoding.
        ledger: where packets and failures are recorded.
        time_of: returns a packet's time on the video's clock, to record which packets produced no frame.

    """
    for packet in packets(container, stream, ledger):
        if packet.size == 0:
            yield from _flush(stream, ledger)
            return
        ledger.last_byte = max(ledger.last_byte, (packet.pos or 0) + packet.size)
        if packet.is_corrupt:
            ledger.packet_failed(DAMAGED)
        if not packet.is_discard:
            ledger.packet_in(time_of(packet))
        try:
            frames = stream.codec_context.decode(packet)
        except MemoryError as error:
            raise out_of_memory(container.name) from error
        except av.FFmpegError:
            ledger.packet_failed(DAMAGED)
            continue
        yield from frames


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
