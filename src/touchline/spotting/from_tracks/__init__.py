"""Events of play from geometry: the ball's path and the people's tracks, without pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.spotting.from_tracks.contacts import Contact as Contact
    from touchline.spotting.from_tracks.events import TrackEvent as TrackEvent
    from touchline.spotting.from_tracks.events import TrackEvents as TrackEvents
    from touchline.spotting.from_tracks.events import find_track_events as find_track_events
    from touchline.spotting.from_tracks.model import TrackEventModel as TrackEventModel
    from touchline.spotting.from_tracks.model import load_track_events as load_track_events
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.spotting.from_tracks.contacts": ("Contact",),
            "touchline.spotting.from_tracks.events": ("TrackEvent", "TrackEvents", "find_track_events"),
            "touchline.spotting.from_tracks.model": ("TrackEventModel", "load_track_events"),
        },
    )
