"""The pipeline: one decode of a video feeds every task, and the results go into the video's bundle.

Only tasks whose results are missing from the bundle run, all in one pass over the frames. Their results are saved chunk
by chunk (:mod:`touchline.analysis.checkpoint`). A run that was killed decodes the video again from the start, so that
its coverage is the same, but runs the models only on the frames of the missing chunks. Tasks that make files from the
complete bundle run last.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from touchline.analysis.checkpoint import bundle_lock
from touchline.analysis.result import AnalysisResult
from touchline.analysis.tasks.task import Job, Task, in_order, rates_of, stale_files
from touchline.analysis.tasks.usual import KINDS
from touchline.analysis.threads.side_by_side import pass_on
from touchline.analysis.threads.spans import IrregularError, SpanReader
from touchline.core.errors import InputError, ResourceError
from touchline.core.events import Coverage
from touchline.core.version import __version__
from touchline.formats.bundle import Bundle, Manifest, video_fingerprint
from touchline.formats.soccernet.game_names import game_in_path, half_in_name
from touchline.media.frame import Frame
from touchline.media.sound.tracks import heard_track
from touchline.media.video import Progress, VideoReader, probe, with_progress
from touchline.models.runtime.device import available_threads


@dataclass(frozen=True, slots=True)
class AnalyzeOptions:
    """Settings of an analysis that apply to all tasks; those from ``resume`` on do not affect the results.

    Attributes:
        out: folder for the bundle; None writes it beside the video.
        stream: index of the video stream; None for the default stream.
        audio_stream: index of the sound track; None for the default one, or the loudest if that is silent.
        half: half of the match that the video shows, recorded with each event; None takes it from SoccerNet's names,
            such as ``2_720p.mkv``, and 1 for other names.
        game: name of the game in ``results_spotting.json``; empty takes SoccerNet's folders, or the video's name.
        resume: resume from the chunks of a killed run.
        force: analyse even if the bundle is up to date.
        chunk_s: seconds of video per saved chunk.
        threads: CPU threads to use; None takes all that are available. With one, the tasks take turns.
        decoders: decoders that work on spans of the video at once; pays where one is slower than all the rest, with a
            GPU and many cores. A video that turns out to be damaged is analysed again from the start with one.

    """

    out: Path | None = None
    stream: int | None = None
    audio_stream: int | None = None
    half: int | None = None
    game: str = ""
    resume: bool = True
    force: bool = False
    chunk_s: float = 20.0
    threads: int | None = None
    decoders: int = 1


def analyze_video(
    video: Path,
    *,
    tasks: Sequence[Task],
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
) -> AnalysisResult:
    """Analyse one video into its bundle, unless the bundle is up to date.

    Args:
        video: the video file.
        tasks: the tasks to run, see :func:`~touchline.analysis.tasks.usual.usual_tasks`.
        options: settings of the analysis.
        progress: called with the progress of the decode.

    Raises:
        ValueError: ``tasks`` is empty.
        UsageError: there is no such stream or sound track.
        InputError: the video cannot be used, or changed while it was read.
        ResourceError: the bundle cannot be written, or another process is writing it.

    """
    if not tasks:
        raise ValueError("tasks is empty; give at least one task")
    options = options or AnalyzeOptions()
    info = probe(video, stream=options.stream)
    if options.audio_stream is not None:
        heard_track(video, index=options.audio_stream)
    fingerprint = video_fingerprint(video)
    bundle = Bundle.create(options.out, video, fingerprint=fingerprint)
    with bundle_lock(bundle.path), _no_empty_folder(bundle.path):
        _check_still_ours(bundle, video, fingerprint=fingerprint, out=options.out)
        job = Job(
            video,
            info,
            fingerprint,
            bundle,
            before=_manifest_of(bundle, fingerprint),
            stream=options.stream,
            audio_stream=options.audio_stream,
            half=options.half or half_in_name(video.name) or 1,
            game=options.game or game_in_path(video) or video.stem,
            resume=options.resume,
            force=options.force,
            chunk_s=options.chunk_s,
            threads=options.threads or available_threads(),
            decoders=options.decoders,
            progress=progress,
        )
        return _Analysis(job, tasks).run()


def _check_still_ours(bundle: Bundle, video: Path, *, fingerprint: str, out: Path | None) -> None:
    """Raise an error if another process has meanwhile written another video's results into a bundle.

    Raises:
        ResourceError: it has.

    """
    if Bundle.to_write(video, out=out, fingerprint=fingerprint).path != bundle.path:
        raise ResourceError(f"{bundle.path}: another touchline process has just taken this bundle; run this one again")


def _manifest_of(bundle: Bundle, fingerprint: str) -> Manifest | None:
    """Return the manifest in a bundle if it belongs to this video."""
    try:
        manifest = bundle.read_manifest()
    except InputError:
        return None
    return manifest if manifest.video_fingerprint == fingerprint else None


class _Analysis:
    """One analysis of a video, from the decode to the files made from the bundle.

    Args:
        job: the video and its bundle.
        tasks: in the order in which their results are listed; they run in the order of their dependencies.

    """

    def __init__(self, job: Job, tasks: Sequence[Task]) -> None:
        self.job = job
        self.tasks = tasks
        self.order = in_order(tasks)
        self.resumed_from_us: int | None = None

    def run(self) -> AnalysisResult:
        """Run the tasks whose results are missing; return the result of all tasks."""
        for task in self.order:
            task.begin(self.job)
            if task.recorded:
                self.job.keys[task.name] = task.key
        missing = [task for task in self.order if task.recorded and not self._holds(task)]
        reused = self.job.before is not None and not missing
        manifest = self.job.before if self.job.before is not None and reused else self._find(missing)
        for task in self.order:
            if not task.recorded and not (self._has_files(task) and task.up_to_date(self.job.bundle)):
                task.write(self.job.bundle, coverage=manifest.coverage)
        return AnalysisResult(
            self.job.bundle.path,
            self.job.info,
            manifest.coverage,
            summaries={task.name: task.summary(self.job.bundle, manifest) for task in self.tasks},
            reused=reused,
            resumed_from_us=self.resumed_from_us,
            timings_s=manifest.timings_s,
            implied=frozenset(task.name for task in self.tasks if task.implied),
        )

    def _holds(self, task: Task) -> bool:
        """Return whether the bundle holds the task's files, intact and made with the same key."""
        return not self.job.force and self.job.recorded_key(task.name, *task.files) == task.key

    def _has_files(self, task: Task) -> bool:
        """Return whether all files exist of a task that is not recorded in the manifest."""
        return all((self.job.bundle.path / name).is_file() for name in task.files)

    def _find(self, missing: Sequence[Task]) -> Manifest:
        """Run the tasks whose results are missing and write the manifest."""
        started_s = time.monotonic()
        for task in missing:
            task.open()
        resumed_us = [task.resumed_from_us for task in missing if task.resumes]
        if None not in resumed_us:
            self.resumed_from_us = min((us for us in resumed_us if us is not None), default=None)
        coverage = self._pass(missing)
        passed_s = time.monotonic()
        for task in missing:
            task.write(self.job.bundle, coverage=coverage)
        self._discard_stale(missing)  # after the writes, so that a full disk leaves what was there
        timings_s = {"analyse": round(passed_s - started_s, 3), "write": round(time.monotonic() - passed_s, 3)}
        manifest = self._write_manifest(missing, coverage=coverage, timings_s=timings_s)
        for task in missing:
            task.discard()
        return manifest

    def _pass(self, tasks: Sequence[Task]) -> Coverage:
        """Pass the sound and the decoded frames to the tasks; skip the decode if no task needs frames."""
        if self.job.before is not None and not any(task.watches for task in tasks):
            pass_on((), tasks=tasks, video=self.job.video, threads=self.job.threads)
            return self.job.before.coverage
        coverage = self._decode(tasks)
        problem = ""
        if coverage.frames_decoded == 0:
            problem = "no frame could be decoded; run `touchline check` on it to see why"
        elif video_fingerprint(self.job.video) != self.job.fingerprint:
            problem = "changed while it was read; run again when its recording is finished"
        if problem:
            for task in tasks:
                task.discard()
            raise InputError(f"{self.job.video}: {problem}")
        return coverage

    def _decode(self, tasks: Sequence[Task]) -> Coverage:
        """Decode the whole video once for all tasks; return its coverage."""
        if self.job.decoders > 1:
            try:
                spans = SpanReader(self.job.video, stream=self.job.stream, decoders=self.job.decoders)
                self._show(spans.frames(rates=rates_of(tasks)), tasks)
                return spans.coverage()
            except IrregularError:
                self._begin_again(tasks)
        with VideoReader(self.job.video, stream=self.job.stream) as reader:
            self._show(reader.frames(rates=rates_of(tasks)), tasks)
            return reader.coverage()

    def _show(self, decoded: Iterator[Frame], tasks: Sequence[Task]) -> None:
        """Pass decoded frames, and the sound, to all tasks."""
        frames = with_progress(decoded, duration_us=self.job.info.duration_us, progress=self.job.progress)
        pass_on(frames, tasks=tasks, video=self.job.video, threads=self.job.threads)
        deque(frames, maxlen=0)  # if no task watches: the coverage is wanted

    def _begin_again(self, tasks: Sequence[Task]) -> None:
        """Discard what the tasks have found so far; of a damaged video it may be wrong."""
        job = replace(self.job, resume=False)
        for task in tasks:
            task.discard()
            task.begin(job)
            task.open()

    def _discard_stale(self, redone: Sequence[Task]) -> None:
        """Remove outdated files: those made from the results that were replaced, or all others of an unknown origin."""
        kinds = [*KINDS, *(type(task) for task in self.tasks)]
        stale = stale_files(kinds, redone=[task.name for task in redone])
        if self.job.before is None:
            stale = [name for kind in kinds for name in kind.files]
        written = {name for task in redone for name in task.files}
        self.job.bundle.discard(*(name for name in stale if name not in written))

    def _write_manifest(self, done: Sequence[Task], *, coverage: Coverage, timings_s: Mapping[str, float]) -> Manifest:
        """Write the manifest, after all other files, because matching checksums mark a bundle as up to date.

        Entries of other tasks on the same video are kept.
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
            touchline_version=__version__,
            **parts,
        )
        job.bundle.write_manifest(manifest)
        return manifest


@contextlib.contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Remove a bundle folder on exit if it is empty because the analysis failed."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it is not empty
            folder.rmdir()
