"""What a file's own tables say of it, read without a decoder: how long it must be, and whether it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.containers.avi import AviIndex as AviIndex
    from touchline.media.containers.avi import read_avi_index as read_avi_index
    from touchline.media.containers.matroska import damaged_parts as damaged_parts
    from touchline.media.containers.mp4 import Movie as Movie
    from touchline.media.containers.mp4 import read_movie as read_movie
    from touchline.media.containers.mp4_claims import Claims as Claims
    from touchline.media.containers.mp4_claims import claims_of as claims_of
    from touchline.media.containers.mpegts import read_continuity as read_continuity
    from touchline.media.containers.structure import missing_bytes as missing_bytes
    from touchline.media.containers.structure import stated_size as stated_size
    from touchline.media.containers.whole import is_whole as is_whole
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.containers.avi": ("AviIndex", "read_avi_index"),
            "touchline.media.containers.matroska": ("damaged_parts",),
            "touchline.media.containers.mp4": ("Movie", "read_movie"),
            "touchline.media.containers.mp4_claims": ("Claims", "claims_of"),
            "touchline.media.containers.mpegts": ("read_continuity",),
            "touchline.media.containers.structure": ("missing_bytes", "stated_size"),
            "touchline.media.containers.whole": ("is_whole",),
        },
    )
