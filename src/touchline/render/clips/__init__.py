"""Clips and reels of what happened in a match: chosen from bundles, cut out of their videos, listed in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.render.clips.match import Match as Match
    from touchline.render.clips.match import find_video as find_video
    from touchline.render.clips.selection import Selection as Selection
    from touchline.render.clips.work import ClipOptions as ClipOptions
    from touchline.render.clips.work import ClipsMade as ClipsMade
    from touchline.render.clips.work import cut_clips as cut_clips
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.render.clips.match": ("Match", "find_video"),
            "touchline.render.clips.selection": ("Selection",),
            "touchline.render.clips.work": ("ClipOptions", "ClipsMade", "cut_clips"),
        },
    )
