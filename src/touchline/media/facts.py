"""Properties of a video stream that are needed to read it, found by decoding its first frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from av import Packet, VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.clock import US_PER_S, us_from_seconds
from touchline.core.errors import InputError, UsageError
from touchline.core.events import VideoInfo
from touchline.media.containers.avi import read_avi_index
from touchline.media.containers.matroska import damaged_parts
from touchline.media.damage.numbering import Numbering
from touchline.media.decoding import decode_stream
from touchline.media.frame_rate import frame_rate
from touchline.media.isolation import apart
from touchline.media.isolation.switch import pictures_are
from touchline.media.ledger import Ledger
from touchline.media.picture import Orientation, Presenter, orientation_of, square_size
from touchline.media.pixel_shape import plausible, shape_of
from touchline.media.source import DEFAULT_MAX_PIXELS, open_media, require_regular_file

INTERLACED = "interlaced; frames are deinterlaced"
STRICTNESS = "crccheck+bitstream+buffer"
"""What FFmpeg's decoders check: check sums (HEVC pictures may carry one), and codes that no encoder writes."""
_FALLBACK_STEP_US = 40_000
_HEADLESS = frozenset({"mpegts", "mpeg", "mpegvideo", "h264", "hevc", "m4v", "obu", "dv"})
"""Containers without a header that states a duration: FFmpeg estimates it from what it finds."""
_LONGEST_HEAD_US = 60 * US_PER_S
_REORDERED_IN_AVI = ("h264", "hevc")
"""Codecs whose frames may be shown in another order than they are stored, and for which AVI has no times."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """The properties of a video stream, as found in its header and first shown frame.

    Attributes:
        info: properties shown to users.
        start_pts: timestamp of the first shown frame in the stream's time base; None if frames carry none.
        time_base: duration of one timestamp unit, seconds.
        by_dts: whether frames have decoding times only (AVI), which then replace presentation times.
        reordered: whether these are also in another order than the frames are shown (H.264 in AVI).
        coded_size: (width, height) of the first frame as coded.
        step_us: usual time from frame to frame, microseconds.
        aspect: width of a coded pixel over its height.
        coded_aspect: the same as the first frame's decoder states it; None if it does not.
        orientation: rotation that makes coded frames upright.
        indexed: whether the container lists every packet in an index that was read (MP4).
        headed: whether the container's header states its duration.
        unnumbered: whether packets are timed by counting them, without an index that tells lost ones (AVI).
        track_number: the container's own number of the stream.
        max_pixels: size cap used to open the file.

    """

    info: VideoInfo
    start_pts: int | None
    time_base: Fraction
    by_dts: bool
    reordered: bool
    coded_size: tuple[int, int]
    step_us: int
    aspect: Fraction
    coded_aspect: Fraction | None
    orientation: Orientation
    indexed: bool
    headed: bool
    unnumbered: bool
    track_number: int
    max_pixels: int

    def raw_us(self, item: VideoFrame | Packet) -> int | None:
        """Return an item's unrepaired time, microseconds from the first shown frame; None if it has none."""
        pts = item.dts if self.by_dts and item.pts is None else item.pts
        return None if pts is None else self.us_of(pts)

    def us_of(self, pts: int) -> int:
        """Return a timestamp of the stream as microseconds from the first shown frame."""
        return us_from_seconds((pts - (self.start_pts or 0)) * self.time_base)

    def presenter(self) -> Presenter:
        """Return the converter of this stream's frames to pictures."""
        return Presenter(
            width=self.info.width,
            height=self.info.height,
            aspect=self.aspect,
            coded_aspect=self.coded_aspect,
            orientation=self.orientation,
        )


@apart
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
        numbering = numbering_of(container, video, path=path, missing=ledger.packet_missing)
        for frame in decode_stream(
            container, video, ledger=ledger, time_of=lambda packet: packet.pts, numbering=numbering
        ):
            facts = _facts(path, container, video, frame, notes=notes, max_pixels=max_pixels)
            return _from_lost_head(_from_first_key(facts, ledger.first_key_us), container)
    raise InputError(
        f"{str(path)!r} holds no frame that can be decoded ({ledger.packets_skipped} damaged packets); "
        "it was cut or damaged before its first frame ended: copy or export it again"
    )


def _from_first_key(facts: StreamFacts, first_key_pts: int | None) -> StreamFacts:
    """Return the facts with times counted from the first key frame, if that is damaged and a later frame came first."""
    if first_key_pts is None or facts.start_pts is None or first_key_pts >= facts.start_pts:
        return facts
    start_us = us_from_seconds(first_key_pts * facts.time_base)
    return replace(facts, start_pts=first_key_pts, info=replace(facts.info, start_us=start_us))


def _from_lost_head(facts: StreamFacts, container: InputContainer) -> StreamFacts:
    """Return the facts with times counted from the file's own 0, if what comes before the first frame is damaged."""
    start_us = facts.info.start_us
    if "matroska" not in container.format.name or not facts.step_us < start_us <= _LONGEST_HEAD_US:
        return facts
    damaged = any(damage.from_us <= 0 for damage in damaged_parts(facts.info.path, check_sums=False))
    return replace(facts, start_pts=0, info=replace(facts.info, start_us=0)) if damaged else facts


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
    pictures_are(context.width, context.height, layout=context.format)
    context.options = {"max_pixels": str(max_pixels), "err_detect": STRICTNESS}
    context.thread_count = threads


def numbering_of(
    container: InputContainer, video: VideoStream, *, path: Path, missing: Callable[[int], None]
) -> Numbering | None:
    """Return a corrector of the times of a file's packets; None for containers that give them their times.

    Args:
        container: the open file.
        video: its stream to read.
        path: the file.
        missing: called with the number of each frame that the file's index lists and that did not come.

    """
    if "avi" not in container.format.name:
        return None
    index = read_avi_index(path, stream=video.index)
    return Numbering(index, reordered=_only_decoding_times(container, video), missing=missing)


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
    headless = bool(_HEADLESS & set(container.format.name.split(",")))
    aspect = plausible((shape_of(frame) if headless else None) or video.sample_aspect_ratio)
    orientation = orientation_of(frame)
    width, height = orientation.size(*square_size(frame.width, frame.height, aspect=aspect))
    if frame.interlaced_frame:
        notes = [*notes, INTERLACED]
    unnumbered = "avi" in container.format.name and read_avi_index(path, stream=video.index) is None
    rate = frame_rate(container, video)
    reordered = frame.pts is not None and _only_decoding_times(container, video)
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
        by_dts=reordered or (frame.pts is None and frame.dts is not None),
        reordered=reordered,
        coded_size=(frame.width, frame.height),
        step_us=max(1, round(US_PER_S / rate)) if rate else _FALLBACK_STEP_US,
        aspect=aspect,
        coded_aspect=shape_of(frame),
        orientation=orientation,
        indexed="mp4" in container.format.name,
        headed=not unnumbered and not headless,
        unnumbered=unnumbered,
        track_number=video.id,
        max_pixels=max_pixels,
    )


def _only_decoding_times(container: InputContainer, video: VideoStream) -> bool:
    """Return whether what FFmpeg gives as presentation times are decoding times."""
    return "avi" in container.format.name and video.codec_context.name in _REORDERED_IN_AVI


def stated_duration(container: InputContainer, video: VideoStream) -> int:
    """Return the stream's stated duration in microseconds, or the file's if the stream states none."""
    if video.duration is not None and video.time_base:
        return max(0, us_from_seconds(video.duration * video.time_base))
    return max(0, container.duration or 0)
