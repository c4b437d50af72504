"""Running ``touchline batch work``: a shard of a store's plan on this machine."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from touchline.batch.markers import DONE, FAILED, RUNNING
from touchline.batch.models_used import check_models
from touchline.batch.plan import Match, Plan, distinct, fix_shards, read_plan
from touchline.batch.scratch import Scratch, default_scratch
from touchline.batch.shard import Shard, Tell, matches_of
from touchline.batch.stores.opening import open_store
from touchline.batch.stores.store import Patience, Store
from touchline.batch.worker import Command, Outcome, Rules, Worker
from touchline.core.errors import UsageError
from touchline.core.version import __version__

MODEL_SETTINGS = ("model", "detector", "pitch_finder", "recogniser", "features", "reduction")
"""Settings whose values name models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOptions:
    """How a worker works.

    Attributes:
        scratch: room on the local disk; None takes the usual folder.
        quota_bytes: most bytes of staged videos; None leaves it to the disk.
        rules: how much a match may take.
        device: that models run on.
        help_others: take matches of other shards once this one is finished.
        patience_s: how long to try again while a store cannot be reached.

    """

    scratch: Path | None = None
    quota_bytes: int | None = None
    rules: Rules = field(default_factory=Rules)
    device: str = "auto"
    help_others: bool = False
    patience_s: float = 600.0


def work(
    address: str, *, shard: tuple[int, int], options: WorkOptions, stop: threading.Event, tell: Tell
) -> Counter[Outcome]:
    """Work on a shard until nothing of it is left, or ``stop`` is set; return how many matches had which outcome.

    Args:
        address: of the store.
        shard: index and number of shards.
        options: how to work.
        stop: ends the work: what the running analysis has saved is stored for the next worker.
        tell: is called with what became of each match.

    Raises:
        UsageError: there is no plan, it is split otherwise, or it was made for another version or other models.
        ResourceError: the disk is full, or a store refuses.
        NetworkError: a store cannot be reached.

    """
    store = open_store(address, patience=Patience(options.patience_s, stop=stop))
    plan = read_plan(store)
    check_machine(plan)
    index, count = shard
    fix_shards(store, count)
    worker = make_worker(address, plan, options=options, stop=stop)
    worker.clean()
    everything = distinct(plan.matches)
    own = matches_of(everything, index=index, count=count)

    def others() -> list[Match]:
        return unfinished_of_others(store, everything, shard=shard) if options.help_others else []

    return Shard(worker, own, others=others, stop=stop, tell=tell).run()


def unfinished_of_others(store: Store, matches: Sequence[Match], *, shard: tuple[int, int]) -> list[Match]:
    """Return the matches of other shards that have no result yet, untouched ones first; asks for one list of names."""
    index, count = shard
    names = set(store.names())
    turns = [matches_of(matches, index=(index + step) % count, count=count) for step in range(1, count)]
    finished = (DONE, FAILED)
    left = [match for turn in turns for match in turn if not any(f"{match.key}/{end}" in names for end in finished)]
    return sorted(left, key=lambda match: f"{match.key}/{RUNNING}" in names)


def make_worker(
    address: str, plan: Plan, *, options: WorkOptions, stop: threading.Event, command: Command | None = None
) -> Worker:
    """Return a worker for a plan; ``command`` stands in for ``touchline analyze`` in tests."""
    patience = Patience(options.patience_s, stop=stop)
    root = options.scratch or default_scratch()
    return Worker(
        open_store(address, patience=patience),
        command or analysis(plan, device=options.device),
        scratch=Scratch(root, quota_bytes=options.quota_bytes, stop=stop),
        stop=stop,
        rules=options.rules,
        patience=patience,
    )


def analysis(plan: Plan, *, device: str) -> Command:
    """Return what makes the command line of one analysis."""

    def command(video: Path, out: Path) -> Sequence[str]:
        program = [sys.executable, "-m", "touchline", "analyze"]
        return [*program, "--out", str(out), "--device", device, "--json", *plan.terms.options, "--", str(video)]

    return command


def check_machine(plan: Plan) -> None:
    """Raise an error unless this machine gives the results that the plan promises.

    Raises:
        UsageError: another version of touchline, or other models; or Windows.

    """
    if os.name != "posix":
        raise UsageError("workers of many matches need Linux or macOS; on Windows use touchline analyze FOLDER, or WSL")
    if plan.terms.version != __version__:
        raise UsageError(
            f"the plan was made with touchline {plan.terms.version}, this is {__version__}; install that version here, "
            f"or make a new plan in another store"
        )
    check_models(plan.terms.models, named_models(plan.terms.settings))


def named_models(settings: Mapping[str, Any]) -> list[str]:
    """Return the models that settings name."""
    named: list[str] = []
    for name in MODEL_SETTINGS:
        value = settings.get(name)
        named += [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
    return [name.partition("=")[2] if "=" in name else name for name in named]
