"""What decoding in a child process costs: pairs with and without it over the same clips, one after the other.

    python benchmarks/isolation.py --data ../shared/data --out benchmarks/results/isolation.json

A pair decodes the same clip in a child process and in this process; which one goes first alternates. "pictures" reads
the luma of every frame and does nothing with it, the worst case; "colours" converts every frame to RGB as well, as
tracking does; "spot" and "track" are whole commands' work. The ratio of a pair is apart over inside; the median of the
ratios is what counts on a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from touchline.media.isolation.switch import VARIABLE
from touchline.media.video import VideoReader

CLIPS = {
    "sample 640x360": "sample/sample.mp4",
    "wide camera 848x478": "broadcast/wide_camera_848x478.mp4",
}
LARGE = "sample scaled to 1920x1080"


def pictures(path: Path) -> int:
    """Decode a clip and read the luma of every frame; return the number of frames."""
    with VideoReader(path) as video:
        return sum(1 for frame in video.frames() if frame.luma.size)


def colours(path: Path) -> int:
    """Decode a clip and convert every frame to RGB; return the number of frames."""
    with VideoReader(path) as video:
        return sum(1 for frame in video.frames() if frame.to_rgb().size)


def spot(path: Path) -> int:
    """Spot the events of a clip."""
    return analysed(path, ["spot", str(path), "--no-resume"])


def track(path: Path) -> int:
    """Track the people in a clip."""
    return analysed(path, ["track", str(path), "--no-resume"])


def analysed(path: Path, words: list[str]) -> int:
    """Run a command in this process."""
    from typer.testing import CliRunner

    from touchline.cli.main import app

    with tempfile.TemporaryDirectory() as folder:
        done = CliRunner().invoke(app, [*words, "--out", folder])
    if done.exit_code not in (0, 4):
        raise SystemExit(f"{words}: exit code {done.exit_code}, {done.exception!r}\n{done.output}")
    return 1


def enlarged(source: Path, out: Path, *, frames: int) -> Path:
    """Write the first frames of a clip in Full HD."""
    import av

    with VideoReader(source) as video, av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for number, (_, frame) in enumerate(video.decoded()):
            if number == frames:
                break
            large = frame.reformat(width=1920, height=1080)
            large.pts, large.pict_type = number, 0
            container.mux(stream.encode(large))
        container.mux(stream.encode(None))
    return out


def seconds(work: Callable[[Path], int], path: Path, *, inside: bool) -> float:
    """Return how long some work takes."""
    os.environ[VARIABLE] = "0" if inside else "1"
    started_s = time.perf_counter()
    work(path)
    return time.perf_counter() - started_s


def pairs(work: Callable[[Path], int], path: Path, *, count: int) -> dict[str, Any]:
    """Return the times of several pairs and the median of their ratios."""
    for inside in (False, True):  # processes start, files come into memory
        seconds(work, path, inside=inside)
    apart_s, inside_s = [], []
    for number in range(count):
        for inside in (False, True) if number % 2 else (True, False):
            (inside_s if inside else apart_s).append(seconds(work, path, inside=inside))
    ratios = [a / b for a, b in zip(apart_s, inside_s, strict=True)]
    return {
        "pairs": count,
        "ratio_median": round(statistics.median(ratios), 3),
        "ratio_least": round(min(ratios), 3),
        "ratio_most": round(max(ratios), 3),
        "apart_s_median": round(statistics.median(apart_s), 3),
        "inside_s_median": round(statistics.median(inside_s), 3),
    }


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--commands", type=int, default=3, help="pairs of spot and of track")
    arguments = parser.parse_args()
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        clips = {name: arguments.data / path for name, path in CLIPS.items()}
        clips[LARGE] = enlarged(clips["sample 640x360"], Path(folder) / "large.mp4", frames=250)
        jobs = [(work, name, arguments.pairs) for name in clips for work in (pictures, colours)]
        jobs += [(work, "wide camera 848x478", arguments.commands) for work in (spot, track)]
        for work, name, count in jobs:
            if count:
                found = measured.setdefault(name, {})[work.__name__] = pairs(work, clips[name], count=count)
                print(f"{name:28} {work.__name__:9} x{found['ratio_median']:.3f}  {found}", flush=True)
                write(arguments.out, measured)


def write(out: Path | None, measured: dict[str, Any]) -> None:
    """Write what has been measured so far, with the machine it was measured on."""
    if out is not None:
        machine = {"processors": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version()}
        out.write_text(json.dumps({"machine": machine, "clips": measured}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
