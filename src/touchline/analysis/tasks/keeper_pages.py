"""The task that makes a match's keeper pages from a complete bundle."""

from __future__ import annotations

from touchline.analysis.tasks.made_of_bundle import MadeOfBundle
from touchline.core.events import Coverage
from touchline.formats.bundle import KEEPERS, Bundle
from touchline.formats.files.atomic import make_own_folder
from touchline.formats.keeper.moments_index import MOMENTS_INDEX


class KeeperPagesTask(MadeOfBundle):
    """``keepers/``: a page for each keeper who faced a shot, and an index of their moments."""

    name = "keepers"
    files = (f"{KEEPERS}/index.html", f"{KEEPERS}/{MOMENTS_INDEX}")
    needs = ("spot", "track")

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the pages if the events include shots; a remark gives the reason if this fails."""
        from touchline.analysis.keeper_match import has_shots, write_bundle_pages

        timeline = bundle.read_events()
        if has_shots(timeline):
            folder, tracks = bundle.path / KEEPERS, bundle.read_tracks()
            make_own_folder(folder)
            video, stream = self._job.video, self._job.stream
            self._remarks = write_bundle_pages(video, folder, timeline=timeline, tracks=tracks, stream=stream)
