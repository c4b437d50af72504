"""Compare ``touchline clips`` with ffmpeg called once for each clip, on 30 events of a 90-minute file.

    python benchmarks/clips.py --video MATCH.mp4 [--out benchmarks/results/clips.json]

The file is a short match repeated without encoding it again. All encode H.264 with the same preset and quality, and the
sound as AAC. ffmpeg is called in two ways: with the times after the input, which decodes the file from its start for
each clip, and before it, which seeks. Processor time is compared besides the time on the clock, because it depends less
on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.events import Coverage, Event, Timeline
from touchline.formats.bundle import Bundle, Manifest, video_fingerprint
from touchline.media.cutting.movie import CRF
from touchline.media.encoding.h264 import PRESET
from touchline.media.video import VideoReader, probe

EVENTS = 30
LEAD_S, LAG_S = 8, 6
LONG_S = 90 * 60


def long_file(video: Path, folder: Path) -> Path:
    """Repeat a video until it lasts 90 minutes."""
    times = round(LONG_S / (probe(video).duration_us / 1e6))
    out = folder / "match.mp4"
    command = ["ffmpeg", "-v", "error", "-stream_loop", str(times - 1), "-i", str(video), "-c", "copy", str(out)]
    subprocess.run(command, check=True)
    return out


def write_bundle(video: Path, *, times_s: Iterable[float]) -> Bundle:
    """Write a bundle with events at these times."""
    bundle = Bundle.create(None, video)
    bundle.write_events(Timeline(tuple(Event("PASS", round(at * 1e6)) for at in times_s)))
    info = probe(video)
    bundle.write_manifest(
        Manifest(
            video_name=video.name,
            video_fingerprint=video_fingerprint(video),
            models=(),
            settings={},
            coverage=Coverage(info.duration_us, round(info.duration_us / 1e6 * info.fps)),
        )
    )
    return bundle


def measured(commands: Iterable[list[str]]) -> dict[str, float]:
    """Run commands one after another; return seconds on the clock and of processors."""
    started_s, used_s = time.monotonic(), 0.0
    for command in commands:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} exited with {process.returncode}; run it by hand to see why")
        used_s += usage.ru_utime + usage.ru_stime
    return {"wall_s": round(time.monotonic() - started_s, 1), "cpu_s": round(used_s, 1)}


def ffmpeg_calls(video: Path, folder: Path, *, times_s: Iterable[float], seek: bool) -> Iterable[list[str]]:
    """Yield the call of ffmpeg for each clip."""
    for number, at_s in enumerate(times_s):
        span = ["-ss", f"{at_s - LEAD_S:.3f}", "-t", str(LEAD_S + LAG_S)]
        source = [*span, "-i", str(video)] if seek else ["-i", str(video), *span]
        coding = ["-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-bf", "0", "-c:a", "aac"]
        yield ["ffmpeg", "-v", "error", "-y", *source, *coding, str(folder / f"{number}.mp4")]


def largest_difference(video: Path, clips: Path, *, times_s: list[float]) -> float:
    """Return the largest mean difference of brightness between the first frame of a clip and that of the video."""
    worst = 0.0
    with VideoReader(video) as source:
        for at_s, path in zip(times_s, sorted(clips.glob("*.mp4")), strict=True):
            wanted = next(iter(source.frames(start_us=round((at_s - LEAD_S) * 1e6))))
            with VideoReader(path) as clip:
                found = next(iter(clip.frames()))
            worst = max(worst, float(np.abs(wanted.luma.astype(int) - found.luma).mean()))
    return worst


def measure(video: Path, folder: Path) -> dict[str, Any]:
    """Cut the same clips in every way."""
    match = long_file(video, folder)
    rng = np.random.default_rng(14)
    starts_s = np.linspace(20, LONG_S - 60, EVENTS) + rng.uniform(0, 20, EVENTS)
    times_s = [round(float(at), 3) for at in starts_s]
    bundle = write_bundle(match, times_s=times_s)
    results: dict[str, Any] = {}
    for name, more in (
        ("touchline", []),
        ("touchline_fast", ["--fast"]),
        ("touchline_reel_only", ["--reel", "--no-clips"]),
    ):
        out = folder / name
        command = [sys.executable, "-m", "touchline", "clips", str(bundle.path), "--out", str(out), *more]
        results[name] = measured([command])
        print(name, results[name], flush=True)
    for name, seek in (("ffmpeg_seeking", True), ("ffmpeg_from_the_start", False)):
        out = folder / name
        out.mkdir()
        results[name] = measured(ffmpeg_calls(match, out, times_s=times_s, seek=seek))
        print(name, results[name], flush=True)
    ours = results["touchline"]["cpu_s"]
    return {
        "file": {"seconds": LONG_S, "megabytes": round(match.stat().st_size / 1e6), "size": _size(match)},
        "clips": EVENTS,
        "clip_s": LEAD_S + LAG_S,
        "results": results,
        "cpu_ratio": {name: round(row["cpu_s"] / ours, 2) for name, row in results.items()},
        "first_frame_mean_difference": round(largest_difference(match, folder / "touchline", times_s=times_s), 2),
    }


def _size(video: Path) -> str:
    info = probe(video)
    return f"{info.width}x{info.height} at {info.fps:g} frames per second"


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/clips.json"))
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="clips-"))
    try:
        found = measure(arguments.video, folder)
    finally:
        shutil.rmtree(folder)
    found["machine"] = {"processor": platform.machine(), "cores": os.cpu_count()}
    arguments.out.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
