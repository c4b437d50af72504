"""Measure camera calibration and its results: positions, their stated uncertainty, speeds, distances.

Usage: ``python benchmarks/pitch.py [--seconds 120] [--json benchmarks/results/pitch.json] [--only PART ...]``.

Needs the measuring data beside the repository (``../shared/data``). Parts:

- ``labels``: labelled keypoints of real frames, each left out in turn and predicted from the others;
- ``noise``: exact cameras of the real frames, keypoints with known noise: errors, and calibration of the stated errors;
- ``simulated``: matches 013 and 014, exact keypoints with noise correlated between neighbouring frames, 3 % outliers,
  and the camera's motion as measured in the video: single frames against the smoothed shot, with frames left out;
- ``network``: the same from the built-in pitch finder's keypoints, and its reprojection error on held-out prefixes;
- ``movement``: speed and distance of players against their exact trajectories.

Settings were chosen on matches 011 and 012 and on the network's training frames; no reported data were used.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pitch_labels import measure_labels, measure_noise
from pitch_network import measure_network
from pitch_shots import measure_movement, measure_simulated

PARTS: dict[str, Callable[[float], list[dict[str, Any]]]] = {
    "labels": lambda _: measure_labels(),
    "noise": lambda _: measure_noise(),
    "simulated": lambda seconds: measure_simulated(seconds=seconds),
    "movement": lambda seconds: measure_movement(seconds=seconds),
    "network": lambda seconds: measure_network(seconds=seconds),
}


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print rows with a column for each key that occurs in any of them."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = [keys, *([str(row.get(key, "")) for key in keys] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(keys))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def main() -> None:
    """Run the requested parts and keep the previous results of the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="seconds of each simulated match")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    kept = arguments.json is not None and arguments.json.exists()
    results = json.loads(arguments.json.read_text()) if kept else {}
    for name in arguments.only:
        print(f"\n{name}", flush=True)
        results[name] = PARTS[name](arguments.seconds)
        print_table(results[name])
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
