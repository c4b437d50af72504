"""Measure the built-in pitch finder's keypoints on frames from held-out stadiums and matches.

Usage: ``python benchmarks/pitch_keypoints.py [--every 25] [--json benchmarks/results/pitch_keypoints.json]``.

Needs the measuring data beside the repository (``../shared/data``). Parts: labelled real frames of the sources that
``recipes/pitch.yaml`` holds out, simulated matches 013 and 014 (with a ground and camera like those of 011 and 012,
which are training data), calibration of the confidence, and time per frame. Errors are in pixels at 640x360.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from touchline.tracking.pitch.finder import PitchFinder, load_pitch_finder
from touchline.training.pitch.data import PitchFrame, read_frames, read_simulated
from touchline.training.pitch.measure import NEAR_PX, measure_keypoints

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
REPORTED_MATCHES = ("match_013", "match_014")
THRESHOLDS = (0.2, 0.3, 0.5, 0.7)
EDGES = (0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)
TIMED_PICTURES = 60


def find_all(finder: PitchFinder, frames: Sequence[PitchFrame]) -> npt.NDArray[np.float32]:
    """Find the keypoints (frames, 32, 3)."""
    return np.stack([points for frame in frames for points in finder.find([frame.rgb])])


def reliability(found: npt.NDArray[np.float32], frames: Sequence[PitchFrame]) -> list[dict[str, Any]]:
    """Return the share of points within ten pixels, by confidence."""
    truth = np.stack([frame.keypoints_px for frame in frames])
    visible = np.stack([frame.visible for frame in frames])
    right = visible & (np.hypot(*np.moveaxis(found[..., :2] - truth, -1, 0)) <= NEAR_PX[-1])
    rows = []
    for low, high in pairwise(EDGES):
        some = (found[..., 2] >= low) & (found[..., 2] < high)
        if some.any():
            stated, real = float(found[..., 2][some].mean()), float(right[some].mean())
            rows.append({"points": int(some.sum()), "stated": round(stated, 3), "within_10px": round(real, 3)})
    return rows


def milliseconds(finder: PitchFinder, picture: npt.NDArray[np.uint8]) -> float:
    """Return the median time per frame."""
    times = []
    for _ in range(TIMED_PICTURES):
        started_s = time.perf_counter()
        finder.find([picture])
        times.append(time.perf_counter() - started_s)
    return round(float(np.median(times)) * 1e3, 1)


def print_table(title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print rows under a title."""
    print(f"\n{title}")
    keys = list(rows[0])
    print("  ".join(f"{key:>14}" for key in keys))
    for row in rows:
        print("  ".join(f"{row[key]!s:>14}" for key in keys))


def main() -> None:
    """Run the benchmark, print and save the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=None, help="name or file of a pitch finder (default: the built-in one)")
    parser.add_argument("--every", type=int, default=25, help="use every n-th frame of the simulated matches")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    finder = load_pitch_finder(arguments.model, device="cpu", threads=arguments.threads)
    unseen = [
        source
        for group in yaml.safe_load((ROOT / "recipes" / "pitch.yaml").read_text())["held_out"]
        for source in group
    ]
    real = [frame for frame in read_frames(DATA / "pitch") if frame.source in unseen]
    sets = {source: [frame for frame in real if frame.source == source] for source in unseen} | {"all unseen": real}
    for name in REPORTED_MATCHES:
        sets[f"simulated {name[-3:]}"] = read_simulated(DATA / "simulated" / name, every=arguments.every)
    found = {name: find_all(finder, frames) for name, frames in sets.items()}
    rows = [{"of": name, **measure_keypoints(found[name], frames)} for name, frames in sets.items()]
    print_table("by source", rows)
    choices = [{"of": "all unseen", **measure_keypoints(found["all unseen"], real, confidence=c)} for c in THRESHOLDS]
    print_table("by confidence asked for", choices)
    true = reliability(found["all unseen"], real)
    print_table("whether the confidence is true, all unseen", true)
    speed = {"threads": arguments.threads, "ms_640x360": milliseconds(finder, real[0].rgb)}
    speed["ms_1280x720"] = milliseconds(finder, np.repeat(np.repeat(real[0].rgb, 2, axis=0), 2, axis=1))
    print_table("time a picture, OpenVINO", [speed])
    if arguments.json is not None:
        result = {"model": finder.name, "sha256": finder.sha256, "unseen": unseen, "by_source": rows}
        result |= {"by_confidence": choices, "reliability": true, "speed": speed}
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
