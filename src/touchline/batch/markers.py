"""The small objects beside a match's results that say what has become of it.

``KEY/_DONE.json`` is written last and names the attempt whose files are the results; ``KEY/_FAILED.json`` says why
there are none; ``KEY/_RUNNING.json`` is renewed by the worker that is at it, and keeps what went wrong so far.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, TypeVar

from touchline.batch.stores.store import Store
from touchline.core.errors import InputError
from touchline.formats.files.atomic import json_bytes

DONE, FAILED, RUNNING, CHECKPOINT = "_DONE.json", "_FAILED.json", "_RUNNING.json", "_CHECKPOINT.tar"
LOST_S = 600.0
"""A worker whose last sign of life is older than this is taken for lost."""

Step = Literal["staging", "waiting", "analysing", "uploading", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Results that are complete.

    Attributes:
        attempt: names the folder of the results, ``KEY/attempt-ATTEMPT``.
        bundle: name of the bundle in it.
        files: size and SHA-256 of each file of the bundle, by name.
        degraded: whether parts of the video were lost.
        video_s: length of the video, seconds.
        wall_s: how long the analysis took in the end, seconds.
        staged_s: how long the video took to come, seconds.
        finished: when, seconds since 1970.
        worker: host and process.
        versions: of touchline, Python and the platform.

    """

    attempt: str
    bundle: str
    files: Mapping[str, Mapping[str, Any]]
    degraded: bool
    video_s: float
    wall_s: float
    staged_s: float
    finished: float
    worker: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One attempt that failed.

    Attributes:
        reason: in one line.
        detail: the end of what the analysis printed.
        exit_code: of the analysis; negative for a signal; None if it did not start.
        at: when, seconds since 1970.
        worker: host and process.

    """

    reason: str
    detail: str = ""
    exit_code: int | None = None
    at: float = 0.0
    worker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A match that is given up: the reason is that of its last attempt."""

    reason: str
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A sign of life.

    Attributes:
        worker: host and process.
        step: what it is doing.
        at: when it was written, seconds since 1970.
        started: when the worker took the match, seconds since 1970.
        starts: how many workers have taken it and did not put it back.
        progress: share of the video that is analysed, in percent.
        failures: of earlier attempts.

    """

    worker: str
    step: Step
    at: float
    started: float
    starts: int = 1
    progress: int = 0
    failures: tuple[Failure, ...] = ()

    def as_stopped(self) -> Running:
        """Return it as that of a worker that has put the match back."""
        return replace(self, step="stopped", starts=max(0, self.starts - 1))

    def is_fresh(self, *, now: float | None = None, lost_s: float = LOST_S) -> bool:
        """Return whether the worker is alive, as far as its sign of life says."""
        return self.step != "stopped" and (time.time() if now is None else now) - self.at < lost_s


Marker = TypeVar("Marker", Done, Failed, Running)


def read_marker(store: Store, key: str, kind: type[Marker]) -> Marker | None:
    """Return a match's marker; None if it has none of this kind.

    Raises:
        InputError: it is not one of touchline's.

    """
    name = f"{key}/{_name(kind)}"
    data = store.read(name)
    if data is None:
        return None
    try:
        values = json.loads(data)
        if "failures" in values:
            values["failures"] = tuple(Failure(**failure) for failure in values["failures"])
        known = {part.name for part in fields(kind)}
        return kind(**{key: value for key, value in values.items() if key in known})
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{store.address}/{name}: not readable ({error}); remove it and run the workers again"
        ) from error


def write_marker(store: Store, key: str, marker: Done | Failed | Running) -> None:
    """Write a marker, replacing the one that is there."""
    store.write(f"{key}/{_name(type(marker))}", json_bytes(asdict(marker)))


def create_done(store: Store, key: str, done: Done) -> bool:
    """Write the marker of complete results unless there is one; return whether it was written."""
    return store.create(f"{key}/{DONE}", json_bytes(asdict(done)))


def attempt_folder(key: str, attempt: str) -> str:
    """Return the name below which the files of an attempt lie."""
    return f"{key}/attempt-{attempt}"


def _name(kind: type[Any]) -> str:
    return {Done: DONE, Failed: FAILED, Running: RUNNING}[kind]
