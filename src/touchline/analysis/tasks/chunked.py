"""The part that tasks share which save what they found in chunks, so that a later run continues from there."""

from __future__ import annotations

from touchline.analysis.checkpoint import Chunks
from touchline.analysis.tasks.task import Job, Task


class ChunkedTask(Task):
    """A task that saves chunks. Subclasses call :meth:`begin` first and :meth:`open` before they read or save any."""

    _job: Job
    _chunks: Chunks | None = None

    @property
    def chunks(self) -> Chunks:
        """The chunks saved so far."""
        if self._chunks is None:
            raise ValueError("the task has not been opened; call open() first")
        return self._chunks

    def begin(self, job: Job) -> None:
        """Start on a video."""
        self._job, self._chunks, self.resumed_from_us = job, None, None

    def open(self) -> None:
        """Load what an earlier run saved."""
        self._chunks = Chunks(self._job.bundle.path, task=self.name, key=self.key, resume=self._job.resume)

    def discard(self) -> None:
        """Remove the saved chunks."""
        if self._chunks is not None:
            self._chunks.discard()
