"""Event formats: one module each, and the registry used by conversion, export and bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.events.event_format import Converted as Converted
    from touchline.formats.events.event_format import EventFormat as EventFormat
    from touchline.formats.events.event_format import FoundEvents as FoundEvents
    from touchline.formats.events.export_context import ExportContext as ExportContext
    from touchline.formats.events.export_context import ExportOptions as ExportOptions
    from touchline.formats.events.export_context import LabelStyle as LabelStyle
    from touchline.formats.events.export_context import VideoFacts as VideoFacts
    from touchline.formats.events.registry import FORMATS as FORMATS
    from touchline.formats.events.registry import find_events as find_events
    from touchline.formats.events.registry import read_events as read_events
    from touchline.formats.events.registry import write_events as write_events
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.events.event_format": ("Converted", "EventFormat", "FoundEvents"),
            "touchline.formats.events.export_context": ("ExportContext", "ExportOptions", "LabelStyle", "VideoFacts"),
            "touchline.formats.events.registry": ("FORMATS", "find_events", "read_events", "write_events"),
        },
    )
