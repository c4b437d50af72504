"""The task that draws the tracks and events of a complete bundle into a copy of the video."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from touchline.analysis.tasks.made_of_bundle import MadeOfBundle
from touchline.core.actions import Actions
from touchline.core.corrections.actions import corrected_actions
from touchline.core.events import Coverage
from touchline.formats.bundle import CANDIDATES, CORRECTIONS, EVENTS, OVERLAY, Bundle
from touchline.media.encoding.comments import comment_of
from touchline.render.radar_places import RADAR_PLACE, RadarPlace


class OverlayTask(MadeOfBundle):
    """``overlay.mp4``: the video with the tracks and events drawn in, made in a second decode.

    Args:
        radar: where the radar is.

    """

    name = "overlay"
    files = (OVERLAY,)
    needs = ("track", "spot")

    def __init__(self, *, radar: RadarPlace = RADAR_PLACE) -> None:
        super().__init__()
        self._radar = radar

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Draw the bundle's tracks and events, as corrected; remarks say, for example, that the sound was converted."""
        from touchline.render.overlay import write_overlay

        overlay = write_overlay(
            self._job.video,
            bundle.path / OVERLAY,
            tracks=bundle.read_corrected_tracks(),
            actions=_actions(bundle),
            events=bundle.read_corrected(),
            stream=self._job.stream,
            radar=self._radar,
            comment=self._key(bundle),
            progress=self._job.progress,
        )
        self._remarks = tuple(f"{OVERLAY}: {note}" for note in overlay.notes)

    def up_to_date(self, bundle: Bundle) -> bool:
        """Return whether the overlay shows the radar in this place, and the events and tracks as corrected by now."""
        return comment_of(bundle.path / OVERLAY) == self._key(bundle)

    def _key(self, bundle: Bundle) -> str:
        """Return a key of what is drawn besides the tracks, which is kept in the video."""
        sums = bundle.checksums(EVENTS, CANDIDATES, CORRECTIONS)
        text = json.dumps({"radar": self._radar, "files": sums}, sort_keys=True)
        return f"touchline overlay {hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _actions(bundle: Bundle) -> Actions:
    """Return what the corrected tracks do."""
    found, corrections = bundle.read_actions(), bundle.read_corrections()
    if not corrections:
        return found
    actions = corrected_actions(found.actions, bundle.read_tracks(), corrections)
    return replace(found, actions=actions, windows=())
