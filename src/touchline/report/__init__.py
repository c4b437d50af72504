"""The report page and the keeper pages, made from a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.report.keepers.page import write_keeper_pages as write_keeper_pages
    from touchline.report.options import ReportOptions as ReportOptions
    from touchline.report.page import write_report as write_report
    from touchline.report.sections.section import Section as Section
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.report.keepers.page": ("write_keeper_pages",),
            "touchline.report.options": ("ReportOptions",),
            "touchline.report.page": ("write_report",),
            "touchline.report.sections.section": ("Section",),
        },
    )
