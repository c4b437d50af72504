"""Cutting spans out of a video: encoded again to the exact frame and sample, or copied from the key frame before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.media.cutting.copying import copy_span as copy_span
    from touchline.media.cutting.cut import Cut as Cut
    from touchline.media.cutting.cut import Target as Target
    from touchline.media.cutting.movie import Movie as Movie
    from touchline.media.cutting.movie import MovieFormat as MovieFormat
    from touchline.media.cutting.passes import run_cuts as run_cuts
    from touchline.media.cutting.trimming import Trimmed as Trimmed
    from touchline.media.cutting.trimming import trim_video as trim_video
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.media.cutting.copying": ("copy_span",),
            "touchline.media.cutting.cut": ("Cut", "Target"),
            "touchline.media.cutting.movie": ("Movie", "MovieFormat"),
            "touchline.media.cutting.passes": ("run_cuts",),
            "touchline.media.cutting.trimming": ("Trimmed", "trim_video"),
        },
    )
