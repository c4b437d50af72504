"""Event files in CSV: touchline's own, those of other tools by named columns, LosslessCut's and Hudl's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.events.tables.csv_events import CsvEvents as CsvEvents
    from touchline.formats.events.tables.hudl import HudlCsv as HudlCsv
    from touchline.formats.events.tables.losslesscut import LosslessCutCsv as LosslessCutCsv
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.events.tables.csv_events": ("CsvEvents",),
            "touchline.formats.events.tables.hudl": ("HudlCsv",),
            "touchline.formats.events.tables.losslesscut": ("LosslessCutCsv",),
        },
    )
