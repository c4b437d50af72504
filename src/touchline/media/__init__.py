"""Media input: decoding, sampling in time, sound, and file diagnosis (PyAV)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.check import check_video as check_video
    from touchline.media.clip_reader import ClipFrames as ClipFrames
    from touchline.media.clip_reader import read_frames as read_frames
    from touchline.media.clips import read_clip as read_clip
    from touchline.media.frame import Frame as Frame
    from touchline.media.sampling import sample_regular as sample_regular
    from touchline.media.sound.reading import read_audio as read_audio
    from touchline.media.sound.reading import stream_audio as stream_audio
    from touchline.media.stills import read_still as read_still
    from touchline.media.video import VideoReader as VideoReader
    from touchline.media.video import probe as probe
    from touchline.media.video_file import Video as Video
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.sound.reading": ("read_audio", "stream_audio"),
            "touchline.media.check": ("check_video",),
            "touchline.media.clip_reader": ("ClipFrames", "read_frames"),
            "touchline.media.clips": ("read_clip",),
            "touchline.media.frame": ("Frame",),
            "touchline.media.sampling": ("sample_regular",),
            "touchline.media.stills": ("read_still",),
            "touchline.media.video": ("VideoReader", "probe"),
            "touchline.media.video_file": ("Video",),
        },
    )
