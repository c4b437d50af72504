"""A season in one place: tables over many bundles, questions to them, and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.season.folder import IndexedBundle as IndexedBundle
    from touchline.season.folder import SeasonFolder as SeasonFolder
    from touchline.season.folder import SeasonState as SeasonState
    from touchline.season.index import IndexResult as IndexResult
    from touchline.season.index import index_season as index_season
    from touchline.season.names import Names as Names
    from touchline.season.names import read_names as read_names
    from touchline.season.query import query_season as query_season
    from touchline.season.questions import ask_season as ask_season
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.season.folder": ("IndexedBundle", "SeasonFolder", "SeasonState"),
            "touchline.season.index": ("IndexResult", "index_season"),
            "touchline.season.names": ("Names", "read_names"),
            "touchline.season.query": ("query_season",),
            "touchline.season.questions": ("ask_season",),
        },
    )
