"""Measure the accuracy of camera motion and cut detection.

    python benchmarks/camera_motion.py [--data ../shared/data] [--json benchmarks/results/camera_motion.json]

Motion: distance in pixels between the estimated and the true homography's images of a grid of ground points; simulated
matches, 640x360, 12.5 frames per second, true boxes of people masked; between neighbouring frames and over chains of
12. Frames at which the scene was restarted (all people jump) are left out.

Cuts: real and simulated stretches without a cut, joined at random; a flash is two frames made twice as bright, a pan
slides a window over a wide shot by up to a tenth of its width per frame. Thresholds were set by hand on match 011 and
all real clips; matches 013 and 014 were not used.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tracking_cases import read_truth, restarts, true_motions

from touchline.tracking.camera_motion import CameraMotion
from touchline.tracking.cuts import CutFinder, Mark
from touchline.tracking.people.motion import move_points

STEADY = {
    "action_0/clip_0": (0, 125),
    "action_1/clip_0": (0, 125),
    "action_2/clip_0": (0, 125),
    "action_1/clip_1": (42, 108),
    "action_1/clip_2": (0, 62),
    "action_2/clip_2": (28, 125),
    "action_2/clip_1": (64, 118),
}
"""Frame ranges of real clips without a cut, by eye; the last four are close-ups sped up fourfold."""


def pictures(path: Path, *, start: int = 0, end: int, step: int = 1) -> list[npt.NDArray[np.uint8]]:
    """Return the luma of frames [start, end) of a video."""
    video = cv2.VideoCapture(str(path))
    found = []
    for index in range(end):
        there, picture = video.read()
        if not there:
            break
        if index >= start and (index - start) % step == 0:
            found.append(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    return found


def measure_motion(folder: Path, *, count: int) -> dict[str, float]:
    """Return the errors in one simulated match."""
    truth, motions = read_truth(folder / "tracks.txt"), true_motions(folder)
    skip = set(restarts(truth, motions))
    x, y = np.meshgrid(np.linspace(20, 620, 7), np.linspace(40, 340, 5))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    finder, errors, moved, chains = CameraMotion(), [], [], []
    found, true, spent = np.eye(3), np.eye(3), 0.0
    for index, luma in enumerate(pictures(folder / "video.mp4", end=count)):
        begin = time.process_time()
        motion = finder.update(luma, boxes_xyxy=truth[index][1])
        spent += time.process_time() - begin
        if index == 0 or index in skip:
            found, true = np.eye(3), np.eye(3)
            continue
        found, true = motion.matrix @ found, motions[index].matrix @ true
        errors.append(distance(motion.matrix, motions[index].matrix, grid))
        moved.append(distance(np.eye(3), motions[index].matrix, grid))
        if index % 12 == 0:
            chains.append(distance(found, true, grid))
            found, true = np.eye(3), np.eye(3)
    return {
        "motion_px": float(np.mean(moved)),
        "error_median_px": float(np.median(errors)),
        "error_mean_px": float(np.mean(errors)),
        "error_p95_px": float(np.percentile(errors, 95)),
        "error_max_px": float(np.max(errors)),
        "chain_12_median_px": float(np.median(chains)),
        "chain_12_p95_px": float(np.percentile(chains, 95)),
        "ms": 1000 * spent / count,
    }


def distance(first: npt.NDArray, second: npt.NDArray, grid: npt.NDArray) -> float:
    """Return the mean distance in pixels between a grid's images under two homographies."""
    return float(np.linalg.norm(move_points(first, grid) - move_points(second, grid), axis=1).mean())


def stretches(data: Path, names: list[str], matches: list[str]) -> list[list[npt.NDArray[np.uint8]]]:
    """Return stretches without a cut, 12.5 frames per second."""
    found = []
    for name in names:
        start, end = STEADY[name]
        found.append(pictures(data / "broadcast/fouls" / f"{name}.mp4", start=start, end=end, step=2))
    for match in matches:
        folder = data / "simulated" / match
        ends = [0, *restarts(read_truth(folder / "tracks.txt"), true_motions(folder)), 3750]
        run = pictures(folder / "video.mp4", end=1500)
        for start, end in pairwise(ends):
            if end <= 1500 and end - start > 40:
                found.append(run[start:end])
    return found


def measure_cuts(parts: list[list[npt.NDArray[np.uint8]]], *, joins: int, seed: int) -> dict[str, float]:
    """Return the share of cuts found within one frame, and the number of false cuts."""
    rng = np.random.default_rng(seed)
    hit = missed = false = looked = 0
    finder, last = CutFinder(), -1
    marks: list[Mark] = []
    joined: list[int] = []
    for _ in range(joins):
        part = int(rng.integers(len(parts)))
        if part == last:
            continue
        last, length = part, min(int(rng.integers(12, 40)), len(parts[part]))
        start = int(rng.integers(max(1, len(parts[part]) - length)))
        marks += [mark for luma in parts[part][start : start + length] for mark in finder.push(luma)]
        joined.append(looked)
        looked += length
    cuts = [mark.cut for mark in [*marks, *finder.finish()]]
    for start, end in pairwise([*joined, looked]):
        if start:
            hit, missed = hit + any(cuts[start : start + 2]), missed + (not any(cuts[start : start + 2]))
        false += sum(cuts[start + 2 : end])
    return {"cuts": hit + missed, "found": hit, "false": false, "pictures": looked}


def cuts_in(seen: list[npt.NDArray[np.uint8]]) -> int:
    """Return the number of cuts found after the first frame."""
    finder = CutFinder()
    marks = [mark for luma in seen for mark in finder.push(luma)] + finder.finish()
    return sum(mark.cut for mark in marks[1:])


def measure_false(parts: list[list[npt.NDArray[np.uint8]]], wide: list[npt.NDArray[np.uint8]]) -> dict[str, int]:
    """Return the number of cuts found in flashes and in pans."""
    flashes = pans = flash_cuts = pan_cuts = 0
    for part in parts:
        seen = [
            np.clip(luma.astype(int) * 2 + 30, 0, 255).astype(np.uint8) if index % 13 in (6, 7) else luma
            for index, luma in enumerate(part[:40])
        ]
        flash_cuts += cuts_in(seen)
        flashes += sum(index % 13 == 6 for index in range(len(seen)))
    for speed in (0.02, 0.05, 0.1):
        window = wide[0].shape[1] // 2
        lefts = [int(index * speed * window) for index in range(int(0.5 / speed))]
        seen = [np.ascontiguousarray(wide[i % len(wide)][:, left : left + window]) for i, left in enumerate(lefts)]
        pan_cuts += cuts_in(seen)
        pans += len(seen)
    return {"flashes": flashes, "flash_cuts": flash_cuts, "pan_pictures": pans, "pan_cuts": pan_cuts}


def main() -> None:
    """Run the benchmark, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=1500, help="frames of each match")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    results: dict[str, dict[str, dict[str, float]]] = {"motion": {}, "cuts": {}}
    for match in ("match_011", "match_013", "match_014"):
        results["motion"][match] = measure_motion(arguments.data / "simulated" / match, count=arguments.count)
        print(match, {name: round(value, 2) for name, value in results["motion"][match].items()})
    wide = pictures(arguments.data / "broadcast/wide_camera_848x478.mp4", end=169, step=2)
    sets = {
        "tuned on": (["action_0/clip_0", "action_1/clip_0", "action_1/clip_1", "action_1/clip_2"], ["match_011"]),
        "held out": (["action_2/clip_0", "action_2/clip_1", "action_2/clip_2"], ["match_013", "match_014"]),
    }
    for name, (clips, matches) in sets.items():
        parts = stretches(arguments.data, clips, matches)
        parts = [*parts, wide] if name == "held out" else parts
        results["cuts"][name] = {**measure_cuts(parts, joins=200, seed=1), **measure_false(parts, wide)}
        print(name, results["cuts"][name])
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
