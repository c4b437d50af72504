"""What a task of ``analyze`` is: everything the pipeline knows of it.

A task is one class. It says what it writes and what decides its results, watches the pictures or hears the sound of a
video, and writes its files into the video's bundle. The pipeline decodes the video once for all tasks and knows none
of them by name. To add one: write its class in this folder, and list it in :mod:`touchline.analysis.tasks.usual`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Protocol

from touchline.core.events import Coverage, VideoInfo
from touchline.formats.bundle import Bundle, Manifest
from touchline.media.frame import Frame
from touchline.media.video import Progress
from touchline.report.sections.section import Section

EVERYTHING = "*"
"""Among what a task needs: the results of all tasks that the manifest records."""


@dataclass(frozen=True, slots=True)
class Job:
    """One video on its way into its bundle: what a task may know of it.

    Attributes:
        video: the file.
        info: of it.
        fingerprint: of it, see :func:`~touchline.formats.bundle.video_fingerprint`.
        bundle: where the results go.
        before: the bundle's manifest, where it is of this very video; None otherwise.
        keys: of the recorded tasks of this analysis that come before, by name.
        stream: which video stream was asked for; None for the default one.
        resume: go on from the chunks a killed run left.
        force: do everything anew.
        chunk_s: seconds of video between two saves.
        progress: called while a task decodes the video again.

    """

    video: Path
    info: VideoInfo
    fingerprint: str
    bundle: Bundle
    before: Manifest | None = None
    keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    stream: int | None = None
    resume: bool = True
    force: bool = False
    chunk_s: float = 20.0
    progress: Progress | None = None

    @property
    def origin(self) -> dict[str, Any]:
        """What names the video and the program: a part of every recorded key."""
        return {
            "video_fingerprint": self.fingerprint,
            "stream": self.info.stream_index,
            "touchline": version("touchline"),
        }

    def recorded_key(self, task: str, *files: str) -> Mapping[str, Any] | None:
        """The key that a task's files in the bundle were made with; None where one of them is missing or changed."""
        if self.before is None:
            return None
        known = {name: self.before.files.get(name) for name in files}
        return self.before.settings.get(task) if self.bundle.checksums(*files) == known else None

    def key_of(self, task: str, *files: str) -> Mapping[str, Any] | None:
        """The key of a task's files as they will be when a later task writes; None where there will be none.

        A task of this analysis counts, else what is whole in the bundle and of the same video and program.
        """
        if task in self.keys:
            return self.keys[task]
        key = self.recorded_key(task, *files)
        return key if key is not None and {**key, **self.origin} == key else None


class Summary:
    """What a task found in one video, for people and for ``--json``. What it does not say stays empty."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of the files."""
        return ()

    @property
    def degraded(self) -> bool:
        """Whether something was missing that the task could not make up for."""
        return False

    def record(self) -> dict[str, Any]:
        """Its part of the video's ``--json`` record."""
        return {}

    def rows(self) -> list[dict[str, Any]]:
        """``--json`` records of its own, each with its ``type``, where results are listed one by one."""
        return []

    def counts(self) -> list[str]:
        """How much was found, as in "12 events", for the headline."""
        return []

    def lines(self, *, listed: bool) -> list[str]:
        """What was found, in words; one by one where they are ``listed``."""
        return []

    def warnings(self) -> list[str]:
        """What went wrong without stopping the work."""
        return []


@dataclass(frozen=True)
class Remarks(Summary):
    """What a user should know of a file that was made: ``remarks``."""

    remarks: tuple[str, ...] = ()


class Task(Protocol):
    """One kind of result of a video. Used for one video after the other; :meth:`begin` takes up the next.

    Subclass it and override what the task does; what is left out does nothing.

    Attributes:
        name: in the manifest and in summaries.
        files: what it writes into the bundle, paths from the bundle's folder.
        needs: names of tasks whose results it reads where there are any; these go first.
        recorded: whether the manifest keeps its key and checksums. Other tasks make files of the bundle alone, once it
            is complete; these are made again when what they need was made again.
        models: what it works with, as the manifest lists them.
        sections: what the report shows of its results, besides the sections that every report has.
        key: after :meth:`begin`, everything that decides the results, as JSON: equal keys mean equal files.
        watches: after :meth:`open`, whether it has to see the pictures.
        resumed_from_us: after :meth:`open`, where an earlier run had stopped; None for a run from the start.

    """

    name: ClassVar[str]
    files: ClassVar[tuple[str, ...]]
    needs: ClassVar[tuple[str, ...]] = ()
    recorded: ClassVar[bool] = True
    sections: ClassVar[tuple[Section, ...]] = ()
    models: Sequence[Mapping[str, str]] = ()
    key: Mapping[str, Any] = {}
    watches: bool = False
    resumed_from_us: int | None = None

    def begin(self, job: Job) -> None:
        """Take up a video, and find out what decides the results."""
        return

    def open(self) -> None:
        """Get ready to work: find what an earlier run saved. Called only where the results are not in the bundle."""
        return

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The very same frames, each looked at on the way; in bounded memory."""
        return iter(frames)

    def hear(self, sound: Path) -> None:
        """Take in the sound of a file, in bounded memory."""
        return

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the task's files; ``coverage`` says what of the video was decoded."""
        return

    def manifest_parts(self) -> Mapping[str, Any]:
        """After :meth:`write`, what the manifest keeps of the results, by the names of its fields."""
        return {}

    def summary(self, bundle: Bundle, manifest: Manifest) -> Summary:
        """What the bundle holds of the task's results."""
        return Summary()

    def discard(self) -> None:
        """Remove what was saved meanwhile."""
        return


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """The tasks, each behind those it needs; otherwise as they are.

    Raises:
        ValueError: two tasks have one name, or need each other.

    """
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        raise ValueError(f"tasks {names}: each may be there once")
    left, ordered = list(tasks), list[Task]()
    while left:
        ready = next((task for task in left if not any(_needs(task, other) for other in left)), None)
        if ready is None:
            raise ValueError(f"tasks {[task.name for task in left]} need each other")
        left.remove(ready)
        ordered.append(ready)
    return ordered


def _needs(task: Task, other: Task) -> bool:
    """Whether a task reads another's results."""
    return other is not task and (other.name in task.needs or (EVERYTHING in task.needs and other.recorded))


def stale_files(kinds: Sequence[type[Task]], *, redone: Sequence[str]) -> list[str]:
    """Files made of the bundle, by tasks of these kinds, that no longer fit once the named tasks are done again."""
    return [name for kind in kinds if not kind.recorded and _reads_any(kind, redone) for name in kind.files]


def _reads_any(kind: type[Task], names: Sequence[str]) -> bool:
    return bool(names) and (EVERYTHING in kind.needs or bool({*kind.needs} & {*names}))
