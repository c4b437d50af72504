"""Work in the background: what is being done, how far it is, and what came out."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from touchline.core.errors import TouchlineError
from touchline.media.video import Progress
from touchline.review.refusals import Refusal

Kind = Literal["proxy", "frames", "wave", "clips"]
State = Literal["queued", "running", "done", "failed", "cancelled"]

_WORKERS = 2


class _Stopped(Exception):
    """The server is being closed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished job leaves.

    Attributes:
        files: to download.
        notes: remarks for the user.
        text: one line on the result.

    """

    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    text: str = ""


@dataclass(eq=False)
class Job:
    """A piece of work.

    Attributes:
        id: opaque.
        kind: what is made.
        state: how it stands.
        progress: 0 to 1.
        text: what is being done or went wrong, for the user.
        outcome: the result, once it is done.

    """

    id: str
    kind: Kind
    state: State = "queued"
    progress: float = 0.0
    text: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    future: Future[None] = field(default_factory=Future, repr=False)

    @property
    def active(self) -> bool:
        """Whether it is still to be finished."""
        return self.state in ("queued", "running")

    def finished_within(self, seconds: float) -> bool:
        """Wait for the end of the job, at most for so long; return whether it is done."""
        wait([self.future], timeout=seconds)
        return self.state == "done"


class Jobs:
    """All jobs of a server; two run at a time, and the same work is not begun twice."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="review-job")
        self._jobs: dict[str, Job] = {}
        self._by_key: dict[object, Job] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self, kind: Kind, work: Callable[[Progress], Outcome], *, key: object, text: str) -> Job:
        """Begin a job, or return the one with the same kind and key that is under way or done.

        Args:
            kind: what is made.
            work: does it; it is given a function to report progress to.
            key: equal keys mean the same work; a failed one is begun again.
            text: what is being done, for the user.

        """
        with self._lock:
            known = self._by_key.get((kind, key))
            if known is not None and known.state not in ("failed", "cancelled"):
                return known
            job = Job(secrets.token_urlsafe(9), kind, text=text)
            self._jobs[job.id] = self._by_key[(kind, key)] = job
            job.future = self._pool.submit(self._run, job, work)
            return job

    def find(self, kind: Kind, key: object) -> Job | None:
        """Return the job with this kind and key; None if it was never begun."""
        return self._by_key.get((kind, key))

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            Refusal: there is none with this id.

        """
        if job_id not in self._jobs:
            raise Refusal("not_found", "there is no such job; reload the page")
        return self._jobs[job_id]

    def running(self) -> Iterable[Job]:
        """Return the jobs that are not finished."""
        return [job for job in list(self._jobs.values()) if job.active]

    def close(self) -> None:
        """Stop all jobs; those under way end at their next report of progress."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Callable[[Progress], Outcome]) -> None:
        job.state = "running"
        try:
            with contextlib.suppress(_Stopped):
                job.outcome = work(self._reporter(job))
                job.progress, job.state, job.text = 1.0, "done", job.outcome.text or job.text
                return
            job.state = "cancelled"
        except (TouchlineError, OSError, MemoryError) as error:
            job.state, job.text = "failed", str(error) or "out of memory"
        except BaseException:
            job.state, job.text = "failed", "a bug in touchline; run again with --debug and report it"
            raise

    def _reporter(self, job: Job) -> Progress:
        def report(done: int, total: int) -> None:
            if self._stop.is_set():
                raise _Stopped
            if total > 0:
                job.progress = min(max(done / total, job.progress), 0.999)

        return report
