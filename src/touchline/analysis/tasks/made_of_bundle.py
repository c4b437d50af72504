"""The base class of tasks that make files, such as a page, from a complete bundle."""

from __future__ import annotations

from touchline.analysis.tasks.task import Job, Remarks, Task
from touchline.formats.bundle import Bundle, Manifest


class MadeOfBundle(Task):
    """A task that makes files from a bundle once all recorded tasks are done; it takes no part in their decode."""

    recorded = False

    def __init__(self) -> None:
        self._job: Job
        self._remarks: tuple[str, ...] = ()

    def begin(self, job: Job) -> None:
        """Start on a video."""
        self._job, self._remarks = job, ()

    def summary(self, bundle: Bundle, manifest: Manifest) -> Remarks:
        """Return the remarks on the files, if they were made in this run."""
        return Remarks(self._remarks)
