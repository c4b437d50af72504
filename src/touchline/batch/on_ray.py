"""The matches of a plan on a Ray cluster: actors that do what ``touchline batch work`` does.

Ray carries addresses and outcomes only. The results, and what is known of each match, are in the store, so that the
loss of an actor, a node or the head costs what was being analysed since the last saved part.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from touchline.batch.plan import Match, Plan, distinct, read_plan
from touchline.batch.running import WorkOptions, check_machine, make_worker
from touchline.batch.shard import LANES, Tell
from touchline.batch.stores.opening import is_remote, local_path, open_store
from touchline.batch.stores.store import Patience
from touchline.batch.worker import Command, Outcome
from touchline.core.errors import NetworkError, ResourceError, TouchlineError, UsageError
from touchline.core.extras import need

LOCAL = "local"
_LOOK_S = 1.0
_BUSY_S = 5.0


def run_on_ray(
    address: str,
    *,
    ray_address: str,
    workers: int | None,
    cores: int,
    options: WorkOptions,
    stop: threading.Event,
    tell: Tell,
    command: Command | None = None,
) -> Counter[Outcome]:
    """Analyse the unfinished matches of a plan on a Ray cluster; return how many had which outcome.

    Args:
        address: of the store; every node must reach it.
        ray_address: of the cluster; ``local`` starts one on this machine.
        workers: how many actors; None takes one a GPU, or one for each ``cores`` of the cluster.
        cores: of each actor.
        options: how the actors work.
        stop: ends the work in good order.
        tell: is called with what became of each match.
        command: stands in for ``touchline analyze`` in tests.

    Raises:
        UsageError: Ray is not installed, or there is no plan.
        NetworkError: the cluster or the store cannot be reached.
        ResourceError: no actor can work any more, as disks are full.

    """
    store_address = address if is_remote(address) else str(local_path(address).absolute())
    plan = read_plan(open_store(store_address, patience=Patience(options.patience_s, stop=stop)))
    with _cluster(ray_address) as ray:
        gpus = int(ray.cluster_resources().get("GPU", 0))
        count = workers or gpus or max(1, int(ray.cluster_resources().get("CPU", 1)) // cores)
        resources = {"num_gpus": 1} if gpus else {"num_cpus": cores}
        actor = ray.remote(_Actor).options(**resources, max_restarts=-1, max_task_retries=0, max_concurrency=LANES + 1)
        crew = [actor.remote(store_address, plan, options, command) for _ in range(count)]
        return _Driver(ray, crew, distinct(plan.matches), stop=stop, tell=tell).run()


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Connect to a cluster, and leave it again."""
    ray = need("ray", what=f"--ray {address}")
    try:
        ray.init(address=None if address == LOCAL else address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # broad on purpose: Ray raises bare ones where a node does not start in time
        raise NetworkError(f"--ray {address}: no Ray cluster answers there ({error}); check the address") from error
    try:
        yield ray
    finally:
        ray.shutdown()


class _Actor:
    """A worker inside an actor: several calls at a time, of which one analyses."""

    def __init__(self, address: str, plan: Plan, options: WorkOptions, command: Command | None) -> None:
        if command is None:
            check_machine(plan)
        self._stop = threading.Event()
        self._worker = make_worker(address, plan, options=options, stop=self._stop, command=command)

    def process(self, match: Match) -> tuple[Outcome, str]:
        """Take a match to its end."""
        return self._worker.process(match)

    def leave(self) -> None:
        """Stop what is running, so that it can be continued."""
        self._stop.set()


class _Driver:
    """Hands matches to actors, a few at a time, until all are finished."""

    def __init__(
        self, ray: Any, crew: Iterable[Any], matches: Iterable[Match], *, stop: threading.Event, tell: Tell
    ) -> None:
        self._ray, self._crew = ray, list(crew)
        self._queue, self._stop, self._tell = deque(matches), stop, tell
        self._later: list[tuple[float, Match]] = []
        self._flying: dict[Any, tuple[Any, Match]] = {}
        self._counts: Counter[Outcome] = Counter()

    def run(self) -> Counter[Outcome]:
        """Work until all matches are finished, or ``stop`` is set."""
        while (self._queue or self._later or self._flying) and not self._stop.is_set():
            self._hand_out()
            if not self._flying:
                time.sleep(_LOOK_S)
                continue
            ready, _ = self._ray.wait(list(self._flying), num_returns=1, timeout=_LOOK_S)
            for reference in ready:
                self._take_in(reference)
        if self._stop.is_set():
            self._recall()
        return self._counts

    def _hand_out(self) -> None:
        """Give every actor as much as it may have in hand."""
        now_s = time.monotonic()
        self._queue.extend(match for due_s, match in self._later if due_s <= now_s)
        self._later = [(due_s, match) for due_s, match in self._later if due_s > now_s]
        for _ in range(LANES):
            for actor in self._crew:
                held = sum(holder is actor for holder, _ in self._flying.values())
                if self._queue and held < LANES:
                    match = self._queue.popleft()
                    self._flying[actor.process.remote(match)] = actor, match

    def _take_in(self, reference: Any) -> None:
        """Take what became of a match; one whose actor died goes to another, or to its successor."""
        actor, match = self._flying.pop(reference)
        try:
            outcome, remark = self._ray.get(reference)
        except self._ray.exceptions.RayActorError:
            self._later.append((time.monotonic() + _LOOK_S, match))
            return
        except self._ray.exceptions.RayTaskError as error:
            self._retire(actor, match, error.cause)
            return
        if outcome in ("busy", "stopped"):
            self._later.append((time.monotonic() + _BUSY_S, match))
            return
        self._counts[outcome] += 1
        self._tell(match, outcome, remark)

    def _retire(self, actor: Any, match: Match, cause: BaseException | None) -> None:
        """Go on without an actor that cannot work.

        Raises:
            BaseException: what stopped it, if it is a bug or was the last one.

        """
        self._queue.append(match)
        self._crew = [other for other in self._crew if other is not actor]
        known = isinstance(cause, TouchlineError)
        if not known or not self._crew or isinstance(cause, UsageError):
            raise cause if cause is not None else ResourceError("an actor failed without a reason")

    def _recall(self) -> None:
        """Ask the actors to stop, and wait until what they have is stored."""
        for actor in self._crew:
            actor.leave.remote()
        if self._flying:
            self._ray.wait(list(self._flying), num_returns=len(self._flying), timeout=60.0)
