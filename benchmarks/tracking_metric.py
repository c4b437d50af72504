"""Time touchline's tracking metrics against trackeval, on the same files, in one run.

    python benchmarks/tracking_metric.py [--frames 7500] [--json benchmarks/results/tracking_metric.json]

The set is synthetic: people who run about a pitch in a 1920x1080 picture, and predictions of them with noise, gaps,
false boxes and identities that break and swap. Both sides start from MOT files. "load" ends when the boxes are arrays,
"scores" is everything from there to HOTA, IDF1 and MOTA (including overlaps), "HOTA" is HOTA alone. Every number
reported by trackeval is compared. Needs: pip install --no-deps trackeval==1.3.0.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from touchline.formats.boxes.mot import read_mot
from touchline.metrics.tracking import TrackingReport, evaluate_tracking
from touchline.metrics.tracking.hota import hota
from touchline.metrics.tracking.sequence import sequence

NAME = "match"
SIZE = (1920, 1080)
PICTURE_SPEED_PX = 6.0


def run_about(rng: np.random.Generator, *, frames: int, people: int) -> np.ndarray:
    """Return float64 (frames, people, 4), boxes as left, top, width, height, of people drawn to wandering targets."""
    place = rng.uniform((0, 200), SIZE, (people, 2))
    goal, speed = rng.uniform((0, 200), SIZE, (people, 2)), np.zeros((people, 2))
    boxes = np.empty((frames, people, 4))
    for frame in range(frames):
        arrived = rng.random(people) < 0.02
        goal[arrived] = rng.uniform((0, 200), SIZE, (int(arrived.sum()), 2))
        way = goal - place
        wanted = PICTURE_SPEED_PX * way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), PICTURE_SPEED_PX)
        speed = 0.9 * speed + 0.1 * wanted
        place = place + speed
        height = 40 + 60 * place[:, 1] / SIZE[1]
        boxes[frame] = np.stack([place[:, 0], place[:, 1] - height, 0.4 * height, height], axis=1)
    return boxes


def write_set(folder: Path, *, frames: int, people: int, seed: int) -> tuple[Path, Path, int]:
    """Write truth and predictions in MOT Challenge folders; return both paths and the number of predicted rows."""
    rng = np.random.default_rng(seed)
    boxes = run_about(rng, frames=frames, people=people)
    truth = folder / "gt" / NAME / "gt" / "gt.txt"
    found = folder / "trackers" / "benchmark" / "data" / f"{NAME}.txt"
    for path in (truth, found):
        path.parent.mkdir(parents=True)
    names, fresh = np.arange(people), people
    true_rows, found_rows = [], []
    for frame in range(frames):
        for person in range(people):
            true_rows.append(row(frame, person, boxes[frame, person], 1))
        broken = np.flatnonzero(rng.random(people) < 0.003)
        names[broken] = np.arange(fresh, fresh + len(broken))
        fresh += len(broken)
        if rng.random() < 0.02:
            pair = rng.choice(people, 2, replace=False)
            names[pair] = names[pair[::-1]]
        noisy = boxes[frame] + rng.normal(0, 2.0, (people, 4))
        kept = rng.random(people) < 0.93
        found_rows += [row(frame, names[i], noisy[i], rng.random()) for i in np.flatnonzero(kept)]
        found_rows += [
            row(frame, 10**6 + frame, [*rng.uniform((0, 200), SIZE), 30, 70], 0.3) for _ in range(rng.random() < 0.5)
        ]
    truth.write_text("".join(true_rows))
    found.write_text("".join(found_rows))
    return truth, found, len(found_rows)


def row(frame: int, name: int, box: Any, confidence: float) -> str:
    left, top, width, height = box
    return f"{frame + 1},{name + 1},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{confidence:.4f},1,1\n"


def seconds(work: Callable[[], Any], *, repeats: int) -> tuple[Any, float]:
    """Return the result and the CPU seconds of the fastest run."""
    best, result = float("inf"), None
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        best = min(best, time.process_time() - started)
    return result, best


def run_touchline(truth: Path, found: Path, *, frames: int, repeats: int) -> tuple[dict[str, Any], dict[str, float]]:
    def load() -> list[Any]:
        return [read_mot(path).by_frame(range(1, frames + 1)) for path in (truth, found)]

    sides, load_s = seconds(load, repeats=repeats)
    report: TrackingReport
    report, scores_s = seconds(lambda: evaluate_tracking(*sides), repeats=repeats)
    _, hota_s = seconds(lambda: hota(sequence(*sides)), repeats=repeats)
    curves = {**report.hota.curves(), "HOTA_TP": report.hota.tp, "HOTA_FN": report.hota.fn, "HOTA_FP": report.hota.fp}
    return {**report.results(), **curves}, {"load": load_s, "scores": scores_s, "HOTA": hota_s}


def run_trackeval(folder: Path, *, frames: int, repeats: int) -> tuple[dict[str, Any], dict[str, float]]:
    import trackeval

    with contextlib.redirect_stdout(io.StringIO()):
        data_set = trackeval.datasets.MotChallenge2DBox(
            {
                "GT_FOLDER": str(folder / "gt"),
                "TRACKERS_FOLDER": str(folder / "trackers"),
                "SKIP_SPLIT_FOL": True,
                "SEQ_INFO": {NAME: frames},
                "DO_PREPROC": False,
                "PRINT_CONFIG": False,
            }
        )
    quiet = {"PRINT_CONFIG": False}
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)]

    def load() -> list[Any]:
        return [data_set._load_raw_file("benchmark", NAME, is_gt=side) for side in (True, False)]

    def prepare() -> Any:
        return data_set.get_preprocessed_seq_data(data_set.get_raw_seq_data("benchmark", NAME), "pedestrian")

    def score() -> dict[str, Any]:
        return {key: value for metric in metrics for key, value in metric.eval_sequence(data).items()}

    _, load_s = seconds(load, repeats=repeats)
    data, prepare_s = seconds(prepare, repeats=repeats)
    results, metrics_s = seconds(score, repeats=repeats)
    _, hota_s = seconds(lambda: metrics[0].eval_sequence(data), repeats=repeats)
    overlaps_s = prepare_s - load_s
    return results, {"load": load_s, "scores": overlaps_s + metrics_s, "HOTA": overlaps_s + hota_s}


def gap(own: Any, reference: Any) -> float:
    """Return the largest difference, relative for numbers above 1 (counts and sums)."""
    wanted = np.asarray(reference, float)
    return float(np.max(np.abs(np.asarray(own) - wanted) / np.maximum(1, np.abs(wanted))))


def machine() -> dict[str, Any]:
    """Describe the machine."""
    model = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "load_average_at_start": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "scipy", "pyarrow", "trackeval")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--frames", type=int, default=7500, help="number of frames (default: 5 minutes at 25 frames per second)"
    )
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    report: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth, found, rows = write_set(folder, frames=args.frames, people=args.people, seed=0)
        report["set"] = {"frames": args.frames, "true_boxes": args.frames * args.people, "predicted_boxes": rows}
        own, fast = run_touchline(truth, found, frames=args.frames, repeats=args.repeats)
        reference, slow = run_trackeval(folder, frames=args.frames, repeats=args.repeats)
    difference = max(gap(own[key], reference[key]) for key in reference)
    means = {key: round(float(np.mean(own[key])), 6) for key in ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW")}
    report["values"] = {**means, "numbers_compared": len(reference), "largest_difference": difference}
    for times in (fast, slow):
        times["all"] = times["load"] + times["scores"]
    report["cpu_seconds"] = {
        phase: {
            "touchline": round(fast[phase], 4),
            "trackeval": round(slow[phase], 4),
            "times_faster": round(slow[phase] / fast[phase], 1),
        }
        for phase in ("load", "scores", "HOTA", "all")
    }
    print(f"{rows} predicted boxes in {args.frames} frames; {means}; largest difference {difference:.1e}")
    for phase, entry in report["cpu_seconds"].items():
        print(f"{phase:<7} " + "  ".join(f"{key} {value}" for key, value in entry.items()))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
