"""The protocol of a task of ``analyze``: everything the pipeline knows about it.

A task is one class. It declares its files and everything that determines its results, processes the frames or the
sound of a video, and writes its files into the video's bundle. The pipeline decodes the video once for all tasks and
knows none of them by name; it may run :meth:`Task.hear` and then :meth:`Task.watch` of several tasks at once, in a
thread each. To add a task, write its class in this folder and list it in
:mod:`touchline.analysis.tasks.usual`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from touchline.core.errors import InputError
from touchline.core.events import Coverage, VideoInfo
from touchline.core.version import __version__
from touchline.formats.bundle import Bundle, Manifest
from touchline.media.frame import Frame
from touchline.media.sound.tracks import heard_track
from touchline.media.video import Progress
from touchline.report.sections.section import Section

EVERYTHING = "*"
"""Entry of :attr:`Task.needs` that stands for all tasks recorded in the manifest."""


@dataclass(frozen=True, slots=True)
class Job:
    """The analysis of one video, as its tasks see it.

    Attributes:
        video: the video file.
        info: properties of the video.
        fingerprint: fingerprint of the video, see :func:`~touchline.formats.bundle.video_fingerprint`.
        bundle: the bundle for the results.
        before: the bundle's manifest before the analysis, if it belongs to this video; None otherwise.
        keys: keys of the recorded tasks that come earlier in this analysis, by task name.
        stream: index of the requested video stream; None for the default stream.
        audio_stream: index of the requested sound track; None for the default one, or the loudest if that is silent.
        half: half of the match that the video shows, recorded with each event.
        game: name of the game in ``results_spotting.json``.
        resume: resume from the chunks of a killed run.
        force: redo everything.
        chunk_s: seconds of video per saved chunk.
        threads: CPU threads to use; does not affect the results.
        decoders: decoders that work on spans of the video at once; does not affect the results.
        progress: called while a task decodes the video again.

    """

    video: Path
    info: VideoInfo
    fingerprint: str
    bundle: Bundle
    before: Manifest | None = None
    keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    stream: int | None = None
    audio_stream: int | None = None
    half: int = 1
    game: str = ""
    resume: bool = True
    force: bool = False
    chunk_s: float = 20.0
    threads: int = 1
    decoders: int = 1
    progress: Progress | None = None

    @property
    def origin(self) -> dict[str, Any]:
        """The identity of the video and the program version: a part of every recorded key."""
        return {
            "video_fingerprint": self.fingerprint,
            "stream": self.info.stream_index,
            "touchline": __version__,
        }

    @property
    def heard(self) -> int | None:
        """Index of the sound track that is heard; None if there is no sound.

        Raises:
            UsageError: there is no such sound track.

        """
        try:
            return heard_track(self.video, index=self.audio_stream).track.index
        except InputError:
            return None

    def recorded_key(self, task: str, *files: str) -> Mapping[str, Any] | None:
        """Return the key with which a task's files in the bundle were made; None if a file is missing or changed."""
        if self.before is None:
            return None
        known = {name: self.before.files.get(name) for name in files}
        return self.before.settings.get(task) if self.bundle.checksums(*files) == known else None

    def key_of(self, task: str, *files: str) -> Mapping[str, Any] | None:
        """Return the key of a task's files as a later task will find them; None if there will be none.

        This is the key of the task in this analysis, or else that of intact files in the bundle made from the same
        video by the same program version.
        """
        if task in self.keys:
            return self.keys[task]
        key = self.recorded_key(task, *files)
        return key if key is not None and {**key, **self.origin} == key else None


class Summary:
    """The results of a task for one video, for people and for ``--json``; empty unless overridden."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks for the user on the files."""
        return ()

    @property
    def verdict(self) -> str:
        """Whether the models were measured on such a video, in one line; "" if the task does not say."""
        return ""

    @property
    def degraded(self) -> bool:
        """Whether the task lacked an input that it could not replace."""
        return False

    def record(self) -> dict[str, Any]:
        """Return the task's part of the video's ``--json`` record."""
        return {}

    def rows(self) -> list[dict[str, Any]]:
        """Return further ``--json`` records, each with a ``type``, for results listed one by one."""
        return []

    def counts(self) -> list[str]:
        """Return counts such as "12 events" for the headline."""
        return []

    def lines(self, *, listed: bool) -> list[str]:
        """Return the results in words, one by one if ``listed``."""
        return []

    def warnings(self) -> list[str]:
        """Return problems that did not stop the work."""
        return []


@dataclass(frozen=True)
class Remarks(Summary):
    """A summary that holds only ``remarks`` on a file."""

    remarks: tuple[str, ...] = ()


class Task(Protocol):
    """One kind of analysis of a video. A task handles one video after another; :meth:`begin` starts the next.

    Subclass it and override the methods the task needs; the others do nothing.

    Attributes:
        name: name in the manifest and in summaries.
        files: the files it writes, as paths relative to the bundle's folder.
        needs: names of tasks whose results it reads if there are any; they run first.
        implied: whether it comes along with other tasks, without being asked for.
        resumes: whether it saves what it found as it goes, so that a later run continues from there.
        recorded: whether the manifest keeps its key and checksums. Tasks that are not recorded make files from the
            complete bundle; these are made again whenever their input was.
        models: the models it uses, as the manifest lists them.
        sections: report sections for its results, in addition to those that every report has.
        key: after :meth:`begin`, everything that determines the results, as JSON: equal keys mean equal files.
        watches: after :meth:`open`, whether it needs the frames.
        rates: after :meth:`open`, samples per second of every grid on which it samples the frames; frames that no task
            samples come without a picture. None if it needs the picture of every frame.
        resumed_from_us: after :meth:`open`, time at which an earlier run had stopped; None if it starts from the
            beginning.

    """

    name: ClassVar[str]
    files: ClassVar[tuple[str, ...]]
    needs: ClassVar[tuple[str, ...]] = ()
    recorded: ClassVar[bool] = True
    implied: ClassVar[bool] = False
    resumes: ClassVar[bool] = True
    sections: ClassVar[tuple[Section, ...]] = ()
    models: Sequence[Mapping[str, str]] = ()
    key: Mapping[str, Any] = {}
    watches: bool = False
    rates: Sequence[float] | None = None
    resumed_from_us: int | None = None

    def begin(self, job: Job) -> None:
        """Start on a video and compute :attr:`key`."""
        return

    def open(self) -> None:
        """Prepare to run and load what an earlier run saved. Called only if the results are not in the bundle."""
        return

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames unchanged, processing each on the way; uses bounded memory."""
        return iter(frames)

    def hear(self, sound: Path) -> None:
        """Process the sound of a file; uses bounded memory."""
        return

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the task's files; ``coverage`` gives the parts of the video that were decoded."""
        return

    def up_to_date(self, bundle: Bundle) -> bool:
        """Return whether the files of a task that is not recorded are those that :meth:`write` would write now.

        Called only if they all exist, and were made after the results that the task ``needs``.
        """
        return True

    def manifest_parts(self) -> Mapping[str, Any]:
        """Return the values to store in the manifest by field name; called after :meth:`write`."""
        return {}

    def summary(self, bundle: Bundle, manifest: Manifest) -> Summary:
        """Return the task's results in the bundle."""
        return Summary()

    def discard(self) -> None:
        """Remove intermediate results."""
        return


def rates_of(tasks: Sequence[Task]) -> tuple[float, ...] | None:
    """Return the samples per second of all grids of tasks that watch; None if one needs the picture of every frame."""
    rates: set[float] = set()
    for task in tasks:
        if task.watches and task.rates is None:
            return None
        rates |= set(task.rates or ()) if task.watches else set()
    return tuple(sorted(rates))


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """Return the tasks with each after those it needs, otherwise in the given order.

    Raises:
        ValueError: two tasks have the same name, or tasks need each other.

    """
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        raise ValueError(f"tasks {names}: each task may appear only once")
    left, ordered = list(tasks), list[Task]()
    while left:
        ready = next((task for task in left if not any(_needs(task, other) for other in left)), None)
        if ready is None:
            raise ValueError(f"tasks {[task.name for task in left]} need each other")
        left.remove(ready)
        ordered.append(ready)
    return ordered


def _needs(task: Task, other: Task) -> bool:
    """Return whether a task reads another's results."""
    return other is not task and (other.name in task.needs or (EVERYTHING in task.needs and other.recorded))


def stale_files(kinds: Sequence[type[Task]], *, redone: Sequence[str]) -> list[str]:
    """Return the files made from the bundle by tasks of these kinds that are outdated once the named tasks rerun."""
    return [name for kind in kinds if not kind.recorded and _reads_any(kind, redone) for name in kind.files]


def _reads_any(kind: type[Task], names: Sequence[str]) -> bool:
    return bool(names) and (EVERYTHING in kind.needs or bool({*kind.needs} & {*names}))
