"""The keeper pages of a match, made of a complete bundle."""

from __future__ import annotations

from touchline.analysis.tasks.task import Job, Remarks, Task
from touchline.core.events import Coverage
from touchline.formats.bundle import KEEPERS, Bundle, Manifest


class KeeperPagesTask(Task):
    """``keepers/``: a page for each keeper who faced a shot."""

    name = "keepers"
    files = (f"{KEEPERS}/index.html",)
    needs = ("spot", "track")
    recorded = False

    def __init__(self) -> None:
        self._job: Job
        self._remarks: tuple[str, ...] = ()

    def begin(self, job: Job) -> None:
        """Take up a video."""
        self._job, self._remarks = job, ()

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Make the pages, where there were shots."""
        from touchline.analysis.keeper_match import has_shots, write_bundle_pages

        timeline = bundle.read_events()
        if has_shots(timeline):
            folder, tracks = bundle.path / KEEPERS, bundle.read_tracks()
            video, stream = self._job.video, self._job.stream
            self._remarks = write_bundle_pages(video, folder, timeline=timeline, tracks=tracks, stream=stream)

    def summary(self, bundle: Bundle, manifest: Manifest) -> Remarks:
        """Why there are no pages, where there should be some."""
        return Remarks(self._remarks)
