"""The sections of a moment's card, one file per section, listed in ``registry``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.report.keepers.sections.registry import CARD_SECTIONS as CARD_SECTIONS
    from touchline.report.keepers.sections.section import CardSection as CardSection
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.report.keepers.sections.registry": ("CARD_SECTIONS",),
            "touchline.report.keepers.sections.section": ("CardSection",),
        },
    )
