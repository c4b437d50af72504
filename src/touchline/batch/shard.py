"""The loop of ``touchline batch work``: the matches of one shard, two in hand at a time, until all are finished."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from touchline.batch.plan import Match, distinct
from touchline.batch.worker import Outcome, Worker
from touchline.core.errors import UsageError

Tell = Callable[[Match, Outcome, str], None]
"""Called with a match, what became of it, and a remark."""

LANES = 2
"""Matches in hand: while one is analysed, the next is fetched or the last one stored."""
_AGAIN_S = 2.0


def read_shard(text: str) -> tuple[int, int]:
    """Read a shard written ``i/n``, counted from 0.

    >>> read_shard("3/8")
    (3, 8)

    Raises:
        UsageError: a text of another form.

    """
    first, _, second = text.partition("/")
    if first.strip().isdecimal() and second.strip().isdecimal():
        index, count = int(first), int(second)
        if index < count:
            return index, count
    raise UsageError(f"--shard {text!r} is not i/n with i from 0 to n - 1; write for instance --shard 0/8")


def shard_of_environment(environment: Mapping[str, str]) -> str:
    """Return the shard that Slurm's array or Kubernetes' indexed job gives to this process; ``0/1`` elsewhere.

    Raises:
        UsageError: Kubernetes gives an index, and nothing says of how many.

    """
    if "SLURM_ARRAY_TASK_ID" in environment:
        first = int(environment.get("SLURM_ARRAY_TASK_MIN", "0"))
        return f"{int(environment['SLURM_ARRAY_TASK_ID']) - first}/{environment['SLURM_ARRAY_TASK_COUNT']}"
    if "JOB_COMPLETION_INDEX" in environment:
        count = environment.get("JOB_COMPLETIONS")
        if count is None:
            raise UsageError("JOB_COMPLETION_INDEX is set, JOB_COMPLETIONS is not; set it, or give --shard i/n")
        return f"{environment['JOB_COMPLETION_INDEX']}/{count}"
    return "0/1"


def matches_of(matches: Sequence[Match], *, index: int, count: int) -> list[Match]:
    """Return the matches of a shard, in the order of their keys."""
    return sorted((match for match in distinct(matches) if match.shard(count) == index), key=lambda match: match.key)


class Shard:
    """The matches of a shard, and how far they are.

    Args:
        worker: works on each.
        matches: of the shard.
        others: gives the unfinished matches of other shards, taken when this one has no more; those at which a worker
            shows signs of life are passed over.
        stop: ends the work.
        tell: is called with what became of each match.

    """

    def __init__(
        self,
        worker: Worker,
        matches: Sequence[Match],
        *,
        others: Callable[[], Sequence[Match]],
        stop: threading.Event,
        tell: Tell,
    ) -> None:
        self._worker, self._stop, self._tell = worker, stop, tell
        self._queue = deque(matches)
        self._ask_others, self._others = others, deque[Match]()
        self._asked = False
        self._lock, self._busy = threading.Lock(), set[str]()
        self._error: BaseException | None = None
        self.counts: Counter[Outcome] = Counter()

    def run(self) -> Counter[Outcome]:
        """Work until nothing is left, or ``stop`` is set; return how many matches had which outcome.

        Raises:
            ResourceError: the disk is full, or a store refuses.
            NetworkError: a store cannot be reached.

        """
        lanes = [threading.Thread(target=self._lane, name=f"lane-{number}") for number in range(LANES)]
        for lane in lanes:
            lane.start()
        try:
            while any(lane.is_alive() for lane in lanes):
                time.sleep(0.05)  # signals are handled here
        finally:
            if any(lane.is_alive() for lane in lanes):  # interrupted
                self._stop.set()
            for lane in lanes:
                lane.join()
        if self._error is not None:
            raise self._error
        return self.counts

    def _lane(self) -> None:
        try:
            while not self._stop.is_set() and (taken := self._next()) is not None:
                self._process(*taken)
        except BaseException as error:  # broad on purpose: it is raised again in the main thread
            self._error = self._error or error
            self._stop.set()

    def _next(self) -> tuple[Match, bool] | None:
        """Return the next match, and whether it is of this shard."""
        with self._lock:
            if self._queue:
                return self._queue.popleft(), True
            if not self._asked:
                self._asked = True
                self._others.extend(self._ask_others())
            return (self._others.popleft(), False) if self._others else None

    def _process(self, match: Match, own: bool) -> None:
        """Take one match; one of this shard that another worker is at is looked at again later."""
        outcome, remark = self._worker.process(match, takes_waiting=not own or match.key in self._busy)
        if outcome == "busy" and own:
            if match.key in self._busy:
                self._stop.wait(_AGAIN_S)
            with self._lock:
                self._busy.add(match.key)
                self._queue.append(match)
            return
        with self._lock:
            self.counts[outcome] += 1
            self._tell(match, outcome, remark)
