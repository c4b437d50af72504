"""Time and memory of ``touchline convert`` for a million events, each direction in a process of its own.

    python benchmarks/convert_load.py [--events 1000000] [--out benchmarks/results/convert_load.json]

The events are made here (12 classes, confidence to six decimals, two teams or none) and written by touchline's own
writer. Memory is the peak of resident memory of the whole process, as the kernel counts it. On a machine that others
use as well, look at the CPU seconds beside the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from touchline.core.events import Event, Timeline
from touchline.core.labels import LABEL_SETS
from touchline.formats.events.registry import write_events

DIRECTIONS = (
    ("events.json", "events.csv"),
    ("events.json", "Labels-ball.json"),
    ("events.json", "results_spotting.json"),
    ("events.json", "match.xml"),
    ("events.json", "match-llc.csv"),
    ("events.json", "match.vtt"),
    ("events.csv", "back/events.json"),
    ("Labels-ball.json", "again/events.json"),
)
LIMIT_MB, LIMIT_S = 600, 60


def make_events(count: int) -> Timeline:
    """Make events of a match without end."""
    rng = random.Random(1)
    labels = LABEL_SETS["ball-12"].scored
    time_us = 0
    events = []
    for _ in range(count):
        time_us += rng.randrange(1000, 12_000)
        team = rng.choice(("left", "right", None))
        event = Event(
            rng.choice(labels), time_us, confidence=round(rng.random(), 6), team=team, source="action-spotter"
        )
        events.append(event)
    return Timeline(tuple(events))


def converted(source: Path, target: Path) -> dict[str, Any]:
    """Convert a file in a process of its own; return its peak memory and its seconds."""
    started = time.perf_counter()
    process = os.fork()
    if not process:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execv(sys.executable, [sys.executable, "-m", "touchline", "convert", str(source), str(target)])
    _, status, used = os.wait4(process, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 4):
        raise SystemExit(f"convert {source.name} {target.name} ended with {code}")
    return {
        "from": source.name,
        "to": target.name,
        "exit_code": code,
        "peak_mb": round(used.ru_maxrss / 1024, 1),
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "from_mb": round(source.stat().st_size / 1e6, 1),
        "to_mb": round(target.stat().st_size / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/convert_load.json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = os.fork()
        if not process:  # so that the events are not in this process when the others start from it
            write_events(make_events(given.events), folder / "events.json")
            os._exit(0)
        os.waitpid(process, 0)
        record: dict[str, Any] = {
            "events": given.events,
            "limits": {"peak_mb": LIMIT_MB, "seconds": LIMIT_S},
            "cpus": os.cpu_count(),
            "load_average_before": round(os.getloadavg()[0], 1),
            "directions": [],
        }
        for source, target in DIRECTIONS:
            record["directions"].append(converted(folder / source, folder / target))
            print(record["directions"][-1], flush=True)
            given.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
