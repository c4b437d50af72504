"""CPU time of naming the actions of a few picked people in a short video with an overlay, and of everyone.

    python benchmarks/picked_people.py VIDEO --json benchmarks/results/picked_people.json

The video is tracked once; boxes of its two longest tracks are then given to `touchline track --boxes`, with and without
a recogniser (R(2+1)D-18 with random weights, 16 x 112 x 112: its cost does not depend on the weights) and the overlay.
CPU seconds are of the process of each command, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from touchline.formats.boxes.tracks_parquet import read_tracks_parquet
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import build_network, save_model

PICKED = 2


def recogniser(folder: Path) -> Path:
    """Write a recogniser of ten actions with random weights."""
    torch.manual_seed(0)
    config = ClipConfig(
        name="random",
        architecture="r2plus1d-18",
        network={"num_classes": 10},
        labels=tuple(f"action {number}" for number in range(10)),
        clip=ClipSpec(frames=16, width=112, height=112),
    )
    return save_model(folder / "random", build_network(config).eval(), config, half=True)


def boxes(folder: Path, out: Path) -> Path:
    """Write the boxes of the longest tracks of people, each in the middle of its track."""
    tracks = [track for track in read_tracks_parquet(folder / "tracks.parquet") if track.label != "ball"]
    lines = ["time_s,x0,y0,x1,y1,name"]
    for number, track in enumerate(sorted(tracks, key=len, reverse=True)[:PICKED]):
        middle = len(track) // 2
        edges = ",".join(f"{edge:.1f}" for edge in track.boxes_xyxy[middle])
        lines.append(f"{track.times_us[middle] / 1e6:.3f},{edges},person {number}")
    out.write_text("\n".join(lines) + "\n")
    return out


def cpu_s(*words: object) -> float:
    """Run a command on one thread; return its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "touchline", *map(str, words)]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--everyone", action="store_true", help="also measure without --boxes, which takes long")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        model = recogniser(folder)
        words = ("track", chosen.video, "--threads", 1, "--json", "--force")
        result: dict[str, float | str] = {"video": chosen.video.name}
        result["tracking alone"] = cpu_s(*words, "--out", folder / "plain")
        bundle = next(path.parent for path in (folder / "plain").rglob("tracks.parquet"))
        picked = ("--boxes", boxes(bundle, folder / "boxes.csv"))
        result["boxes"] = cpu_s(*words, *picked, "--out", folder / "boxes")
        result["boxes and overlay"] = cpu_s(*words, *picked, "--overlay", "--out", folder / "overlay")
        named = ("--recognizer", model, "--overlay")
        result["boxes, recogniser and overlay"] = cpu_s(*words, *picked, *named, "--out", folder / "named")
        if chosen.everyone:
            result["recogniser and overlay, everyone"] = cpu_s(*words, *named, "--out", folder / "everyone")
    print(json.dumps(result, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
