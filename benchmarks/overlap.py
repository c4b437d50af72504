"""Measure how fast ``touchline analyze`` is: wall time, CPU-seconds and memory by number of threads and preset.

    python benchmarks/overlap.py CLIP [--threads 1 2] [--speeds best fast] [--repeats 3] [--before FOLDER] [--out FILE]

The runs are interleaved, and each is a process of its own. ``use`` is CPU-seconds over wall time and cores: 1 is full
use. On a machine that others use too, wall time says little, so the threads that could run are counted fifty times a
second: ``idle_wall_s`` is what the run would take if the cores were free, from the CPU time that passed while one, two
or more threads could run. ``--before`` measures another source tree of touchline along with this one, for instance a
checkout of an earlier commit; its ``analyze`` is run without ``--threads`` and presets. ``times_real_time`` leaves out
the start and the writing, which do not grow with the video or hardly do; ``whole_times_real_time`` does not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from touchline.media.video import probe

_SAMPLE_S = 0.02
_SOURCE = Path(__file__).parent.parent / "src"
_NS = 1e9


@dataclass
class Run:
    """One run.

    Attributes:
        wall_s: wall time.
        cpu_s: CPU time of the process and its children.
        idle_wall_s: wall time it would take if the cores were free, estimated.
        analyse_s: wall time of the pass over the video, without the start and the writing.
        peak_mb: largest sum of the resident memory of the process and its children.

    """

    wall_s: float
    cpu_s: float
    idle_wall_s: float
    analyse_s: float
    peak_mb: float


def processes(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in _listed(Path(f"/proc/{pid}/task")):
            waiting += [int(word) for word in _text(task / "children").split()]
    return found


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it has ended
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""


def threads_of(pids: list[int]) -> Iterator[tuple[str, float, bool]]:
    """Yield name, CPU seconds, and whether it could run, of every thread of some processes."""
    for pid in pids:
        for task in _listed(Path(f"/proc/{pid}/task")):
            spent, state = _text(task / "schedstat").split(), _text(task / "stat").rpartition(") ")[2]
            if spent and state:
                yield f"{pid}/{task.name}", int(spent[0]) / _NS, state.startswith("R")


def memory_mb(pids: list[int]) -> float:
    """Return the resident memory of some processes, without what they share with their parent."""
    pages = 0
    for pid in pids:
        words = _text(Path(f"/proc/{pid}/statm")).split()
        pages += int(words[1]) - int(words[2]) if words else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(source: Path, clip: Path, *, options: tuple[str, ...], cores: int) -> Run:
    """Run ``analyze`` once and watch it."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--force", "--no-clock", "--out", folder, *options]
        command = [sys.executable, "-m", "touchline", "analyze", str(clip), *words]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        started_s = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cpu_s, idle_wall_s, peak_mb = _watch(process, cores=cores)
        wall_s = time.monotonic() - started_s
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        manifest = json.loads(next(Path(folder).glob("*.touchline/manifest.json")).read_bytes())
        return Run(wall_s, cpu_s, idle_wall_s, manifest["timings_s"]["analyse"], peak_mb)


def _watch(process: subprocess.Popen[bytes], *, cores: int) -> tuple[float, float, float]:
    """Return CPU seconds, estimated wall time on free cores, and peak memory of a process until it ends."""
    known: dict[str, float] = {}
    total_s = idle_wall_s = peak_mb = 0.0
    last_s = time.monotonic()
    while process.poll() is None:
        time.sleep(_SAMPLE_S)
        pids = processes(process.pid)
        spent_s, able = 0.0, 0
        for name, cpu_s, runs in threads_of(pids):
            delta_s = cpu_s - known.get(name, 0.0)
            spent_s += delta_s
            able += runs or delta_s > _SAMPLE_S / 2
            known[name] = cpu_s
        now_s = time.monotonic()
        idle_wall_s += spent_s / min(max(able, 1), cores) if spent_s or able else now_s - last_s
        total_s, last_s = total_s + spent_s, now_s
        peak_mb = max(peak_mb, memory_mb(pids))
    return total_s, idle_wall_s, peak_mb


def summary(runs: list[Run], *, cores: int, length_s: float) -> dict[str, Any]:
    """Return the medians of some runs of a video of this length: how well they used the cores how fast they were."""
    middle = {name: statistics.median(asdict(run)[name] for run in runs) for name in asdict(runs[0])}
    use = statistics.median(one.cpu_s / one.wall_s / cores for one in runs)
    idle_use = statistics.median(one.cpu_s / one.idle_wall_s / cores for one in runs)
    return {
        **{name: round(value, 2) for name, value in middle.items()},
        "use": round(use, 3),
        "idle_use": round(idle_use, 3),
        "times_real_time": round(length_s / middle["analyse_s"], 2),
        "whole_times_real_time": round(length_s / middle["wall_s"], 2),
    }


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, len(os.sched_getaffinity(0))])
    parser.add_argument("--speeds", nargs="+", default=["best"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--before", type=Path, help="source folder (src) of another version")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "overlap.json")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    variants: dict[str, tuple[Path, tuple[str, ...]]] = {
        f"{speed}, {n} threads": (_SOURCE, ("--threads", str(n), "--speed", speed))
        for speed in options.speeds
        for n in options.threads
    }
    if options.before:
        variants["before"] = (options.before, ())
    found: dict[str, list[Run]] = {name: [] for name in variants}
    for _ in range(options.repeats):
        for name, (source, words) in variants.items():
            found[name].append(run(source, options.clip, options=words, cores=cores))
            print(name, found[name][-1], f"load {os.getloadavg()[0]:.1f}", flush=True)
    length_s = probe(options.clip).duration_us / 1e6
    result = {
        "clip": options.clip.name,
        "seconds": length_s,
        "cores": cores,
        "load": round(os.getloadavg()[0], 1),
        "repeats": options.repeats,
        "runs": {name: summary(runs, cores=cores, length_s=length_s) for name, runs in found.items()},
    }
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
