"""One worker: takes a match from staging to its done marker, or to a reason why there is none.

Several threads may call :meth:`Worker.process`: one analysis runs at a time, and while it runs the others stage the
next video or copy the last results.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from touchline.batch.child import Child, Ended
from touchline.batch.heartbeat import Heartbeat
from touchline.batch.markers import LOST_S, Done, Failed, Failure, Running, read_marker, write_marker
from touchline.batch.plan import Match
from touchline.batch.results import (
    bundle_in,
    drop_checkpoint,
    load_checkpoint,
    publish,
    save_checkpoint,
    video_seconds,
)
from touchline.batch.scratch import Scratch
from touchline.batch.staging import Changed, Stopped, stage
from touchline.batch.stores.opening import is_remote
from touchline.batch.stores.store import Patience, Store
from touchline.core.errors import EXIT_DEGRADED, EXIT_INPUT, EXIT_OK, EXIT_RESOURCES, EXIT_USAGE, ResourceError
from touchline.core.wording import counted
from touchline.formats.files.atomic import writing

Command = Callable[[Path, Path], Sequence[str]]
"""Makes the command that analyses a video into a folder."""
Outcome = Literal["done", "before", "failed", "busy", "stopped"]
"""What became of a match: ``before`` was finished already, ``busy`` is in another worker's hands."""

_HOPELESS = {EXIT_USAGE, EXIT_INPUT}
"""Exit codes of an analysis that will not change when it is repeated."""
_MISSED_BEATS = 2.5
"""A worker that is watched and shows no new sign of life for so many of its intervals is dead."""
_LOOK_S = 1.0
_IN_HAND = ("staging", "waiting")
"""Steps in which a match may be taken over by a worker that has nothing else to do."""
_FULL = ("disk is full", "disk quota", "No space left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How much a match may take.

    Attributes:
        attempts: failures after which a match is given up.
        pauses_s: before the second attempt, the third and so on; the last holds for all others.
        most_starts: workers that may die while they are at it, leaving no reason.
        memory_bytes: most memory of an analysis; None sets no limit.
        time_s: longest analysis; None sets no limit.
        heartbeat_s: between signs of life.
        lost_s: a worker without sign of life for so long is lost.

    """

    attempts: int = 3
    pauses_s: tuple[float, ...] = (10.0, 60.0)
    most_starts: int = 10
    memory_bytes: int | None = None
    time_s: float | None = 24 * 3600.0
    heartbeat_s: float = 60.0
    lost_s: float = LOST_S


class _AttemptFailed(Exception):
    """An attempt that failed because of the match itself."""

    def __init__(self, failure: Failure, *, final: bool) -> None:
        super().__init__(failure.reason)
        self.failure, self.final = failure, final


class Worker:
    """Works on matches, one analysis at a time.

    Args:
        store: where results go.
        command: makes the command of an analysis.
        scratch: room on the local disk.
        stop: ends the work: the analysis is asked to stop, and what it has saved is kept.
        rules: how much a match may take.
        patience: how long to try again while a video's store cannot be reached.

    """

    def __init__(
        self,
        store: Store,
        command: Command,
        *,
        scratch: Scratch,
        stop: threading.Event,
        rules: Rules | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self._store, self._command, self._scratch, self._stop = store, command, scratch, stop
        self._rules, self._patience = rules or Rules(), patience or Patience(stop=stop)
        self._processor = threading.Lock()
        self._seen: dict[str, tuple[float, float]] = {}

    def process(self, match: Match, *, takes_waiting: bool = False) -> tuple[Outcome, str]:
        """Take a match to its end, unless another worker is at it.

        Args:
            match: the match.
            takes_waiting: take a match over that another worker has in hand and does not analyse yet, once there is
                nothing else to analyse here.

        Returns:
            what became of it, and a remark for people.

        Raises:
            ResourceError: the disk is full, or a store refuses; nothing is marked.
            NetworkError: a store cannot be reached.

        """
        key = match.key
        if read_marker(self._store, key, Done) is not None:
            return "before", ""
        if (given_up := read_marker(self._store, key, Failed)) is not None:
            return "failed", f"{given_up.reason} (given up before; touchline batch retry tries it again)"
        before = read_marker(self._store, key, Running)
        if takes_waiting and before is not None and before.step in _IN_HAND and self._wait_for_processor():
            before = read_marker(self._store, key, Running)
            if before is not None and before.step in _IN_HAND:
                before = before.as_stopped()
        if before is not None and self._is_alive(key, before):
            return "busy", f"{before.worker} is at it"
        with self._scratch.folder(key) as folder:
            if folder is None:
                return "busy", "another worker on this machine is at it"
            with Heartbeat(self._store, key, worker=self.name, before=before, every_s=self._rules.heartbeat_s) as life:
                outcome, remark = self._until_it_ends(match, folder, life)
            if outcome != "stopped":
                self._scratch.remove(key)
        return outcome, remark

    def clean(self) -> None:
        """Remove what earlier workers left on the local disk of matches that are finished."""
        for key in self._scratch.held():
            with self._scratch.folder(key) as folder:
                if folder is not None and read_marker(self._store, key, Done) is not None:
                    self._scratch.remove(key)

    def _is_alive(self, key: str, life: Running) -> bool:
        """Return whether a match's worker is alive: its sign of life is recent, and is renewed while we watch."""
        if not life.is_fresh(lost_s=self._rules.lost_s):
            return False
        at, since_s = self._seen.get(key, (0.0, 0.0))
        if at != life.at:
            self._seen[key] = life.at, time.monotonic()
            return True
        return time.monotonic() - since_s < _MISSED_BEATS * self._rules.heartbeat_s

    def _wait_for_processor(self) -> bool:
        """Wait until nothing is analysed here; return False if the worker was asked to stop."""
        while self._processor.locked():
            if self._stop.wait(_LOOK_S):
                return False
        return not self._stop.is_set()

    def _until_it_ends(self, match: Match, folder: Path, life: Heartbeat) -> tuple[Outcome, str]:
        """Try a match until it is done, given up or stopped."""
        if life.starts - len(life.failures) > self._rules.most_starts:
            reason = f"{counted(life.starts - 1, 'worker')} ended while at it, without a reason; too little memory?"
            return self._give_up(match, life, (*life.failures, Failure(reason=reason, at=time.time())))
        while True:
            try:
                return self._attempt(match, folder, life)
            except Stopped:
                life.put_back()
                return "stopped", ""
            except _AttemptFailed as failed:
                life.add(failed.failure)
                if failed.final or len(life.failures) >= self._rules.attempts:
                    return self._give_up(match, life, life.failures)
            pauses_s = self._rules.pauses_s
            if self._stop.wait(pauses_s[min(len(life.failures), len(pauses_s)) - 1]):
                life.put_back()
                return "stopped", ""

    def _give_up(self, match: Match, life: Heartbeat, failures: tuple[Failure, ...]) -> tuple[Outcome, str]:
        reason = failures[-1].reason
        write_marker(self._store, match.key, Failed(reason=reason, failures=failures))
        life.remove()
        return "failed", reason

    def _attempt(self, match: Match, folder: Path, life: Heartbeat) -> tuple[Outcome, str]:
        """Stage, analyse and publish a match once."""
        life.step("staging")
        began_s = time.monotonic()
        with self._scratch.hold(match.size if is_remote(match.uri) else 0, name=match.name) as held:
            if not held:
                raise Stopped
            video = self._stage(match, folder)
            staged_s = time.monotonic() - began_s
            life.step("waiting")
            with self._turn():
                if read_marker(self._store, match.key, Done) is not None:
                    life.remove()
                    return "before", ""
                if life.is_taken_over():
                    return "busy", "another worker has taken it over"
                ended = self._analyse(match, video, folder, life)
            if folder in video.parents:
                video.unlink()
        life.step("uploading")
        return self._publish(match, folder, life, ended=ended, staged_s=staged_s)

    def _stage(self, match: Match, folder: Path) -> Path:
        try:
            return stage(match, folder / "video", patience=self._patience, stop=self._stop)
        except Changed as error:
            raise _AttemptFailed(self._failure(str(error)), final=True) from error

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the processor for one analysis.

        Raises:
            Stopped: the worker was asked to stop before its turn came.

        """
        while not self._processor.acquire(timeout=0.2):
            if self._stop.is_set():
                raise Stopped
        try:
            if self._stop.is_set():
                raise Stopped
            yield
        finally:
            self._processor.release()

    def _analyse(self, match: Match, video: Path, folder: Path, life: Heartbeat) -> Ended:
        """Run the analysis; return how it ended, if it has results.

        Raises:
            Stopped: the worker was asked to stop; what was saved is in the store.
            ResourceError: the disk is full.
            _AttemptFailed: it failed.

        """
        out = folder / "out"
        load_checkpoint(self._store, match.key, out)
        out.mkdir(exist_ok=True)
        child = Child(
            self._command(_beside(video, out), out),
            folder=folder,
            memory_bytes=self._rules.memory_bytes,
            time_s=self._rules.time_s,
            stop=self._stop,
        )
        life.step("analysing", progress=child.progress)
        ended = child.run()
        if ended.stopped:
            save_checkpoint(self._store, match.key, out)
            raise Stopped
        reason = ended.limit or _reason(child, ended)
        if ended.code == EXIT_RESOURCES and any(words in f"{reason}{ended.log}" for words in _FULL):
            raise ResourceError(f"{match.name}: {reason}")
        if ended.limit or ended.code not in (EXIT_OK, EXIT_DEGRADED) or bundle_in(out) is None:
            failure = self._failure(reason, detail=ended.log, exit_code=ended.code)
            raise _AttemptFailed(failure, final=ended.code in _HOPELESS)
        return ended

    def _publish(
        self, match: Match, folder: Path, life: Heartbeat, *, ended: Ended, staged_s: float
    ) -> tuple[Outcome, str]:
        bundle = bundle_in(folder / "out")
        assert bundle is not None  # checked by _analyse
        video_s = video_seconds(bundle)
        facts = {
            "degraded": ended.code == EXIT_DEGRADED,
            "video_s": round(video_s, 3),
            "wall_s": round(ended.wall_s, 3),
            "staged_s": round(staged_s, 3),
            "finished": time.time(),
            "worker": self.name,
        }
        ours = publish(self._store, match.key, bundle, facts=facts)
        drop_checkpoint(self._store, match.key)
        life.remove()
        speed = f"{video_s / max(ended.wall_s, 1e-3):.1f}x real time"
        return ("done", f"{ended.wall_s:.0f} s, {speed}") if ours else ("before", "another worker was first")

    def _failure(self, reason: str, *, detail: str = "", exit_code: int | None = None) -> Failure:
        return Failure(reason=reason, detail=detail, exit_code=exit_code, at=time.time(), worker=self.name)


def _beside(video: Path, out: Path) -> Path:
    """Return a link to a video beside its bundle: the report names the way to it, and must be the same everywhere."""
    link = out / video.name
    with writing(link):
        link.unlink(missing_ok=True)
        link.symlink_to(video.absolute())
    return link


def _reason(child: Child, ended: Ended) -> str:
    """Return why an analysis failed, in one line."""
    with contextlib.suppress(OSError):
        for line in reversed(child.stdout.read_text(encoding="utf-8", errors="replace").splitlines()):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                return str(json.loads(line)["error"])
    lines = [line for line in ended.log.splitlines() if line.strip()]
    if lines:
        return f"{lines[-1].strip()} (exit code {ended.code})"
    return f"the analysis ended with exit code {ended.code} and without a message"
