"""Time touchline's spotting metric against the SoccerNet package, on the same files, in one run.

    python benchmarks/spotting_metric.py [--games 100] [--out benchmarks/results/spotting_metric.json]

The set is synthetic: 100 games, 10,000 true events and 500,000 predictions of 17 classes (about 60 MB of JSON), in the
layout and under the game names of SoccerNet's test split. Both sides start from the files. The phase "load" reads files
into event arrays and ends when the first scored array exists; "evaluate" does the rest. Needs: pip install --no-deps
SoccerNet==0.2.0, and tqdm.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.labels import SOCCERNET_V2

FPS = 2
HALF_MS = 45 * 60_000
METRICS = ("at1", "tight", "loose")
KEYS = ("a_mAP", "a_mAP_visible", "a_mAP_unshown")


def write_set(folder: Path, names: list[str], *, events: int, predictions: int, seed: int) -> int:
    """Write truth and predictions of the games; return the bytes of the predictions."""
    rng = np.random.default_rng(seed)
    size = 0
    for name in names:
        truth = draw_truth(rng, events)
        for kind, file, rows in (
            ("truth", "Labels-v2.json", [annotation(*row) for row in truth]),
            ("predictions", "results_spotting.json", draw_predictions(rng, truth, predictions)),
        ):
            path = folder / kind / name / file
            path.parent.mkdir(parents=True)
            key = "annotations" if kind == "truth" else "predictions"
            path.write_text(json.dumps({"UrlLocal": name, key: rows}))
            size += path.stat().st_size if kind == "predictions" else 0
    return size


def draw_truth(rng: np.random.Generator, count: int) -> list[tuple[int, int, int, bool]]:
    """Return (half, class, ms, visible) of the true events of a game."""
    weights = 1 / np.arange(2, len(SOCCERNET_V2) + 2)
    classes = rng.choice(len(SOCCERNET_V2), count, p=weights / weights.sum())
    shown = rng.random(count) < 0.8
    times = np.sort(rng.integers(0, HALF_MS, count))
    return [(1 + i % 2, int(classes[i]), int(times[i]), bool(shown[i])) for i in range(count)]


def annotation(half: int, cls: int, ms: int, visible: bool) -> dict[str, str]:
    shown = "visible" if visible else "not shown"
    return {**place(half, cls, ms), "team": "home", "visibility": shown}


def place(half: int, cls: int, ms: int) -> dict[str, str]:
    clock = f"{half} - {ms // 60_000:02d}:{ms // 1000 % 60:02d}"
    return {"gameTime": clock, "label": SOCCERNET_V2[cls], "position": str(ms)}


def draw_predictions(
    rng: np.random.Generator, truth: list[tuple[int, int, int, bool]], count: int
) -> list[dict[str, str]]:
    """Return predictions that find most true events within seconds, among many of low confidence."""
    rows = []
    for half, cls, ms, _ in truth:
        if rng.random() < 0.8:
            near = int(np.clip(ms + rng.normal(0, 3000), 0, HALF_MS)) // 500 * 500
            rows.append(prediction(half, cls, near, float(rng.beta(4, 2))))
    halves, classes = rng.integers(1, 3, count), rng.integers(0, len(SOCCERNET_V2), count)
    times, scores = rng.integers(0, HALF_MS // 500, count) * 500, rng.beta(1, 6, count).astype(np.float32)
    more = range(len(rows), count)
    return rows + [prediction(int(halves[i]), int(classes[i]), int(times[i]), float(scores[i])) for i in more]


def prediction(half: int, cls: int, ms: int, confidence: float) -> dict[str, str]:
    return {**place(half, cls, ms), "half": str(half), "confidence": str(confidence)}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress the package's progress bars."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        yield


def run_soccernet(
    folder: Path, metric: str, names: list[str]
) -> tuple[dict[str, Any], Callable[[], tuple[float, float]]]:
    """Return the results of the package, and the clock at the end of its loading."""
    from SoccerNet.Evaluation import ActionSpotting as package

    seen: list[tuple[float, float]] = []
    score, games = package.average_mAP, package.getListGames

    def timed(*args: Any, **kwargs: Any) -> Any:
        seen.append((time.perf_counter(), time.process_time()))
        return score(*args, **kwargs)

    package.average_mAP, package.getListGames = timed, lambda **_: names
    try:
        with quiet():
            results = package.evaluate(str(folder / "truth"), str(folder / "predictions"), metric=metric, framerate=FPS)
    finally:
        package.average_mAP, package.getListGames = score, games
    return results, lambda: seen[0]


def run_touchline(
    folder: Path, metric: str, names: list[str]
) -> tuple[dict[str, Any], Callable[[], tuple[float, float]]]:
    """Return the results of touchline, and the clock at the end of its loading."""
    from touchline.formats.soccernet.games import load_games, pair_games
    from touchline.metrics.spotting import average_map

    truth = load_games(folder / "truth", kind="annotations")
    found = load_games(folder / "predictions", kind="predictions")
    pairs = pair_games(truth, found).pairs
    loaded = (time.perf_counter(), time.process_time())
    games, predictions = [pair.truth.columns for pair in pairs], [pair.predictions for pair in pairs]
    return average_map(games, predictions, labels=SOCCERNET_V2, fps=FPS, metric=metric), lambda: loaded


def measure(run: Callable[..., Any], *args: Any) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the results and the wall and CPU seconds of each phase."""
    gc.collect()
    start = (time.perf_counter(), time.process_time())
    results, loaded_at = run(*args)
    end = (time.perf_counter(), time.process_time())
    loaded = loaded_at()
    seconds = {}
    for i, clock in enumerate(("wall_s", "cpu_s")):
        seconds[f"load_{clock}"] = loaded[i] - start[i]
        seconds[f"evaluate_{clock}"] = end[i] - loaded[i]
        seconds[f"total_{clock}"] = end[i] - start[i]
    return results, seconds


def best_of(run: Callable[..., Any], repeats: int, *args: Any) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the results and the fastest run by CPU seconds."""
    runs = [measure(run, *args) for _ in range(repeats)]
    return min(runs, key=lambda r: r[1]["total_cpu_s"])


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
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "orjson", "SoccerNet")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=100)
    parser.add_argument("--events", type=int, default=100, help="true events per game")
    parser.add_argument("--predictions", type=int, default=5000, help="predictions per game")
    parser.add_argument(
        "--repeats", type=int, default=5, help="runs of touchline; the SoccerNet package runs --soccernet-repeats"
    )
    parser.add_argument("--soccernet-repeats", type=int, default=2)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    names = [f"league/season/game {i:03d}" for i in range(args.games)]
    report: dict[str, Any] = {"machine": machine(), "set": {}, "metrics": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_set(folder, names, events=args.events, predictions=args.predictions, seed=0)
        report["set"] = {
            "games": args.games,
            "true_events": args.games * args.events,
            "predictions": args.games * args.predictions,
            "prediction_bytes": size,
            "fps": FPS,
            "classes": len(SOCCERNET_V2),
        }
        for metric in METRICS:
            own, fast = best_of(run_touchline, args.repeats, folder, metric, names)
            reference, slow = best_of(run_soccernet, args.soccernet_repeats, folder, metric, names)
            difference = max(float(np.max(np.abs(np.array(own[k]) - np.array(reference[k])))) for k in reference)
            ratios = {key: round(slow[key] / fast[key], 1) for key in fast}
            rounded = [{key: round(value, 4) for key, value in seconds.items()} for seconds in (fast, slow)]
            report["metrics"][metric] = {
                **{key: own[key] for key in KEYS},
                "largest_difference": difference,
                "touchline": rounded[0],
                "soccernet": rounded[1],
                "times_faster": ratios,
            }
            print(metric, json.dumps(report["metrics"][metric], indent=1), file=sys.stderr)
    text = json.dumps(report, indent=2)
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
