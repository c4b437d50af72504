"""Workers that are killed at random: shared by a test and by ``benchmarks/batch_chaos.py``.

``python batchchaos.py STORE I/N SCRATCH SECONDS_A_PART`` is one worker with a stand-in for the analysis.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.batch.plan import read_plan
from touchline.batch.running import WorkOptions, make_worker
from touchline.batch.shard import Shard, matches_of, read_shard
from touchline.batch.stores import Store, open_store
from touchline.batch.worker import Rules

FAKE = Path(__file__).with_name("fakebatch.py")
UNSTEADY = ("timings_s",)
"""Entries of a bundle's manifest that differ between equal runs."""


def be_worker(address: str, shard: str, scratch: str, part_s: str) -> None:
    """Work on a shard with the stand-in, quick to notice a worker that died."""
    index, count = read_shard(shard)
    stop = threading.Event()
    rules = Rules(pauses_s=(0.1,), heartbeat_s=0.5, most_starts=1000)
    plan = read_plan(open_store(address))
    worker = make_worker(
        address,
        plan,
        options=WorkOptions(scratch=Path(scratch), rules=rules, patience_s=30.0),
        stop=stop,
        command=lambda video, out: [sys.executable, "-S", str(FAKE), str(video), str(out), part_s],
    )
    own = matches_of(plan.matches, index=index, count=count)
    Shard(worker, own, others=lambda: (), stop=stop, tell=lambda *told: None).run()


@dataclass(frozen=True)
class Chaos:
    """What happened: kills, starts, and how many parts were computed more than once."""

    kills: int
    starts: int
    wall_s: float


def kill_workers(commands: Sequence[Sequence[str]], *, kills: int, pause_s: tuple[float, float], seed: int) -> Chaos:
    """Run workers, killing one at random again and again and starting it anew; then let them finish.

    Args:
        commands: one a worker.
        kills: how often.
        pause_s: shortest and longest time between kills.
        seed: of the choice of workers and times.

    """
    rng, began_s = random.Random(seed), time.monotonic()
    workers = [start(command) for command in commands]
    starts, done = len(workers), 0
    while done < kills:
        time.sleep(rng.uniform(*pause_s))
        number = rng.randrange(len(workers))
        if workers[number].poll() is None:
            workers[number].kill()  # SIGKILL, no chance to say anything
            workers[number].wait()
            done += 1
        elif all(worker.poll() is not None for worker in workers):
            raise RuntimeError(f"all work was finished after {done} kills; give the workers more to do")
        else:
            continue
        workers[number] = start(commands[number])
        starts += 1
    for worker in workers:
        if worker.wait(timeout=600) != 0:
            raise RuntimeError(f"a worker ended with exit code {worker.returncode}")
    return Chaos(done, starts, time.monotonic() - began_s)


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    paths = [path for path in sys.path if path]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)}, start_new_session=True)


def results(store: Store) -> dict[str, dict[str, bytes]]:
    """The files of the results of every match by its key; manifests without their timings."""
    found = {}
    for name in store.names():
        key, _, rest = name.partition("/")
        if rest == "_DONE.json":
            done = json.loads(store.read(name) or b"")
            files = {file: store.read(f"{key}/attempt-{done['attempt']}/{file}") or b"" for file in done["files"]}
            manifest: Mapping[str, Any] = json.loads(files["manifest.json"])
            steady = {entry: value for entry, value in manifest.items() if entry not in UNSTEADY}
            found[key] = files | {"manifest.json": json.dumps(steady).encode()}
    return found


if __name__ == "__main__":
    be_worker(*sys.argv[1:])
