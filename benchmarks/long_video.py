"""Measure the memory of `touchline analyze` on hours of video: people, ball, places, events, sound, overlay, report.

    python benchmarks/long_video.py [--hours 3] [--json benchmarks/results/long_video.json]

The video is the bundled sample, a piece of a real broadcast, repeated without encoding it again; each repetition is a
camera shot with the same people. As its pictures repeat, each network looks at a picture once and remembers its
answer by the picture's digest: results, and memory of networks, tracks, events, sound and pages, are those of a run
without this, in a fraction of the time. The memory is that of the process and all its children, read every quarter of
a second from the system (the proportional set size where Linux gives it, so that shared pages count once).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

LIMIT_MB = 1500
RESULTS = Path(__file__).parent / "results" / "long_video.json"
EVERY_S = 0.25


def repeated(folder: Path, *, hours: float) -> Path:
    """Write the bundled sample again and again, as many times as fit into the hours."""
    sample = Path(str(files("touchline.analysis") / "sample" / "sample.mp4"))
    times = max(1, round(hours * 3600 / 24))
    (folder / "list.txt").write_text(f"file '{sample}'\n" * times)
    video = folder / "long.mp4"
    words = ["-v", "error", "-f", "concat", "-safe", "0", "-i", str(folder / "list.txt"), "-c", "copy", str(video)]
    subprocess.run(["ffmpeg", *words], check=True)
    return video


def remembering(ask: Callable[[Any, Sequence[Any]], list[Any]]) -> Callable[[Any, Sequence[Any]], list[Any]]:
    """Return a network's method that looks at every picture once."""
    answers: dict[bytes, Any] = {}

    def method(self: Any, pictures: Sequence[Any]) -> list[Any]:
        digests = [hashlib.blake2b(picture.tobytes(), digest_size=16).digest() for picture in pictures]
        new = [number for number, digest in enumerate(digests) if digest not in answers]
        if new:
            answers.update(zip([digests[n] for n in new], ask(self, [pictures[n] for n in new]), strict=True))
        return [answers[digest] for digest in digests]

    return method


def analyze(words: Sequence[str]) -> None:
    """Run `touchline analyze` with networks that remember."""
    from touchline.__main__ import main as touchline
    from touchline.tracking.detector import Detector
    from touchline.tracking.pitch.finder import PitchFinder

    Detector.detect = remembering(Detector.detect)  # type: ignore[method-assign, assignment]
    PitchFinder.find = remembering(PitchFinder.find)  # type: ignore[method-assign, assignment]
    sys.argv = ["touchline", "analyze", *words]
    touchline()


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = status.read_text()
        except OSError:
            continue
        parents.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(status.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def memory_mb(pid: int) -> float:
    """Return the memory of one process; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def measure(video: Path, *, out: Path) -> dict[str, Any]:
    """Run the analysis; return its peak memory and how long it took."""
    started_s, peak = time.monotonic(), 0.0
    command = [sys.executable, __file__, "--one", str(video), "--out", str(out), "--device", "cpu"]
    process = subprocess.Popen(command)
    while process.poll() is None:
        peak = max(peak, sum(memory_mb(pid) for pid in family(process.pid)))
        time.sleep(EVERY_S)
    if process.returncode not in (0, 4):
        raise SystemExit(f"{' '.join(command)} exited with {process.returncode}; run it by hand to see why")
    (bundle,) = out.glob("*.touchline")
    return {
        "peak_mb": round(peak),
        "seconds": round(time.monotonic() - started_s),
        "files_mb": {
            path.name: round(path.stat().st_size / 1e6, 1) for path in sorted(bundle.iterdir()) if path.is_file()
        },
    }


def main() -> None:
    """Run the benchmark, print and save the results."""
    if sys.argv[1:2] == ["--one"]:
        analyze(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, nargs="+", default=[0.1, 3.0])
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    runs = []
    for hours in options.hours:
        with tempfile.TemporaryDirectory() as folder:
            video = repeated(Path(folder), hours=hours)
            runs.append({"hours": hours, "video_mb": round(video.stat().st_size / 1e6)})
            runs[-1] |= measure(video, out=Path(folder) / "out")
            print(json.dumps(runs[-1]), flush=True)
    result = {"what": "peak memory of touchline analyze, all processes", "limit_mb": LIMIT_MB, "runs": runs}
    options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(run["peak_mb"] > LIMIT_MB for run in runs))


if __name__ == "__main__":
    main()
