"""A stream's packets copied into Matroska files as they come: nothing is encoded again, and a crash loses a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
from av import Packet
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from touchline.core.errors import ResourceError
from touchline.live.source.connection import MILLISECOND

_OPTIONS = {"cluster_time_limit": "1000", "flush_packets": "1"}


class Recording:
    """Copies the packets of a stream into a Matroska file. Every connection of the stream continues it.

    Args:
        path: the file.

    Attributes:
        problem: why nothing is written any more; "" while all is well.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self._file: OutputContainer | None = None
        self._outputs: dict[str, Any] = {}
        self._layout: tuple[Any, ...] = ()
        self._last_dts: dict[str, int] = {}

    def begin(self, container: InputContainer, video: VideoStream) -> None:
        """A connection begins; the first one decides which streams the file has."""
        layout = (video.codec_context.name, video.codec_context.width, video.codec_context.height)
        if self._file is not None:
            if layout != self._layout:
                self.problem = self.problem or "the picture's size or codec changed, which one recording cannot hold"
            return
        self._layout = layout
        try:
            self._file = av.open(f"file:{self.path.absolute()}", "w", format="matroska", options=_OPTIONS)
        except (OSError, av.FFmpegError) as error:
            raise ResourceError(f"{self.path}: cannot be written ({error.strerror}); choose another --record") from error
        self._outputs["video"] = self._file.add_stream_from_template(video)
        if container.streams.audio:
            self._outputs["audio"] = self._file.add_stream_from_template(container.streams.audio[0])

    def write(self, packet: Packet) -> None:
        """Add a packet; its times are milliseconds on the run's timeline. A full disk ends the recording only."""
        output = self._outputs.get(packet.stream.type)
        if self._file is None or output is None or self.problem:
            return
        kept = _Kept(packet)
        try:
            self._monotonic(packet)
            packet.stream = output
            self._file.mux_one(packet)
        except (OSError, av.FFmpegError) as error:
            self.problem = f"it cannot be written any more ({error.strerror})"
        finally:
            kept.restore(packet)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            try:
                self._file.close()
            except (OSError, av.FFmpegError) as error:
                self.problem = self.problem or f"its end could not be written ({error.strerror})"
            self._file = None

    def _monotonic(self, packet: Packet) -> None:
        """Keep decoding times from going back, which the container does not allow."""
        if packet.dts is not None:
            last = self._last_dts.get(packet.stream.type)
            packet.dts = packet.dts if last is None else max(last, packet.dts)
            self._last_dts[packet.stream.type] = packet.dts


class _Kept:
    """What writing a packet changes of it."""

    def __init__(self, packet: Packet) -> None:
        self._stream: Stream = packet.stream
        self._times = packet.pts, packet.dts

    def restore(self, packet: Packet) -> None:
        packet.stream = self._stream
        packet.pts, packet.dts = self._times
        packet.time_base = MILLISECOND
