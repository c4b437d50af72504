"""A copy of a video that every browser plays: H.264 and AAC, every frame at the same time."""

from __future__ import annotations

import os
from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.events import VideoInfo
from touchline.media.encoding.fitting import PictureFitter, colours_of
from touchline.media.encoding.h264 import TIME_BASE, add_h264, even, usual_step_us, with_durations
from touchline.media.encoding.replacing import replacing_video
from touchline.media.encoding.sound_copy import SoundCopy
from touchline.media.source import create_media, open_media
from touchline.media.video import Progress, VideoReader

MAX_SIDE_PX = 1280
"""Longer side of the copy; a larger picture is scaled down, to be quick to encode and to step through."""

_KEY_FRAME_EVERY = 25
"""Frames from key frame to key frame: a jump to any frame decodes at most as many."""
_SOUND_AHEAD_US = 1_000_000
_PLAYED = frozenset({"aac", "mp3", "opus", "flac"})
"""Codecs of sound in MP4 that browsers play; others are converted."""
_MOST_THREADS = 4
_REPORT_EVERY = 25


def write_proxy(info: VideoInfo, out: Path, *, progress: Progress | None = None) -> tuple[str, ...]:
    """Write a copy of a video for browsers (MP4: H.264 in yuv420p, AAC), replacing ``out`` atomically.

    Every shown frame is at its own time, to the microsecond, counted from the first one shown; variable rates are kept.

    Args:
        info: properties of the video.
        out: the file to write.
        progress: called with (microseconds done, total); what it raises ends the work.

    Returns:
        Remarks for the user on the sound.

    Raises:
        InputError: the video cannot be decoded.
        ResourceError: the file cannot be written.

    """
    with replacing_video(out) as unfinished:
        return _encode(info, unfinished, progress=progress)


def proxy_size(info: VideoInfo) -> tuple[int, int]:
    """Return the width and height of the copy in pixels, both even."""
    scale = min(1.0, MAX_SIDE_PX / max(info.width, info.height))
    return even(max(2, round(info.width * scale))), even(max(2, round(info.height * scale)))


def _encode(info: VideoInfo, path: Path, *, progress: Progress | None) -> tuple[str, ...]:
    width, height = proxy_size(info)
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with (
        VideoReader(info.path, stream=info.stream_index, threads=threads) as reader,
        open_media(info.path) as sound_source,
        create_media(path, format="mp4") as container,
    ):
        colours = colours_of(reader.facts)
        picture = add_h264(container, width=width, height=height, fps=info.fps, colours=colours)
        picture.codec_context.gop_size = _KEY_FRAME_EVERY
        picture.codec_context.max_b_frames = 0
        fitter = PictureFitter(reader.facts, width=width, height=height, colours=colours, own=colours)
        sound = SoundCopy(sound_source, container, origin_us=info.start_us, copied=_PLAYED)
        count = 0
        for time_us, frame, duration_us in with_durations(reader.decoded(), step_us=usual_step_us(info.fps)):
            coded = fitter.fit(frame)
            coded.pts, coded.time_base, coded.duration = time_us, TIME_BASE, duration_us
            coded.pict_type = 0  # the source's key frames are not those of the copy
            container.mux(picture.encode(coded))
            sound.write_until(time_us + _SOUND_AHEAD_US)
            if progress is not None and count % _REPORT_EVERY == 0:
                progress(time_us, info.duration_us)
            count += 1
        if count == 0:
            raise InputError(f"{str(info.path)!r} has no frame that can be decoded; run `touchline check` on it")
        container.mux(picture.encode(None))
        sound.finish()
        return sound.notes()
