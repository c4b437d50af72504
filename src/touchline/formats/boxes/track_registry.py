"""The registry of formats that tracks are exported to."""

from __future__ import annotations

from touchline.core.tracks import Tracks
from touchline.formats.boxes.mot import mot_bytes
from touchline.formats.boxes.track_format import TrackFormat
from touchline.formats.events.export_context import ExportContext


class MotTracks(TrackFormat):
    """MOT text of the people, as ``tracks.txt`` in a bundle."""

    name = "mot"
    title = "boxes in MOT's layout"
    suffix = ".txt"

    def losses(self, tracks: Tracks, *, context: ExportContext) -> tuple[str, ...]:
        """Return that roles, teams and places on the pitch are not stored."""
        del context
        return ("roles, teams, names and positions on the pitch are not stored",) if len(tracks) else ()

    def content(self, tracks: Tracks, *, context: ExportContext) -> bytes:
        """Return one line a box, frames from 1."""
        del context
        return mot_bytes(tracks)


TRACK_FORMATS: tuple[TrackFormat, ...] = (MotTracks(),)
