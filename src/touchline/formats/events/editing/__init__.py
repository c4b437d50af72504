"""Event formats of editing programs: EDL, FCPXML, OpenTimelineIO, and the markers of DaVinci Resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.events.editing.davinci_csv import DavinciMarkers as DavinciMarkers
    from touchline.formats.events.editing.edl import EditDecisionList as EditDecisionList
    from touchline.formats.events.editing.fcpxml import FinalCutXml as FinalCutXml
    from touchline.formats.events.editing.otio import OpenTimeline as OpenTimeline
    from touchline.formats.events.editing.timecode import Timecode as Timecode
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.events.editing.davinci_csv": ("DavinciMarkers",),
            "touchline.formats.events.editing.edl": ("EditDecisionList",),
            "touchline.formats.events.editing.fcpxml": ("FinalCutXml",),
            "touchline.formats.events.editing.otio": ("OpenTimeline",),
            "touchline.formats.events.editing.timecode": ("Timecode",),
        },
    )
