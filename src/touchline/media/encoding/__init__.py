"""Writing videos: H.264 with every frame at its own time, sound beside it, and files that are whole or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.encoding.fitting import PictureFitter as PictureFitter
    from touchline.media.encoding.h264 import Colours as Colours
    from touchline.media.encoding.h264 import add_h264 as add_h264
    from touchline.media.encoding.replacing import replacing_video as replacing_video
    from touchline.media.encoding.sound_copy import SoundCopy as SoundCopy
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.encoding.fitting": ("PictureFitter",),
            "touchline.media.encoding.h264": ("Colours", "add_h264"),
            "touchline.media.encoding.replacing": ("replacing_video",),
            "touchline.media.encoding.sound_copy": ("SoundCopy",),
        },
    )
