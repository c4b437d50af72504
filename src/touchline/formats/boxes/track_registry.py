"""The registry of formats that tracks are exported to."""

from __future__ import annotations

from touchline.formats.boxes.cvat import CvatTracks
from touchline.formats.boxes.mot_tracks import MotTracks
from touchline.formats.boxes.track_format import TrackFormat

TRACK_FORMATS: tuple[TrackFormat, ...] = (MotTracks(), CvatTracks())
