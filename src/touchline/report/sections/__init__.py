"""The sections of the report, one file per section, listed in ``registry``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.report.sections.registry import SECTIONS as SECTIONS
    from touchline.report.sections.section import Section as Section
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.report.sections.registry": ("SECTIONS",),
            "touchline.report.sections.section": ("Section",),
        },
    )
