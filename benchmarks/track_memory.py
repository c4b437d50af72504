"""Measure the peak memory of recognising the actions of 22 people in one camera shot of a minute, and in one of ten.

    python benchmarks/track_memory.py [--minutes 1 10] [--json benchmarks/results/track_memory.json]

It is measured along existing tracks (`touchline recognize --tracks`), and inside an analysis, where everyone is tracked
first (`touchline analyze --recognizer`). Tracking alone is measured too, as it holds the observations of a whole shot
(shots longer than ten minutes are tracked in parts); the difference is what recognition adds.

Videos are generated first: 480x270 at 25 frames per second, one shot without a cut. Detector and recogniser are fakes
that cost nothing, so that the memory is that of crops, windows, tracks and results, not of a network, which needs the
same for any length of shot; crops and windows have the size of R(2+1)D-18's clips (16 frames of 112x112). Every run is
a separate process, whose peak is reported by the operating system.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

PEOPLE = 22
WIDTH, HEIGHT = 480, 270
FPS = 25
LIMIT_MB = 64
"""Allowed growth of recognition's memory from one minute to ten: scores are results and grow, pixels do not."""

LABELS = ("dark", "bright", "red")
RESULTS = Path(__file__).parent / "results" / "track_memory.json"


def boxes(index: int) -> np.ndarray:
    """Return everyone's boxes (22, 4) in a frame: each moves back and forth in a separate lane."""
    number = np.arange(PEOPLE)
    left = np.abs((number * 61 + index * 1.1) % (2 * (WIDTH - 30)) - (WIDTH - 30))
    top = 6 + number * 11.0
    return np.stack([left, top, left + 9, top + 22], axis=1).astype(np.float32)


class Crowd:
    """A detector that knows everyone's position."""

    name, sha256, device_reason, batch = "crowd", "c" * 64, "cpu: a fake", 1

    def __init__(self, step: int) -> None:
        self._step = step
        self._seen = 0

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Any]:
        """Return everyone in each frame."""
        from touchline.core.tracks import PLAYER, Detections

        found = []
        for _ in pictures:
            confidence, classes = np.full(PEOPLE, 0.9, np.float32), np.full(PEOPLE, PLAYER, np.int64)
            found.append(Detections(boxes(self._seen * self._step), confidence, classes))
            self._seen += 1
        return found


def fake_recogniser() -> Any:
    """Return a recogniser that names clips by colour at no cost; its clips have the size of R(2+1)D-18's."""
    from touchline.models.runtime.runner import Runner
    from touchline.models.specs.spec import ClipConfig, ClipSpec
    from touchline.recognition.recogniser import ClipRecogniser

    def colours(pixels: np.ndarray) -> tuple[np.ndarray]:
        red, green, blue = pixels[:, :, ::16, ::16].mean(axis=(1, 2, 3)).T / 255
        logits = 5 * np.stack([1 - green, green, red - blue], axis=1)
        values = np.exp(logits - logits.max(axis=1, keepdims=True))
        return ((values / values.sum(axis=1, keepdims=True)).astype(np.float32),)

    spec = ClipSpec(frames=16, width=112, height=112)
    config = ClipConfig(name="colours", architecture="none", labels=LABELS, clip=spec)
    return ClipRecogniser(config, runner=Runner(colours, 4, "cpu: a fake"), sha256="0" * 64)


def along_known_tracks(video: Path, *, minutes: float) -> int:
    """Do the work of `touchline recognize --tracks`; return the number of windows."""
    from touchline.analysis.track_actions import actions_along_tracks
    from touchline.core.tracks import Shot, Track, Tracks

    count = round(minutes * 60 * FPS)
    frames = np.arange(count, dtype=np.int64)
    places = np.stack([boxes(index) for index in range(count)], axis=1)
    times_us = frames * (1_000_000 // FPS)
    sure, seen = np.full(count, 0.9, np.float32), np.ones(count, np.bool_)
    tracks = [Track(i + 1, "player", times_us, frames, places[i], sure, seen) for i in range(PEOPLE)]
    shots = (Shot(0, 0, int(times_us[-1]) + 1),)
    found = actions_along_tracks(video, Tracks(tuple(tracks), shots, WIDTH, HEIGHT), recogniser=fake_recogniser())
    return sum(len(scores.starts_us) for scores in found.windows)


def following_alone(video: Path, *, minutes: float) -> int:
    """Do the work of `touchline analyze` with people alone; there are no windows."""
    return analysis(video, recogniser=None)


def inside_an_analysis(video: Path, *, minutes: float) -> int:
    """Do the work of `touchline analyze --recognizer`; return the number of windows."""
    return analysis(video, recogniser=fake_recogniser())


def analysis(video: Path, *, recogniser: Any) -> int:
    """Track everyone, with or without a recogniser; return the number of windows."""
    from touchline.analysis.pipeline import AnalyzeOptions, analyze_video
    from touchline.analysis.tasks.track import VideoTracker
    from touchline.analysis.tasks.usual import usual_tasks
    from touchline.formats.actions import read_actions
    from touchline.formats.bundle import ACTIONS

    tracker = VideoTracker(Crowd(2), fps=FPS / 2, recogniser=recogniser)
    out = video.parent / ("alone" if recogniser is None else "with a recogniser")
    result = analyze_video(video, tasks=usual_tasks(tracker=tracker), options=AnalyzeOptions(out=out))
    return sum(len(scores.starts_us) for scores in read_actions(result.bundle / ACTIONS).windows)


WAYS = {
    "along known tracks": along_known_tracks,
    "following alone": following_alone,
    "inside an analysis": inside_an_analysis,
}


def peak_of(way: str, video: Path, *, minutes: float) -> dict[str, Any]:
    """Run one variant in a separate process; return its peak memory as reported by the system."""
    started_s = time.monotonic()
    command = [sys.executable, __file__, "--one", way, "--video", str(video), "--minutes", str(minutes)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} exited with {process.returncode}; run it by hand to see why")
    return {
        "minutes": minutes,
        "windows": int(output.split()[-1]),
        "peak_rss_mb": round(usage.ru_maxrss * 1024 / 1e6, 1),
        "seconds": round(time.monotonic() - started_s, 1),
    }


def video_writer() -> ModuleType:
    """Load the memory benchmark beside this one, which generates long videos fast."""
    spec = importlib.util.spec_from_file_location("benchmark_memory", Path(__file__).parent / "memory.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Run the benchmark, print and save the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument(
        "--ways",
        nargs="+",
        choices=list(WAYS),
        default=list(WAYS),
        help="variants to run; others keep the results in the file",
    )
    parser.add_argument("--one", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--video", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(WAYS[options.one](options.video, minutes=options.minutes[0]))
        return
    memory = video_writer()
    memory.WIDTH, memory.HEIGHT, memory.FPS = WIDTH, HEIGHT, memory.Fraction(FPS)
    before = json.loads(options.json.read_text())["runs"] if options.json.is_file() else {}
    rows: dict[str, list[dict[str, Any]]] = {way: before.get(way, []) for way in WAYS}
    rows |= {way: [] for way in options.ways}
    with tempfile.TemporaryDirectory() as folder:
        for minutes in options.minutes:
            video = Path(folder) / f"{minutes:g}.mp4"
            memory.write_video(video, hours=minutes / 60)
            for way in options.ways:
                rows[way].append(peak_of(way, video, minutes=minutes))
                print(f"{way:20} {rows[way][-1]}", flush=True)
    growth = {way: round(runs[-1]["peak_rss_mb"] - runs[0]["peak_rss_mb"], 1) for way, runs in rows.items() if runs}
    added = {"along known tracks": growth["along known tracks"]}
    if len(growth) == len(WAYS):
        added["inside an analysis"] = round(growth["inside an analysis"] - growth["following alone"], 1)
    result = {
        "what": f"peak resident memory, {PEOPLE} people in one shot of {WIDTH}x{HEIGHT} at {FPS} fps",
        "fakes": "a detector that knows where everyone is; a recogniser that names colours",
        "clips": "16 pictures of 112x112, a window every 8",
        "limit_growth_mb": LIMIT_MB,
        "runs": rows,
        "growth_mb": growth,
        "growth_by_recognition_mb": added,
        "within_limit": all(value < LIMIT_MB for value in added.values()),
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(growth))


if __name__ == "__main__":
    main()
