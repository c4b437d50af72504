"""A copy of a video with its tracks drawn in: every frame at its own time, upright, with the sound."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from touchline.core.actions import Actions
from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage, Timeline
from touchline.core.tracks import Tracks
from touchline.media.encoding.fitting import coded_rgb, colours_of
from touchline.media.encoding.h264 import TIME_BASE, add_h264, even, usual_step_us, with_durations
from touchline.media.encoding.replacing import replacing_video
from touchline.media.encoding.sound_copy import SoundCopy
from touchline.media.facts import StreamFacts
from touchline.media.frame import Frame
from touchline.media.source import create_media, open_media
from touchline.media.video import Progress, VideoReader, with_progress
from touchline.render.drawing import TrackPainter
from touchline.render.radar_places import RADAR_PLACE, RadarPlace

_SOUND_AHEAD_US = US_PER_S
"""Sound is written up to this far ahead of the picture, to bound the muxer's buffer, microseconds."""


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
    events: Timeline | None = None,
    radar: RadarPlace = RADAR_PLACE,
    comment: str = "",
    progress: Progress | None = None,
) -> Overlay:
    """Write a copy of a video (MP4, H.264) with boxes, ids, ball, events and radar drawn in.

    Frames are upright and in square pixels; each keeps its own time, to the microsecond, counted from the first one
    shown. Odd widths and heights grow by one pixel, which H.264 needs. Every audio stream is copied packet by packet if
    MP4 players support its codec, and converted to AAC otherwise. The file is written atomically.

    Args:
        video: the source video.
        out: the file to write; an older one is replaced.
        tracks: tracks of this video and stream.
        stream: index of the video stream; None takes the default one.
        actions: the players' actions, written beside their ids.
        events: the events, shown near where they happen and in a list.
        radar: where to show the pitch from above while positions are known.
        comment: text to keep in the file's metadata.
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
        with replacing_video(out) as unfinished:
            frames = with_progress(reader.frames(), duration_us=info.duration_us, progress=progress)
            painter = TrackPainter(tracks, actions=actions, events=events, radar=radar)
            count, notes = _encode(unfinished, frames, facts=reader.facts, painter=painter, comment=comment)
        return Overlay(out, count, reader.coverage(), notes)


def _encode(
    path: Path, frames: Iterable[Frame], *, facts: StreamFacts, painter: TrackPainter, comment: str
) -> tuple[int, tuple[str, ...]]:
    """Encode the painted frames and mux the sound with them; return the number of frames, and remarks."""
    count, info = 0, facts.info
    width, height = even(info.width), even(info.height)
    with (
        open_media(info.path) as sound_source,
        create_media(path, format="mp4") as container,
    ):
        if comment:
            container.metadata["comment"] = comment
        colours = colours_of(facts)
        picture = add_h264(container, width=width, height=height, fps=info.fps, colours=colours)
        sound = SoundCopy(sound_source, container, origin_us=info.start_us)
        timed = ((frame.time_us, frame) for frame in frames)
        for time_us, frame, duration_us in with_durations(timed, step_us=usual_step_us(info.fps)):
            painted = painter.paint(frame.to_rgb(), time_us=time_us)
            coded = coded_rgb(painted, width=width, height=height, colours=colours)
            coded.pts, coded.time_base, coded.duration = time_us, TIME_BASE, duration_us
            container.mux(picture.encode(coded))
            sound.write_until(time_us + _SOUND_AHEAD_US)
            count += 1
        if count == 0:
            raise InputError(f"{str(info.path)!r} has no frame that can be decoded; run `touchline check` on it")
        container.mux(picture.encode(None))
        sound.finish()
        notes = sound.notes()  # while the source is open: its streams are gone afterwards
    return count, notes
