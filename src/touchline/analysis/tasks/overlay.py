"""The video with the tracks drawn in, made of a complete bundle."""

from __future__ import annotations

from touchline.analysis.tasks.task import Job, Remarks, Task
from touchline.core.events import Coverage
from touchline.formats.bundle import OVERLAY, Bundle, Manifest


class OverlayTask(Task):
    """``overlay.mp4``: the video with the tracks drawn in."""

    name = "overlay"
    files = (OVERLAY,)
    needs = ("track",)
    recorded = False

    def __init__(self) -> None:
        self._job: Job
        self._remarks: tuple[str, ...] = ()

    def begin(self, job: Job) -> None:
        """Take up a video."""
        self._job, self._remarks = job, ()

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Decode the video once more, and draw."""
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

    def summary(self, bundle: Bundle, manifest: Manifest) -> Remarks:
        """Such as sound that was converted."""
        return Remarks(self._remarks)
