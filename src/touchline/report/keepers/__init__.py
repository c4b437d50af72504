"""The keeper pages: one for each goalkeeper, with a card for every moment, and an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.report.keepers.page import write_keeper_pages as write_keeper_pages
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.report.keepers.page": ("write_keeper_pages",),
        },
    )
