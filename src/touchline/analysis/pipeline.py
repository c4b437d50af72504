"""One decode of a video feeds every task; what they find goes into the video's bundle.

Only tasks whose results the bundle does not hold yet are done, all from one pass over the frames. What they compute is
saved chunk by chunk (:mod:`touchline.analysis.checkpoint`). A run that was killed decodes the video again from its
start, so that its coverage is the same, but puts only the frames of the missing chunks through the models. Last come
the tasks that make files of the complete bundle.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from touchline.analysis.checkpoint import bundle_lock
from touchline.analysis.result import AnalysisResult
from touchline.analysis.tasks.task import Job, Task, in_order, stale_files
from touchline.analysis.tasks.usual import KINDS
from touchline.core.errors import InputError
from touchline.core.events import Coverage
from touchline.formats.bundle import Bundle, Manifest, video_fingerprint
from touchline.media.video import Progress, VideoReader, probe, with_progress


@dataclass(frozen=True, slots=True)
class AnalyzeOptions:
    """How a video is analysed, whatever the tasks; only ``stream`` changes the results.

    Attributes:
        out: folder for the bundle; None for beside the video.
        stream: which video stream; None for the default one.
        resume: go on from the chunks a killed run left.
        force: analyse even where an up-to-date bundle is there.
        chunk_s: seconds of video between two saves.

    """

    out: Path | None = None
    stream: int | None = None
    resume: bool = True
    force: bool = False
    chunk_s: float = 20.0


def analyze_video(
    video: Path,
    *,
    tasks: Sequence[Task],
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
) -> AnalysisResult:
    """Analyse one video into its bundle, or find that its bundle is up to date.

    Args:
        video: the file.
        tasks: what to find and make, see :func:`~touchline.analysis.tasks.usual.usual_tasks`.
        options: how.
        progress: called with how far the decode is.

    Raises:
        InputError: the video cannot be used, or changed while it was read.
        ResourceError: the bundle cannot be written, or another process is writing it.

    """
    if not tasks:
        raise ValueError("tasks is empty; there is nothing to do")
    options = options or AnalyzeOptions()
    info = probe(video, stream=options.stream)
    fingerprint = video_fingerprint(video)
    bundle = Bundle.create(options.out, video)
    with bundle_lock(bundle.path), _no_empty_folder(bundle.path):
        job = Job(
            video,
            info,
            fingerprint,
            bundle,
            before=_manifest_of(bundle, fingerprint),
            stream=options.stream,
            resume=options.resume,
            force=options.force,
            chunk_s=options.chunk_s,
            progress=progress,
        )
        return _Analysis(job, tasks).run()


def _manifest_of(bundle: Bundle, fingerprint: str) -> Manifest | None:
    """The manifest in a bundle, where it is of this very video."""
    try:
        manifest = bundle.read_manifest()
    except InputError:
        return None
    return manifest if manifest.video_fingerprint == fingerprint else None


class _Analysis:
    """The tasks of one video, from the decode to the files made of the bundle.

    Args:
        job: the video and its bundle.
        tasks: in the order in which they are listed; they are done in the order of their needs.

    """

    def __init__(self, job: Job, tasks: Sequence[Task]) -> None:
        self.job = job
        self.tasks = tasks
        self.order = in_order(tasks)
        self.resumed_from_us: int | None = None

    def run(self) -> AnalysisResult:
        """Do what is missing in the bundle; the result of all tasks."""
        for task in self.order:
            task.begin(self.job)
            if task.recorded:
                self.job.keys[task.name] = task.key
        missing = [task for task in self.order if task.recorded and not self._holds(task)]
        reused = self.job.before is not None and not missing
        manifest = self.job.before if self.job.before is not None and reused else self._find(missing)
        for task in self.order:
            if not task.recorded and not self._has_files(task):
                task.write(self.job.bundle, coverage=manifest.coverage)
        return AnalysisResult(
            self.job.bundle.path,
            self.job.info,
            manifest.coverage,
            summaries={task.name: task.summary(self.job.bundle, manifest) for task in self.tasks},
            reused=reused,
            resumed_from_us=self.resumed_from_us,
            timings_s=manifest.timings_s,
        )

    def _holds(self, task: Task) -> bool:
        """Whether the same work made the task's files in the bundle, and they are whole."""
        return not self.job.force and self.job.recorded_key(task.name, *task.files) == task.key

    def _has_files(self, task: Task) -> bool:
        """Whether all files of a task that the manifest does not record are there."""
        return all((self.job.bundle.path / name).is_file() for name in task.files)

    def _find(self, missing: Sequence[Task]) -> Manifest:
        """Do the tasks whose results are missing, and write down what was found with what."""
        started_s = time.monotonic()
        for task in missing:
            task.open()
        resumed_us = [task.resumed_from_us for task in missing]
        if None not in resumed_us:
            self.resumed_from_us = min((us for us in resumed_us if us is not None), default=None)
        coverage = self._pass(missing)
        passed_s = time.monotonic()
        self._discard_stale([task.name for task in missing])
        for task in missing:
            task.write(self.job.bundle, coverage=coverage)
        timings_s = {"analyse": round(passed_s - started_s, 3), "write": round(time.monotonic() - passed_s, 3)}
        manifest = self._write_manifest(missing, coverage=coverage, timings_s=timings_s)
        for task in missing:
            task.discard()
        return manifest

    def _pass(self, tasks: Sequence[Task]) -> Coverage:
        """Let the tasks hear the sound and watch the pictures, which are decoded once, unless nobody watches."""
        for task in tasks:
            task.hear(self.job.video)
        watching = [task for task in tasks if task.watches]
        if self.job.before is not None and not watching:
            return self.job.before.coverage
        coverage = self._decode(watching)
        problem = ""
        if coverage.frames_decoded == 0:
            problem = "no picture could be decoded; see what `touchline check` says of it"
        elif video_fingerprint(self.job.video) != self.job.fingerprint:
            problem = "changed while it was read; run again when its recording is finished"
        if problem:
            for task in tasks:
                task.discard()
            raise InputError(f"{self.job.video}: {problem}")
        return coverage

    def _decode(self, watching: Sequence[Task]) -> Coverage:
        """Decode the video from its start to its end; every frame goes past every task."""
        with VideoReader(self.job.video, stream=self.job.stream) as reader:
            duration_us = reader.info.duration_us
            frames = with_progress(reader.frames(), duration_us=duration_us, progress=self.job.progress)
            for task in watching:
                frames = task.watch(frames)
            deque(frames, maxlen=0)
            return reader.coverage()

    def _discard_stale(self, redone: Sequence[str]) -> None:
        """Remove what will no longer fit: files made of these results, and everything that is of another video."""
        kinds = [*KINDS, *(type(task) for task in self.tasks)]
        stale = stale_files(kinds, redone=redone)
        if self.job.before is None:
            stale = [name for kind in kinds for name in kind.files]
        for name in stale:
            first = Path(name).parts[0]
            if first == name:
                self.job.bundle.discard(name)
            else:
                shutil.rmtree(self.job.bundle.path / first, ignore_errors=True)

    def _write_manifest(self, done: Sequence[Task], *, coverage: Coverage, timings_s: Mapping[str, float]) -> Manifest:
        """Write the manifest, last of all: only one whose checksums hold makes a bundle up to date.

        What other tasks found in the same video stays.
        """
        job, done = self.job, [task for task in self.tasks if task in done]
        names = {task.name for task in done}
        before = job.before or Manifest(job.video.name, job.fingerprint, models=(), settings={}, coverage=coverage)
        parts: dict[str, Any] = {name: part for task in done for name, part in task.manifest_parts().items()}
        kept = tuple(model for model in before.models if model["task"] not in names)
        manifest = replace(
            before,
            video_name=job.video.name,
            models=(*kept, *(model for task in done for model in task.models)),
            settings={**before.settings, **{task.name: task.key for task in done}},
            coverage=coverage,
            timings_s=timings_s,
            files={**before.files, **job.bundle.checksums(*(name for task in done for name in task.files))},
            touchline_version=version("touchline"),
            **parts,
        )
        job.bundle.write_manifest(manifest)
        return manifest


@contextlib.contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Remove a bundle folder that is still empty in the end, because the analysis failed."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it is not empty
            folder.rmdir()
