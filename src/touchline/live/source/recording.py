"""A stream's packets copied into Matroska files as they come: nothing is encoded again, and a crash loses a second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av import Packet
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_MS
from touchline.core.errors import ResourceError
from touchline.live.source.connection import MILLISECOND
from touchline.media.source import create_media

_OPTIONS = {"cluster_time_limit": "1000", "flush_packets": "1"}
ENDING = ".mkv"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a recording.

    Attributes:
        path: the file.
        start_us: time on the run's timeline of its first picture.
        end_us: time at which the next part begins, or the recording ended; None while it is written.

    """

    path: Path
    start_us: int
    end_us: int | None = None


class Recording:
    """Copies the packets of a stream into Matroska files; connections of the stream follow each other in one file.

    A further part begins where the picture's size or codec changes, and after ``part_us``.

    Args:
        path: the first file; later ones are ``NAME-2.mkv`` and so on.
        part_us: length of a part, microseconds; None for one part however long.

    Attributes:
        problem: why nothing is written any more; "" while all is well.

    """

    def __init__(self, path: Path, *, part_us: int | None = None) -> None:
        self.problem = ""
        self.parts: tuple[Part, ...] = ()
        self._path, self._part_us = path, part_us
        self._connection: tuple[InputContainer, VideoStream] | None = None
        self._layout: tuple[Any, ...] = ()
        self._file: OutputContainer | None = None
        self._outputs: dict[str, Any] = {}
        self._last_dts: dict[str, int] = {}
        self._zero_us: int | None = None
        self._now_us = 0

    def begin(self, container: InputContainer, video: VideoStream) -> None:
        """A connection begins."""
        self._connection = container, video

    def write(self, packet: Packet) -> None:
        """Add a packet; its times are milliseconds on the run's timeline. A full disk ends the recording only."""
        if self.problem or self._connection is None:
            return
        stream, times = packet.stream, (packet.pts, packet.dts)
        try:
            if stream.type == "video" and packet.pts is not None:
                self._at_picture(packet)
            self._add(packet)
        except (OSError, av.FFmpegError) as error:
            self.problem = f"the recording stopped: {self._path.name} cannot be written ({error.strerror})"
        finally:
            packet.stream, packet.time_base = stream, MILLISECOND
            packet.pts, packet.dts = times

    def close(self) -> None:
        """Finish the file."""
        try:
            self._finish_part(self._now_us)
        except (OSError, av.FFmpegError) as error:
            self.problem = self.problem or f"the end of {self._path.name} could not be written ({error.strerror})"
        self._connection = None

    def _at_picture(self, packet: Packet) -> None:
        """Note the time, and begin a part if this picture has to be in a new one."""
        time_us = packet.pts * US_PER_MS
        self._zero_us = time_us if self._zero_us is None else self._zero_us
        self._now_us = max(self._now_us, time_us - self._zero_us)
        if not packet.is_keyframe:
            return
        layout = self._layout_now()
        too_long = (
            bool(self.parts)
            and self._part_us is not None
            and (time_us - self._zero_us - self.parts[-1].start_us >= self._part_us)
        )
        if self._file is None or layout != self._layout or too_long:
            self._finish_part(time_us - self._zero_us)
            self._layout = layout
            self._begin_part(time_us - self._zero_us)

    def _layout_now(self) -> tuple[Any, ...]:
        assert self._connection is not None
        context = self._connection[1].codec_context
        return context.name, context.width, context.height

    def _begin_part(self, start_us: int) -> None:
        """Open the next file, with the streams of this connection."""
        assert self._connection is not None
        container, video = self._connection
        number = len(self.parts) + 1
        path = self._path if number == 1 else self._path.with_name(f"{self._path.stem}-{number}{ENDING}")
        self._file = create_media(path, format="matroska", options=_OPTIONS)
        self._outputs = {"video": self._file.add_stream_from_template(video)}
        if container.streams.audio:
            self._outputs["audio"] = self._file.add_stream_from_template(container.streams.audio[0])
        self._last_dts.clear()
        self.parts = (*self.parts, Part(path, start_us))

    def _finish_part(self, end_us: int) -> None:
        if self._file is None:
            return
        file, self._file = self._file, None
        last = self.parts[-1]
        self.parts = (*self.parts[:-1], Part(last.path, last.start_us, end_us))
        file.close()

    def _add(self, packet: Packet) -> None:
        kind = packet.stream.type
        output = self._outputs.get(kind)
        if self._file is None or output is None:
            return
        if packet.dts is not None:  # the container does not allow decoding times to go back
            packet.dts = max(self._last_dts.get(kind, packet.dts), packet.dts)
            self._last_dts[kind] = packet.dts
        packet.stream = output
        self._file.mux_one(packet)


def require_recordable(path: Path) -> Path:
    """Return the path of a recording to be made.

    Raises:
        ResourceError: it exists, its folder does not, or its name has another ending.

    """
    if path.suffix != ENDING:
        raise ResourceError(f"--record {path}: recordings are Matroska files; end the name in {ENDING}")
    if path.exists():
        raise ResourceError(f"--record {path}: exists and is kept; choose another name")
    if not path.parent.is_dir():
        raise ResourceError(f"--record {path}: there is no such folder; make it first")
    return path
