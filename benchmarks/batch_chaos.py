"""Kill workers of many matches at random, and compare what is in the store with an undisturbed run, byte by byte.

    python benchmarks/batch_chaos.py [--kills 20] [--json benchmarks/results/batch_chaos.json]

Needs ``pip install 'touchline[cloud]' 'moto[server]'``: the bucket is moto's S3 server on this machine. The analysis is
the stand-in of the tests (``tests/fakebatch.py``), which saves five parts a match and goes on from them: what is tried
is planning, staging, marking and storing. The real analysis is stopped and continued in ``tests/cli``.

Compared are all files of all finished matches; left out are ``timings_s`` of each ``manifest.json`` and the markers of
the store, which name the worker and the time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import fsspec

import batchchaos
from touchline.batch.plan import Plan, Terms, read_plan, write_plan
from touchline.batch.planning import make_plan
from touchline.batch.status import read_status
from touchline.batch.stores import open_store
from touchline.core.version import __version__

WORKERS = 3
PART_S = "0.04"
SEED = 20261130
TEXTS = {
    **{f"long-{number:02d}": f"slow {number}" for number in range(15)},
    **{f"short-{number:02d}": f"quick {number}" for number in range(15)},
    "damaged": "damaged",
}


def put_videos(address: str) -> None:
    for name, text in TEXTS.items():
        with fsspec.open(f"{address}/{name}.mp4", "wb", auto_mkdir=True) as file:
            file.write(text.encode())


def plan_at(store: str, videos: str) -> Plan:
    terms = Terms((), {}, {}, "0")
    return write_plan(open_store(store), make_plan(videos, terms=terms, endings=frozenset({".mp4"})))[0]


def commands_for(store: str, scratch: Path, *, shards: list[str], part_s: str = PART_S) -> list[list[str]]:
    program = [sys.executable, batchchaos.__file__, store]
    return [[*program, shard, str(scratch / f"{place}"), part_s] for place, shard in enumerate(shards)]


def disturbed(root: str, scratch: Path, *, kills: int) -> dict[str, Any]:
    """Three workers, killed again and again, against one that is left alone."""
    put_videos(f"{root}/videos")
    plan_at(f"{root}/alone", f"{root}/videos")
    plan_at(f"{root}/killed", f"{root}/videos")
    batchchaos.start(commands_for(f"{root}/alone", scratch / "alone", shards=["0/1"], part_s="0")[0]).wait()
    shards = [f"{index}/{WORKERS}" for index in range(WORKERS)]
    commands = commands_for(f"{root}/killed", scratch / "killed", shards=shards)
    chaos = batchchaos.kill_workers(commands, kills=kills, pause_s=(0.3, 1.3), seed=SEED)
    return {**asdict(chaos), **compared(f"{root}/alone", f"{root}/killed")}


def shared(root: str, scratch: Path) -> dict[str, Any]:
    """Two workers on one shard."""
    plan_at(f"{root}/shared", f"{root}/videos")
    commands = commands_for(f"{root}/shared", scratch / "shared", shards=["0/1", "0/1"], part_s="0.01")
    chaos = batchchaos.kill_workers(commands, kills=0, pause_s=(0, 0), seed=SEED)
    return {**asdict(chaos), **compared(f"{root}/alone", f"{root}/shared"), **workers_of(f"{root}/shared")}


def changed(root: str, scratch: Path) -> dict[str, Any]:
    """An object that changes after the plan was made."""
    plan = plan_at(f"{root}/changed", f"{root}/videos")
    with fsspec.open(f"{root}/videos/short-00.mp4", "wb") as file:
        file.write(b"quite another match")
    command = commands_for(f"{root}/changed", scratch / "changed", shards=["0/1"], part_s="0")[0]
    batchchaos.start(command).wait()
    status = read_status(open_store(f"{root}/changed"), plan)
    reasons = [
        each.marker.reason for each in status.matches if each.state == "failed" and hasattr(each.marker, "reason")
    ]
    return {"counts": dict(status.counts), "reasons": sorted(reason.rpartition("/")[2] for reason in reasons)}


def full_disk(root: str, scratch: Path) -> dict[str, Any]:
    """A worker whose scratch is a file system of 1 MB."""
    scratch.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(scratch)], check=False).returncode != 0:
        return {"not measured": "a small file system cannot be mounted here"}
    try:
        store = f"{root}/full"
        touchline = [sys.executable, "-m", "touchline", "batch"]
        subprocess.run(
            [*touchline, "plan", "--input", f"{root}/videos", "--out", store], check=True, capture_output=True
        )
        done = subprocess.run(
            [*touchline, "work", "--out", store, "--scratch", str(scratch / "x")], capture_output=True, text=True
        )
        status = read_status(open_store(store), read_plan(open_store(store)))
        return {"exit_code": done.returncode, "counts": dict(status.counts)}
    finally:
        subprocess.run(["umount", str(scratch)], check=True)


def compared(alone: str, other: str) -> dict[str, Any]:
    store = open_store(other)
    first, second = batchchaos.results(open_store(alone)), batchchaos.results(store)
    counts = dict(read_status(store, read_plan(store)).counts)
    files = sum(map(len, second.values()))
    return {"identical": first == second, "matches": len(second), "files": files, "counts": counts}


def workers_of(address: str) -> dict[str, Any]:
    """How many matches each worker finished, and attempts that were stored and not needed."""
    store = open_store(address)
    status = read_status(store, read_plan(store))
    done = [each.marker.worker for each in status.matches if each.state == "done" and hasattr(each.marker, "worker")]
    attempts = {tuple(name.split("/")[:2]) for name in store.names() if "/attempt-" in name}
    return {"finished_by": sorted(done.count(worker) for worker in set(done)), "attempts_stored": len(attempts)}


@contextlib.contextmanager
def bucket() -> Iterator[str]:
    """A bucket on moto's server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ.update(keys, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", NO_PROXY="127.0.0.1")
    fsspec.filesystem("s3").mkdir("season")
    try:
        yield "s3://season"
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "batch_chaos.json")
    arguments = parser.parse_args()
    report: dict[str, Any] = {
        "command": f"python benchmarks/batch_chaos.py --kills {arguments.kills}",
        "touchline": __version__,
        "python": platform.python_version(),
        "left out of the comparison": "timings_s in each manifest.json; the markers of the store",
        "seed": SEED,
    }
    with tempfile.TemporaryDirectory() as folder, bucket() as s3:
        for name, root in (("folder", f"{folder}/store"), ("s3 (moto)", s3)):
            scratch = Path(folder) / "scratch" / name.split()[0]
            report[name] = {
                "3 workers killed": disturbed(root, scratch, kills=arguments.kills),
                "2 workers on one shard": shared(root, scratch),
                "object changed": changed(root, scratch),
            }
            print(json.dumps(report[name], indent=2), flush=True)
        report["s3 (moto)"]["full disk"] = full_disk(s3, Path(folder) / "tiny")
    arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
