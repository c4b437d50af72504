"""Properties of a video stream that are needed to read it, found by decoding its first frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av import Packet, VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_S, us_from_seconds
from touchline.core.errors import InputError, UsageError
from touchline.core.events import VideoInfo
from touchline.media.decoding import decode_stream
from touchline.media.frame_rate import frame_rate
from touchline.media.ledger import Ledger
from touchline.media.picture import Orientation, Presenter, orientation_of, square_size
from touchline.media.source import DEFAULT_MAX_PIXELS, open_media, require_regular_file

INTERLACED = "interlaced; frames are deinterlaced"
_FALLBACK_STEP_US = 40_000
_MAX_ASPECT = 8
"""Pixel aspect ratios beyond this are assumed to be a damaged header and replaced by square pixels."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """The properties of a video stream, as found in its header and first shown frame.

    Attributes:
        info: properties shown to users.
        start_pts: timestamp of the first shown frame in the stream's time base; None if frames carry none.
        time_base: duration of one timestamp unit, seconds.
        by_dts: whether frames have decoding times only (AVI), which then replace presentation times.
        coded_size: (width, height) of the first frame as coded.
        step_us: usual time from frame to frame, microseconds.
        aspect: width of a coded pixel over its height.
        orientation: rotation that makes coded frames upright.
        indexed: whether the container lists every packet in an index that was read (MP4).
        max_pixels: size cap used to open the file.

    """

    info: VideoInfo
    start_pts: int | None
    time_base: Fraction
    by_dts: bool
    coded_size: tuple[int, int]
    step_us: int
    aspect: Fraction
    orientation: Orientation
    indexed: bool
    max_pixels: int

    def raw_us(self, item: VideoFrame | Packet) -> int | None:
        """Return an item's unrepaired time, microseconds from the first shown frame; None if it has none."""
        pts = item.dts if self.by_dts else item.pts
        return None if pts is None else us_from_seconds((pts - (self.start_pts or 0)) * self.time_base)

    def presenter(self) -> Presenter:
        """Return the converter of this stream's frames to pictures."""
        return Presenter(
            width=self.info.width, height=self.info.height, aspect=self.aspect, orientation=self.orientation
        )


def inspect(path: str | Path, *, stream: int | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> StreamFacts:
    """Open a video, decode its first frame, and return the stream's properties.

    Args:
        path: a local media file.
        stream: index of the video stream in the file; None takes the default one.
        max_pixels: largest picture accepted, in pixels.

    Raises:
        UsageError: the path is not a regular file, or the stream does not exist.
        InputError: the file holds no decodable frame, or larger pictures than allowed.

    """
    path = require_regular_file(path)
    with open_media(path, max_pixels=max_pixels) as container:
        video, notes = choose_stream(container, path=path, index=stream)
        prepare(video, path=path, max_pixels=max_pixels)
        ledger = Ledger(step_us=_FALLBACK_STEP_US)
        for frame in decode_stream(container, video, ledger=ledger):
            return _facts(path, container, video, frame, notes=notes, max_pixels=max_pixels)
    raise InputError(
        f"{str(path)!r} holds no frame that can be decoded ({ledger.packets_skipped} damaged packets); "
        "it was cut or damaged before its first frame ended: copy or export it again"
    )


def choose_stream(container: InputContainer, *, path: Path, index: int | None) -> tuple[VideoStream, list[str]]:
    """Return the video stream to read, and a note if there was a choice; cover art is never chosen by default."""
    streams = [s for s in container.streams.video if not _is_cover(s)]
    name = repr(str(path))
    if index is not None:
        chosen = next((s for s in container.streams.video if s.index == index), None)
        if chosen is None:
            known = ", ".join(str(s.index) for s in container.streams.video) or "none"
            raise UsageError(f"{name} has no video stream {index}; its video streams: {known}")
        return chosen, []
    if not streams:
        what = "sound but no video" if container.streams.audio else "no video stream"
        raise InputError(f"{name} has {what}; give the file that holds the picture")
    best = container.streams.best("video")
    chosen = best if best in streams else streams[0]
    notes = []
    if len(streams) > 1:
        listed = ", ".join(f"{s.index} ({_size_text(s)})" for s in streams)
        notes.append(f"{len(streams)} video streams: {listed}; took {chosen.index}, --stream N takes another")
    return chosen, notes


def prepare(video: VideoStream, *, path: Path, max_pixels: int, threads: int = 1) -> None:
    """Check that a stream can be decoded within the size cap, and configure its decoder.

    Raises:
        InputError: its pictures are too large, or there is no decoder for it.

    """
    context = video.codec_context
    if context is None:
        raise InputError(f"{str(path)!r} uses a codec that cannot be decoded; convert it: ffmpeg -i FILE out.mp4")
    if context.width * context.height == 0:
        raise InputError(
            f"{str(path)!r} does not state its picture size: it is damaged, or its pictures are larger than the "
            f"{max_pixels} pixels allowed; copy it again or scale it down: ffmpeg -i FILE -vf scale=1280:-2 smaller.mp4"
        )
    if context.width * context.height > max_pixels:
        raise InputError(
            f"{str(path)!r} has pictures of {context.width}x{context.height} pixels, more than the {max_pixels} "
            "allowed; scale it down first: ffmpeg -i FILE -vf scale=1280:-2 smaller.mp4"
        )
    context.options = {"max_pixels": str(max_pixels)}
    context.thread_count = threads


def _size_text(video: VideoStream) -> str:
    """Format a stream's coded size."""
    return f"{video.width}x{video.height}" if video.codec_context else "unknown codec"


def _is_cover(video: VideoStream) -> bool:
    """Return whether a video stream is cover art attached to music."""
    return bool(int(video.disposition) & 0x400)


def _facts(
    path: Path,
    container: InputContainer,
    video: VideoStream,
    frame: VideoFrame,
    *,
    notes: list[str],
    max_pixels: int,
) -> StreamFacts:
    """Return the properties given by a stream and its first shown frame."""
    aspect = video.sample_aspect_ratio or Fraction(1)
    aspect = aspect if 1 / _MAX_ASPECT <= aspect <= _MAX_ASPECT else Fraction(1)
    orientation = orientation_of(frame)
    width, height = orientation.size(*square_size(frame.width, frame.height, aspect=aspect))
    if frame.interlaced_frame:
        notes = [*notes, INTERLACED]
    rate = frame_rate(container, video)
    start_pts = frame.dts if frame.pts is None else frame.pts
    time_base = video.time_base or Fraction(1, US_PER_S)
    info = VideoInfo(
        path=path,
        width=width,
        height=height,
        fps=float(rate) if rate else 0.0,
        duration_us=stated_duration(container, video),
        start_us=us_from_seconds((start_pts or 0) * time_base),
        rotation_deg=orientation.rotation_deg,
        codec=video.codec_context.name,
        pixel_format=frame.format.name,
        has_audio=bool(container.streams.audio),
        stream_index=video.index,
        notes=tuple(notes),
    )
    return StreamFacts(
        info=info,
        start_pts=start_pts,
        time_base=time_base,
        by_dts=frame.pts is None and frame.dts is not None,
        coded_size=(frame.width, frame.height),
        step_us=max(1, round(US_PER_S / rate)) if rate else _FALLBACK_STEP_US,
        aspect=aspect,
        orientation=orientation,
        indexed="mp4" in container.format.name,
        max_pixels=max_pixels,
    )


def stated_duration(container: InputContainer, video: VideoStream) -> int:
    """Return the stream's stated duration in microseconds, or the file's if the stream states none."""
    if video.duration is not None and video.time_base:
        return max(0, us_from_seconds(video.duration * video.time_base))
    return max(0, container.duration or 0)
