"""Measure the peak memory of ``touchline spot`` on a synthetic file of three hours, and of a tenth of that.

    python benchmarks/memory.py [--hours 3] [--model NAME_OR_FILE] [--out benchmarks/results/memory.json]

The file is generated first: 160x90 at 12.5 frames per second, so that making and analysing it takes minutes, not hours.
Memory that grows with duration shows as a difference between the two files. The peak is the one reported by the
operating system for the process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil

WIDTH, HEIGHT = 160, 90
FPS = Fraction(25, 2)
GOP = 250
LIMIT_GB = 1.5


def write_video(path: Path, *, hours: float) -> None:
    """Write a video of a moving pattern: one group of pictures is encoded and its packets are repeated."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0", "g": str(GOP)})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = 1 / FPS
        groups = max(1, round(hours * 3600 * FPS / GOP))
        packets = [packet for i in range(GOP) for packet in stream.encode(_picture(i))] + list(stream.encode(None))
        payloads = [(bytes(packet), packet.is_keyframe) for packet in packets]
        for group in range(groups):
            for number, (payload, key) in enumerate(payloads):
                packet = av.Packet(payload)
                packet.stream, packet.time_base = stream, 1 / FPS
                packet.pts = packet.dts = group * GOP + number
                packet.duration, packet.is_keyframe = 1, key
                container.mux(packet)


def _picture(number: int) -> av.VideoFrame:
    """Return a frame with a bright block that moves over a grey field."""
    picture = np.full((HEIGHT, WIDTH), 90, np.uint8)
    left = number * (WIDTH - 20) // GOP
    picture[30:50, left : left + 20] = 220
    frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
    frame.pts, frame.time_base = number, 1 / FPS
    return frame


def peak_of(command: list[str]) -> tuple[float, float]:
    """Run a command; return its peak resident memory in GB, as reported by the system, and its seconds."""
    started_s = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} exited with {process.returncode}; run it by hand to see why")
    return usage.ru_maxrss * 1024 / 1e9, time.monotonic() - started_s


def measure(hours: float, *, model: str | None, folder: Path) -> dict[str, float]:
    """Make a file of the given hours, analyse it, and return memory and time."""
    video = folder / f"hours-{hours:g}.mp4"
    write_video(video, hours=hours)
    named = [] if model is None else ["--model", model]
    command = [sys.executable, "-m", "touchline", "spot", str(video), "--out", str(folder), "--device", "cpu", *named]
    peak_gb, seconds = peak_of(command)
    manifest = json.loads((folder / f"{video.stem}.touchline" / "manifest.json").read_bytes())
    return {
        "hours": hours,
        "frames_decoded": manifest["coverage"]["frames_decoded"],
        "peak_rss_gb": round(peak_gb, 3),
        "seconds": round(seconds, 1),
        "times_real_time": round(hours * 3600 / seconds, 1),
    }


def main() -> None:
    """Run the benchmark, print and save the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--model", default=None, help="name or file of a spotter (default: the built-in one)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "memory.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            measure(hours, model=options.model, folder=Path(folder)) for hours in (options.hours / 10, options.hours)
        ]
    result = {
        "what": f"peak resident memory of `touchline spot`, synthetic {WIDTH}x{HEIGHT} H.264 at {float(FPS)} fps",
        "model": "built-in default" if options.model is None else Path(options.model).stem,
        "machine": {
            "cpu_count": psutil.cpu_count(),
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "limit_gb": LIMIT_GB,
        "runs": rows,
        "within_limit": all(row["peak_rss_gb"] < LIMIT_GB for row in rows),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
