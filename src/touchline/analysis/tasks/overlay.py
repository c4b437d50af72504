"""The task that draws the tracks of a complete bundle into a copy of the video."""

from __future__ import annotations

from touchline.analysis.tasks.made_of_bundle import MadeOfBundle
from touchline.core.events import Coverage
from touchline.formats.bundle import OVERLAY, Bundle


class OverlayTask(MadeOfBundle):
    """``overlay.mp4``: the video with the tracks drawn in, made in a second decode."""

    name = "overlay"
    files = (OVERLAY,)
    needs = ("track",)

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Draw the bundle's tracks; remarks report, for example, that the sound was converted."""
        from touchline.render.overlay import write_overlay

        overlay = write_overlay(
            self._job.video,
            bundle.path / OVERLAY,
            tracks=bundle.read_tracks(),
            actions=bundle.read_actions(),
            stream=self._job.stream,
            progress=self._job.progress,
        )
        self._remarks = tuple(f"{OVERLAY}: {note}" for note in overlay.notes)
