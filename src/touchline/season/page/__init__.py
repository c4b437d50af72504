"""The page of a season, made from its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.season.page.page import write_season_page as write_season_page
else:
    __all__, __getattr__, __dir__ = lazy_names(__name__, {"touchline.season.page.page": ("write_season_page",)})
