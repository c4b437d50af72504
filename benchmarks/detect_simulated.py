"""Run a detector on the simulated matches, for the benchmarks of ball and teams.

    python benchmarks/detect_simulated.py FOLDER [--model M] [--match match_013 ...] [--first 0] [--count 3750]

Writes FOLDER/<match>.npz: arrays frame (from 1), boxes_xyxy in pixels of 640x360, confidence and classes.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
from simulated_matches import REPORTED_ON, TUNED_ON, read_match

from touchline.tracking.detector import Detector, load_detector


def detect(detector: Detector, name: str, *, first: int, count: int, path: Path) -> int:
    """Detect in a range of frames of a match, write the detections and return their number."""
    frames, found = [], []
    for number, frame in enumerate(itertools.islice(read_match(name).frames(), first, first + count), start=first + 1):
        (seen,) = detector.detect([frame.to_rgb()])
        frames.append(np.full(len(seen), number))
        found.append(seen)
    np.savez_compressed(
        path,
        frame=np.concatenate(frames),
        boxes_xyxy=np.concatenate([seen.boxes_xyxy for seen in found]),
        confidence=np.concatenate([seen.confidence for seen in found]),
        classes=np.concatenate([seen.classes for seen in found]),
    )
    return sum(map(len, found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="name or file of a detector (default: the built-in one)")
    parser.add_argument("--match", nargs="+", default=[*TUNED_ON, *REPORTED_ON])
    parser.add_argument("--first", type=int, default=0, help="first frame, from 0")
    parser.add_argument("--count", type=int, default=3750, help="number of frames")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    detector = load_detector(chosen.model, threads=1)
    for name in chosen.match:
        path = chosen.folder / f"{name}.npz"
        print(name, detect(detector, name, first=chosen.first, count=chosen.count, path=path), "detections")


if __name__ == "__main__":
    main()
