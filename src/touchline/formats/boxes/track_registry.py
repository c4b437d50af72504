"""The registry of formats that tracks are exported to."""

from __future__ import annotations

from touchline.formats.boxes.cvat import CvatTracks
from touchline.formats.boxes.mot_tracks import MotTracks, SoccerNetMot, SportsMot
from touchline.formats.boxes.track_format import TrackFormat
from touchline.formats.gamestate.tracks import GameStateTracks

TRACK_FORMATS: tuple[TrackFormat, ...] = (MotTracks(), CvatTracks(), SoccerNetMot(), SportsMot(), GameStateTracks())
