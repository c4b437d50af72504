"""Feature files in SoccerNet's layout, sets of them, and published dimension reductions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.features.stream_sets import StreamSet as StreamSet
    from touchline.formats.features.stream_sets import open_stream_set as open_stream_set
    from touchline.formats.features.stream_sets import write_stream_set as write_stream_set
    from touchline.formats.features.vectors import Features as Features
    from touchline.formats.features.vectors import read_features as read_features
    from touchline.formats.features.vectors import write_features as write_features
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.features.stream_sets": ("StreamSet", "open_stream_set", "write_stream_set"),
            "touchline.formats.features.vectors": ("Features", "read_features", "write_features"),
        },
    )
