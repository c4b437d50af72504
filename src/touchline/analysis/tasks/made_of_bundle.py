"""Tasks that make files of a complete bundle, such as a page."""

from __future__ import annotations

from touchline.analysis.tasks.task import Job, Remarks, Task
from touchline.formats.bundle import Bundle, Manifest


class MadeOfBundle(Task):
    """A task that makes files of a bundle once all recorded tasks are done; it needs nothing of their decode."""

    recorded = False

    def __init__(self) -> None:
        self._job: Job
        self._remarks: tuple[str, ...] = ()

    def begin(self, job: Job) -> None:
        """Take up a video."""
        self._job, self._remarks = job, ()

    def summary(self, bundle: Bundle, manifest: Manifest) -> Remarks:
        """What a user should know of the files, where they were made now."""
        return Remarks(self._remarks)
