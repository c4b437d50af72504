"""Sound analysis of a match: whistles, crowd noise, log-mel patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.listening.crowd import find_swells as find_swells
    from touchline.listening.curves import listen as listen
    from touchline.listening.frames import SoundFrames as SoundFrames
    from touchline.listening.frames import sound_frames as sound_frames
    from touchline.listening.frames import stream_frames as stream_frames
    from touchline.listening.logmel import PatchSpec as PatchSpec
    from touchline.listening.logmel import log_mel as log_mel
    from touchline.listening.model import SoundModel as SoundModel
    from touchline.listening.model import load_sound_model as load_sound_model
    from touchline.listening.whistle import find_whistles as find_whistles
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.listening.crowd": ("find_swells",),
            "touchline.listening.curves": ("listen",),
            "touchline.listening.frames": ("SoundFrames", "sound_frames", "stream_frames"),
            "touchline.listening.logmel": ("PatchSpec", "log_mel"),
            "touchline.listening.model": ("SoundModel", "load_sound_model"),
            "touchline.listening.whistle": ("find_whistles",),
        },
    )
