"""One connection to a stream: opened within a time, its packets placed on the timeline, recorded, and decoded."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from http.client import HTTPException
from threading import Event
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import av
from av import Packet
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.errors import NetworkError, ResourceError
from touchline.live.source.address import Address
from touchline.live.source.timeline import StreamTimeline
from touchline.media.source import DEFAULT_MAX_PIXELS

_MS = 1000
MILLISECOND = Fraction(1, _MS)
"""The unit of times on the timeline, and of Matroska recordings."""
_VARIANT, _END = "#EXT-X-STREAM-INF", "#EXT-X-ENDLIST"
_PLAYLIST_S = 10.0
_MOST_PLAYLIST_BYTES = 4 * 1024 * 1024
_PROTOCOLS = {
    "rtsp": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto",
    "hls": "http,https,tcp,tls,crypto,httpproxy,data",
    "http": "http,https,tcp,tls,crypto,httpproxy,rtmp,rtmps",
    "srt": "srt,udp",
    "udp": "udp,rtp,srtp,tcp,crypto",
}
_OPTIONS: dict[str, dict[str, str]] = {
    "rtsp": {"rtsp_transport": "tcp"},
    "udp": {"overrun_nonfatal": "1", "fifo_size": "50000"},
}


class PacketSink(Protocol):
    """Takes the packets of a connection, for a recording."""

    def begin(self, container: InputContainer, video: VideoStream) -> None:
        """A connection begins, with these streams."""
        ...

    def write(self, packet: Packet) -> None:
        """Take a packet; its times are milliseconds on the timeline."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, seconds.

    Attributes:
        open_s: to open a source.
        silent_s: without a picture, after which a connection counts as dead.
        give_up_s: without a picture, after which nothing more is expected of a source.

    """

    open_s: float = 15.0
    silent_s: float = 20.0
    give_up_s: float = 120.0


class ConnectionLostError(Exception):
    """A connection that broke; the reason is fit to print."""


def open_stream(address: Address, *, patience: Patience) -> InputContainer:
    """Open a stream or a device.

    Raises:
        ConnectionLostError: it cannot be reached now.
        ResourceError: this build of FFmpeg does not know the protocol or the device.

    """
    options = {"max_pixels": str(DEFAULT_MAX_PIXELS), **_OPTIONS.get(address.kind, {})}
    if address.kind in _PROTOCOLS:
        options["protocol_whitelist"] = _PROTOCOLS[address.kind]
    try:
        return av.open(
            address.url,
            "r",
            format=address.format or None,
            options=options,
            timeout=(patience.open_s, patience.silent_s),
            metadata_errors="replace",
        )
    except (av.ProtocolNotFoundError, av.DemuxerNotFoundError, ValueError) as error:
        what = address.format or address.kind
        raise ResourceError(f"{address.shown}: FFmpeg as built into PyAV here does not read {what}") from error
    except (av.FFmpegError, OSError) as error:
        raise ConnectionLostError(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Return why something failed, without the address that FFmpeg puts into its messages."""
    return str(getattr(error, "strerror", "") or type(error).__name__)


def unreachable(address: Address, reason: str, *, waited_s: float) -> NetworkError:
    """Return the error for a source that never gave a picture."""
    return NetworkError(
        f"{address.shown}: no picture within {waited_s:.0f} s ({reason}); check the address, the network and whether "
        "the source is sending"
    )


def playlist_has_ended(address: Address, *, fetch: Callable[[str], str] | None = None) -> bool:
    """Return whether an HLS playlist says that nothing follows; FFmpeg also ends when a server does not answer.

    Args:
        address: of the playlist, or of one that lists several.
        fetch: returns a text behind a URL, or raises OSError; for tests.

    """
    url, fetch = address.url, fetch or _text_of
    try:
        text = fetch(url)
        if _VARIANT in text:
            following = text.partition(_VARIANT)[2].splitlines()[1:]
            url = urljoin(url, next((line for line in following if line and not line.startswith("#")), ""))
            text = fetch(url)
    except (OSError, ValueError, HTTPException):
        return False
    return _END in text


def _text_of(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("a playlist may lead to http and https only")
    with urllib.request.urlopen(url, timeout=_PLAYLIST_S) as answer:
        return str(answer.read(_MOST_PLAYLIST_BYTES).decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class _Format:
    name: str


class Tap:
    """The packets of an open stream, as :func:`touchline.media.decoding.decode_stream` reads them from a container.

    Packets before the first key frame are left out; times are placed on the timeline; errors end the stream and are
    kept; every packet that is read goes to the recording too.

    Args:
        container: the open stream.
        video: its video.
        timeline: places packets.
        sink: the recording, if there is one.
        stop: set to end.
        silent_s: seconds without a picture after which the connection counts as dead.
        clock: seconds on a clock that never goes back.

    Attributes:
        picture_s: when the latest picture came; set by the reader.
        reason: what ended the stream; "" for its own end.

    """

    def __init__(
        self,
        container: InputContainer,
        video: VideoStream,
        *,
        timeline: StreamTimeline,
        sink: PacketSink | None,
        stop: Event,
        silent_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.format = "stream", _Format("matroska,webm")
        self._container, self._video = container, video
        self._timeline, self._sink = timeline, sink
        self._stop, self._silent_s, self._clock = stop, silent_s, clock
        self._started = False
        self.picture_s = clock()
        self.reason = ""

    def demux(self, stream: Any) -> Iterator[Packet]:
        """Yield the packets of the video, then the empty one that flushes the decoder."""
        del stream
        try:
            yield from self._packets()
        except (av.FFmpegError, OSError) as error:
            self.reason = reason_of(error)
        yield Packet()

    def _packets(self) -> Iterator[Packet]:
        streams = [self._video, *(self._container.streams.audio[:1] if self._sink is not None else [])]
        for packet in self._container.demux(streams):
            if self._stop.is_set():
                return
            if self._clock() - self.picture_s > self._silent_s:
                self.reason = f"no picture for {self._silent_s:g} s"
                return
            if packet.size and self._wanted(packet):
                self._place(packet)
                if self._timeline.behind:  # it was seen before the connection broke; go on at the next key frame
                    self._started = False
                    continue
                if self._sink is not None:
                    self._sink.write(packet)
                if packet.stream is self._video:
                    yield packet

    def _wanted(self, packet: Packet) -> bool:
        """Return whether a packet is of use: nothing can be decoded before the first key frame."""
        self._started = self._started or (packet.stream is self._video and packet.is_keyframe)
        return self._started and (packet.stream is self._video or packet.dts is not None)

    def _place(self, packet: Packet) -> None:
        """Put a packet's times on the timeline; sound follows the video's clock."""
        base = packet.time_base or self._video.time_base
        pts_ms, dts_ms = (None if t is None or not base else round(t * base * _MS) for t in (packet.pts, packet.dts))
        if packet.stream is self._video:
            packet.pts, packet.dts = self._timeline.place(pts_ms, dts_ms)
        else:
            packet.pts, packet.dts = self._timeline.beside(pts_ms), self._timeline.beside(dts_ms)
        packet.time_base = MILLISECOND
