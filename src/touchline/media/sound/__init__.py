"""The sound of a video: which track is heard, and its samples on the video's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.sound.reading import SoundReader as SoundReader
    from touchline.media.sound.reading import read_audio as read_audio
    from touchline.media.sound.reading import stream_audio as stream_audio
    from touchline.media.sound.resampling import SteadyResampler as SteadyResampler
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.sound.reading": ("SoundReader", "read_audio", "stream_audio"),
            "touchline.media.sound.resampling": ("SteadyResampler",),
        },
    )
