"""Latency and cost of ``touchline live``: videos played at their own pace into a live run with the built-in spotter.

    python benchmarks/live_latency.py VIDEO... [--seconds 20] [--threads N]

Writes benchmarks/results/live_latency.json: for each video the time from a frame's arrival to its scores and to final
events (p50, p95, p99), dropped frames, CPU-seconds per second of video, and how many events that were shown early
stayed. Nothing else should run on the machine; the load before the run is part of the result.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from touchline.core.events import Coverage
from touchline.core.version import __version__
from touchline.live.session import Session, Stated
from touchline.live.source.file_source import FileSource
from touchline.live.source.pictures import Picture
from touchline.media.video import probe
from touchline.models.runtime.device import available_threads
from touchline.spotting.spotter import Spotter, load_spotter

RESULT = Path(__file__).parent / "results" / "live_latency.json"


class Paced:
    """A video played at its own pace, as a camera sends it; it does not wait for the analysis."""

    waits = False
    info = None

    def __init__(self, video: Path, *, seconds: float) -> None:
        self.shown = video.name
        self._file, self._seconds = FileSource(video, quiet_s=0.1), seconds
        self.late_s = 0.0

    def pictures(self) -> Iterator[Picture]:
        started_s = None
        for picture in self._file.pictures():
            started_s = time.monotonic() - picture.time_us / 1e6 if started_s is None else started_s
            ahead_s = started_s + picture.time_us / 1e6 - time.monotonic()
            self.late_s = max(self.late_s, -ahead_s)
            time.sleep(max(0.0, ahead_s))
            if picture.time_us > self._seconds * 1e6:
                return
            yield picture

    def coverage(self) -> Coverage:
        return self._file.coverage()

    def stop(self) -> None:
        self._file.stop()


class Early:
    """Counts what became of the events that were shown before they were final."""

    def __init__(self) -> None:
        self.first_s: dict[str, float] = {}
        self.ends: dict[str, Stated] = {}

    def event(self, stated: Stated) -> None:
        if not stated.event.final:
            self.first_s.setdefault(stated.event.id, stated.latency_s or 0.0)
        else:
            self.ends[stated.event.id] = stated

    def status(self, record: Mapping[str, Any]) -> None:
        pass

    def summary(self) -> dict[str, Any]:
        stayed = [name for name in self.first_s if name in self.ends and not self.ends[name].event.withdrawn]
        ordered = sorted(self.first_s[name] for name in stayed)
        by_label: dict[str, int] = defaultdict(int)
        for stated in self.ends.values():
            by_label[stated.event.label] += not stated.event.withdrawn
        return {
            "shown_early": len(self.first_s),
            "of_these_stayed": len(stayed),
            "shown_after_s_median": round(ordered[len(ordered) // 2], 3) if ordered else None,
            "final": dict(by_label),
        }


def measure(video: Path, *, spotter: Spotter, seconds: float) -> dict[str, Any]:
    """One live run over a video played at its own pace."""
    info = probe(video)
    source, early = Paced(video, seconds=seconds), Early()
    session = Session(source, spotter, thresholds=spotter.thresholds_with({}), listeners=[early], status_s=5.0)
    load, cpu_s, wall_s = os.getloadavg()[0], time.process_time(), time.monotonic()
    session.run()
    cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
    played_s = session.seen_us / 1e6
    return {
        "video": video.parent.name if video.stem == "video" else video.stem,
        "size": f"{info.width}x{info.height}",
        "fps": info.fps,
        "seconds": round(played_s, 2),
        "load_before": round(load, 2),
        "cpu_s_per_stream_s": round(cpu_s / played_s, 3),
        "wall_s": round(wall_s, 2),
        "source_late_s": round(source.late_s, 3),
        "dropped_frames": session.queue.dropped,
        "latency": session.latency.record(),
        "early": early.summary(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=available_threads())
    given = parser.parse_args()
    spotter = load_spotter(device="cpu", threads=given.threads)
    runs = [measure(video, spotter=spotter, seconds=given.seconds) for video in given.videos]
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result = {
        "touchline": __version__,
        "machine": machine,
        "threads": given.threads,
        "spotter": spotter.name,
        "runs": runs,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
