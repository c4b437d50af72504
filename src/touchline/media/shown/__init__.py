"""What a page needs to show a video: the times of its frames, whether browsers play it, thumbnails, loudness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.shown.browsers import Playback as Playback
    from touchline.media.shown.browsers import playback_of as playback_of
    from touchline.media.shown.frame_index import frame_times as frame_times
    from touchline.media.shown.loudness import waveform as waveform
    from touchline.media.shown.thumbnails import Sprites as Sprites
    from touchline.media.shown.thumbnails import sprite as sprite
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.shown.browsers": ("Playback", "playback_of"),
            "touchline.media.shown.frame_index": ("frame_times",),
            "touchline.media.shown.thumbnails": ("Sprites", "sprite"),
            "touchline.media.shown.loudness": ("waveform",),
        },
    )
