"""A copy of a video with its tracks drawn in: every frame at its own time, upright, with the sound."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av import VideoFrame
from av.container import OutputContainer
from av.video.stream import VideoStream

from touchline.core.actions import Actions
from touchline.core.arrays import Rgb
from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError, ResourceError, UsageError
from touchline.core.events import Coverage, VideoInfo
from touchline.core.tracks import Tracks
from touchline.media.facts import choose_stream
from touchline.media.frame import Frame
from touchline.media.source import open_media
from touchline.media.video import Progress, VideoReader, with_progress
from touchline.render.drawing import TrackPainter
from touchline.render.overlay_sound import SoundCopy

CRF = 23
"""x264's constant rate factor for visually near-lossless output; lower is better and larger."""
PRESET = "veryfast"

_TIME_BASE = Fraction(1, US_PER_S)
_SOUND_AHEAD_US = US_PER_S
"""Sound is written up to this far ahead of the picture, to bound the muxer's buffer, microseconds."""
_FALLBACK_STEP_US = 40_000
_CONVERSIONS = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}
"""Colour matrices as H.264 numbers them, with the converter's names; others are written as unspecified."""
_UNSPECIFIED = 2
_BT601 = 5


@dataclass(frozen=True, slots=True)
class Overlay:
    """The result of writing an overlay.

    Attributes:
        path: the video written.
        frames: number of its frames.
        coverage: parts of the source that could be read.
        notes: remarks for the user: converted sound, damage.

    """

    path: Path
    frames: int
    coverage: Coverage
    notes: tuple[str, ...] = ()


def write_overlay(
    video: Path,
    out: Path,
    *,
    tracks: Tracks,
    stream: int | None = None,
    actions: Actions | None = None,
    radar: bool = True,
    progress: Progress | None = None,
) -> Overlay:
    """Write a copy of a video (MP4, H.264) with boxes, ids, ball and radar drawn in.

    Frames are upright and in square pixels; each keeps its own time, to the microsecond, counted from the first one
    shown. Odd widths and heights grow by one pixel, which H.264 needs. Every audio stream is copied packet by packet if
    MP4 players support its codec, and converted to AAC otherwise. The file is written atomically.

    Args:
        video: the source video.
        out: the file to write; an older one is replaced.
        tracks: tracks of this video and stream.
        stream: index of the video stream; None takes the default one.
        actions: the players' actions, written beside their ids.
        radar: whether to show the pitch from above while positions are known.
        progress: called once per second of video.

    Raises:
        UsageError: ``out`` is the video itself.
        InputError: the video cannot be used, or the tracks are of another video.
        ResourceError: the file cannot be written.

    """
    if out.exists() and os.path.samefile(video, out):
        raise UsageError(f"{str(out)!r} is the video itself; write the overlay to another file")
    with VideoReader(video, stream=stream) as reader:
        info = reader.info
        if (info.width, info.height) != (tracks.width, tracks.height):
            raise InputError(
                f"{str(video)!r} has pictures of {info.width}x{info.height}, its tracks are of "
                f"{tracks.width}x{tracks.height}: they belong to another video; track it again"
            )
        with _replacing(out) as unfinished:
            frames = with_progress(reader.frames(), duration_us=info.duration_us, progress=progress)
            painter = TrackPainter(tracks, actions=actions, radar=radar)
            count, notes = _encode(unfinished, frames, info=info, painter=painter)
        return Overlay(out, count, reader.coverage(), notes)


def _encode(
    path: Path, frames: Iterable[Frame], *, info: VideoInfo, painter: TrackPainter
) -> tuple[int, tuple[str, ...]]:
    """Encode the painted frames and mux the sound with them; return the number of frames, and remarks."""
    count = 0
    with (
        open_media(info.path) as source,
        open_media(info.path) as sound_source,
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        picture = _picture_stream(container, _source_stream(source, info), info=info)
        sound = SoundCopy(sound_source, container, origin_us=info.start_us)
        for frame, duration_us in _with_durations(frames, step_us=_step_us(info)):
            painted = painter.paint(frame.to_rgb(), time_us=frame.time_us)
            coded = _coded(painted, picture)
            coded.pts, coded.time_base, coded.duration = frame.time_us, _TIME_BASE, duration_us
            container.mux(picture.encode(coded))
            sound.write_until(frame.time_us + _SOUND_AHEAD_US)
            count += 1
        if count == 0:
            raise InputError(f"{str(info.path)!r} has no frame that can be decoded; run `touchline check` on it")
        container.mux(picture.encode(None))
        sound.finish()
        notes = sound.notes()  # while the source is open: its streams are gone afterwards
    return count, notes


def _source_stream(container: av.container.InputContainer, info: VideoInfo) -> VideoStream:
    """Return the stream of an opened file that ``info`` describes."""
    return choose_stream(container, path=info.path, index=info.stream_index)[0]


def _picture_stream(container: OutputContainer, source: VideoStream, *, info: VideoInfo) -> VideoStream:
    """Create the H.264 stream to write, with the colours of its source."""
    rate = Fraction(info.fps).limit_denominator(1001) if info.fps > 0 else Fraction(25)
    stream = container.add_stream("libx264", rate=rate, options={"crf": str(CRF), "preset": PRESET})
    stream.width, stream.height = info.width + info.width % 2, info.height + info.height % 2
    stream.pix_fmt = "yuv420p"
    stream.time_base = _TIME_BASE
    context, given = stream.codec_context, source.codec_context
    context.time_base = _TIME_BASE
    context.color_range = 1  # limited ("mpeg"), whatever the source uses
    context.colorspace = _matrix(given.colorspace)
    context.color_primaries = given.color_primaries
    context.color_trc = given.color_trc
    return stream


def _matrix(source: int) -> int:
    return source if source in _CONVERSIONS else _UNSPECIFIED


def _coded(rgb: Rgb, stream: VideoStream) -> VideoFrame:
    """Convert a painted frame to the encoder's format, duplicating an odd edge."""
    down, right = stream.height - rgb.shape[0], stream.width - rgb.shape[1]
    if down or right:
        rgb = cv2.copyMakeBorder(rgb, 0, down, 0, right, cv2.BORDER_REPLICATE)
    frame = VideoFrame.from_numpy_buffer(np.ascontiguousarray(rgb), format="rgb24")
    matrix = _CONVERSIONS.get(stream.codec_context.colorspace, _BT601)
    return frame.reformat(format="yuv420p", dst_colorspace=matrix, dst_color_range="MPEG", threads=1)


def _step_us(info: VideoInfo) -> int:
    return round(US_PER_S / info.fps) if info.fps > 0 else _FALLBACK_STEP_US


def _with_durations(frames: Iterable[Frame], *, step_us: int) -> Iterator[tuple[Frame, int]]:
    """Yield each frame with its duration: until the next one, or the usual interval for the last one."""
    last: Frame | None = None
    for frame in frames:
        if last is not None:
            yield last, frame.time_us - last.time_us
        last = frame
    if last is not None:
        yield last, step_us


@contextlib.contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """Yield a temporary file beside ``out`` that replaces it on success, and is removed on failure.

    Its name is always the same, so that leftovers of a killed run are overwritten.

    Raises:
        ResourceError: the file cannot be written.

    """
    unfinished = out.with_name(f".writing-{out.name}")
    try:
        unfinished.touch()
    except OSError as error:
        raise _cannot_write(out, error) from error
    try:
        yield unfinished
        _publish(unfinished, out)
    except (OSError, av.FFmpegError) as error:
        raise _cannot_write(out, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _publish(unfinished: Path, out: Path) -> None:
    """Flush a finished file to disk, give it the default permissions and rename it."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    mask = os.umask(0)
    os.umask(mask)
    unfinished.chmod(0o666 & ~mask)
    os.replace(unfinished, out)


def _cannot_write(out: Path, error: OSError | av.FFmpegError) -> ResourceError:
    cause = error.strerror or str(error)
    return ResourceError(f"{out}: cannot be written ({cause}): free some space or choose another folder with --out")
