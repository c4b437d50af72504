"""Event files of sports analysis tools: Sportscode and Nacsport, and OSL's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.events.sports.osl import OslEvents as OslEvents
    from touchline.formats.events.sports.sportscode import SportscodeEvents as SportscodeEvents
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.events.sports.osl": ("OslEvents",),
            "touchline.formats.events.sports.sportscode": ("SportscodeEvents",),
        },
    )
