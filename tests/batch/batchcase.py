"""What the tests of many matches share: videos that are texts, a plan of them, and workers with a quick analysis."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import fakebatch
from batchchaos import results as results
from touchline.batch.plan import Match, Plan, Terms, write_plan
from touchline.batch.planning import make_plan
from touchline.batch.scratch import Scratch
from touchline.batch.shard import Shard
from touchline.batch.stores import Patience, Store, open_store
from touchline.batch.worker import Command, Outcome, Rules, Worker

TERMS = Terms((), {}, {}, "0")
QUICK = Rules(pauses_s=(0.05,), heartbeat_s=0.2)


def quick_analysis(part_s: float = 0.0) -> Command:
    """The stand-in for an analysis."""

    def command(video: Path, out: Path) -> Sequence[str]:
        return [sys.executable, "-S", fakebatch.__file__, str(video), str(out), str(part_s)]

    return command


def videos(folder: Path, texts: Mapping[str, str]) -> Path:
    """A folder of "videos" with these texts."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.mp4").write_text(text)
    return folder


def planned(address: str, given: str) -> tuple[Store, Plan]:
    """A store with the plan of a folder."""
    store = open_store(address, patience=Patience(0))
    plan, _ = write_plan(store, make_plan(given, terms=TERMS, endings=frozenset({".mp4"})))
    return store, plan


def worker_for(
    store: Store,
    scratch: Path,
    *,
    stop: threading.Event | None = None,
    rules: Rules = QUICK,
    part_s: float = 0.0,
    quota_bytes: int | None = None,
) -> Worker:
    """A worker with the stand-in."""
    stop = stop or threading.Event()
    room = Scratch(scratch, quota_bytes=quota_bytes, stop=stop)
    return Worker(store, quick_analysis(part_s), scratch=room, stop=stop, rules=rules, patience=Patience(0))


def run_all(worker: Worker, matches: Sequence[Match], *, stop: threading.Event | None = None) -> dict[str, Outcome]:
    """Work on matches to the end; what became of each, by name."""
    found: dict[str, Outcome] = {}
    Shard(
        worker,
        matches,
        others=lambda: (),
        stop=stop or threading.Event(),
        tell=lambda match, outcome, _: found.update({match.name: outcome}),
    ).run()
    return found
