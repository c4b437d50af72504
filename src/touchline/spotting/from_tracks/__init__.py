"""Events of play from geometry: the ball's path and the people's tracks, without pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.spotting.from_tracks.contacts import Contact as Contact
    from touchline.spotting.from_tracks.events import TrackEvents as TrackEvents
    from touchline.spotting.from_tracks.events import find_track_events as find_track_events
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.spotting.from_tracks.contacts": ("Contact",),
            "touchline.spotting.from_tracks.events": ("TrackEvents", "find_track_events"),
        },
    )
