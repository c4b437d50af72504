"""Which spotter wins at what cost: slow fusion, two stages, or a dense spotter, on unseen simulated matches.

    python benchmarks/dense_spotters.py MATCHES... --model NAME=FILE ... --trained TRAINED.json
    python benchmarks/dense_spotters.py --speed

Runs every model from the video to events, on one thread, and writes benchmarks/results/dense_spotters.json: SoccerNet's
mAP@1 and tight, mAP within two frames, by class and match, with 95 % bootstrap intervals over whole matches, and
CPU-seconds per minute of video, decoding included. The models take turns match by match, so that a busy machine is as
busy for one as for the other; "cost in built-ins" compares each with the built-in one of the same run. ``--add`` keeps
the models that the result has from runs before. ``--trained`` is a JSON object that says of each model how it was
trained; it is copied into the result. Matches must be ones that no model was trained or chosen on. Two rows need no
model: ``ball-spotter``, the built-in one, and ``chance``: events of either class at random moments, as many as fit.

``--speed`` adds what a frame costs in training, forwards and backwards in bf16 on one thread, by encoder and size.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.core.events import Event, Timeline
from touchline.formats.soccernet.labels import read_labels
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.spotting import average_map
from touchline.metrics.spotting.by_frame import FrameEvents, evaluate_by_frame
from touchline.models.networks.dense import DenseSpotter
from touchline.models.networks.dense.places import PlaceEncoder
from touchline.models.store import read_config
from touchline.spotting.dense.spotter import load_dense_spotter
from touchline.spotting.spotter import BaseSpotter, load_spotter
from touchline.training.dense.training import dense_channels_last

RESULT = Path(__file__).parent / "results" / "dense_spotters.json"
LABELS = ("PASS", "DRIVE")
BALL_FPS, VIDEO_FPS = 25.0, 12.5
FLOOR = 0.01
ROUNDS = 500
CHANCE_EVERY_S = 0.64


@dataclass(frozen=True)
class Match:
    """An unseen match: its video, its minutes and its true passes and drives."""

    name: str
    video: Path
    minutes: float
    truth: Timeline


@dataclass(frozen=True)
class Run:
    """What a model found in every match, and its CPU-seconds per minute of video."""

    found: dict[str, Timeline]
    cpu_s_per_minute: float


def read_match(folder: Path) -> Match:
    """Read a match's labels."""
    truth = Timeline(tuple(event for event in read_labels(folder / "Labels-ball.json") if event.label in LABELS))
    with VideoReader(folder / "video.mp4") as reader:
        return Match(folder.name, folder / "video.mp4", reader.info.duration_us / 60e6, truth)


def load(name: str) -> BaseSpotter:
    """Load a spotter of either kind, for one thread of the CPU."""
    dense = name.endswith(".safetensors") and read_config(name).task == "spot-dense"
    return (load_dense_spotter if dense else load_spotter)(name, device="cpu", threads=1)


def spot(spotter: BaseSpotter, match: Match) -> tuple[Timeline, float]:
    """Return all events that a spotter finds in a match, however unsure, and the CPU-seconds that it took."""
    began_s = time.process_time()
    with VideoReader(match.video, threads=1) as reader:
        frames = sample_regular(reader.frames(), fps=spotter.fps)
        scores = spotter.scores((index, spotter.picture_of(frame)) for index, frame in frames)
    found = spotter.events(scores, thresholds=dict.fromkeys(spotter.labels, FLOOR))
    spent_s = time.process_time() - began_s
    return Timeline(tuple(event for event in found if event.label in LABELS)), spent_s


def run_models(files: Mapping[str, str], matches: Sequence[Match]) -> dict[str, Run]:
    """Run models, by name their files, over all matches, taking turns; loading them is not counted."""
    spotters = {name: load(file) for name, file in files.items()}
    found: dict[str, dict[str, Timeline]] = {name: {} for name in files}
    spent_s = dict.fromkeys(files, 0.0)
    for match in matches:
        for name, spotter in spotters.items():
            found[name][match.name], seconds = spot(spotter, match)
            spent_s[name] += seconds
    minutes = sum(match.minutes for match in matches)
    return {name: Run(found[name], spent_s[name] / minutes) for name in files}


def by_chance(matches: Sequence[Match], *, seed: int = 0) -> Run:
    """Return events of both classes, evenly spaced, with random confidence."""
    random = np.random.default_rng(seed)
    found = {}
    for match in matches:
        moments = np.arange(CHANCE_EVERY_S / 2, match.minutes * 60, CHANCE_EVERY_S)
        events = [
            Event(label, round(at_s * 1e6), confidence=float(random.random())) for label in LABELS for at_s in moments
        ]
        found[match.name] = Timeline(tuple(events))
    return Run(found, 0.0)


Measure = Callable[[Sequence[Match], Sequence[Timeline]], list[float]]


def soccernet(metric: str) -> Measure:
    """Return a function for the average precision of each label by SoccerNet's average-mAP."""

    def measure(matches: Sequence[Match], found: Sequence[Timeline]) -> list[float]:
        truth = [match.truth for match in matches]
        result = average_map(truth, found, labels=LABELS, fps=BALL_FPS, metric=metric)
        return np.asarray(result["a_mAP_per_class"], np.float64).tolist()

    return measure


def within_two_frames(matches: Sequence[Match], found: Sequence[Timeline]) -> list[float]:
    """Return the average precision of each label within two frames of the video."""
    truth = [FrameEvents.of(match.truth, fps=VIDEO_FPS) for match in matches]
    some = [FrameEvents.of(one, fps=VIDEO_FPS) for one in found]
    return evaluate_by_frame(truth, some, tolerance=2, labels=LABELS).ap.tolist()


METRICS: dict[str, Measure] = {
    "mAP@1": soccernet("at1"),
    "tight": soccernet("tight"),
    "within 2 frames": within_two_frames,
}


def scored(run: Run, matches: Sequence[Match]) -> dict[str, Any]:
    """Return all metrics of a run, with intervals over matches, by class and by match."""
    result: dict[str, Any] = {"cpu_s_per_video_minute": round(run.cpu_s_per_minute, 2)}
    for name, measure in METRICS.items():

        def mean(rows: Any, measure: Measure = measure) -> float:
            some = [matches[int(row)] for row in rows]
            return float(np.mean(measure(some, [run.found[match.name] for match in some])))

        interval = over_groups(mean, [match.name for match in matches], rounds=ROUNDS)
        by_class = measure(matches, [run.found[match.name] for match in matches])
        result[name] = {
            **{key: round(value, 4) for key, value in interval.to_json().items()},
            "by class": {label: round(value, 4) for label, value in zip(LABELS, by_class, strict=True)},
            "by match": {match.name: round(mean([row]), 4) for row, match in enumerate(matches)},
        }
    return result


def against(run: Run, other: Run, matches: Sequence[Match]) -> dict[str, float]:
    """Return by how much a run is better than another in mAP@1, with its interval over matches."""

    def gain(rows: Any) -> float:
        some = [matches[int(row)] for row in rows]
        one, two = (np.mean(METRICS["mAP@1"](some, [r.found[match.name] for match in some])) for r in (run, other))
        return float(one - two)

    interval = over_groups(gain, [match.name for match in matches], rounds=ROUNDS)
    return {key: round(value, 4) for key, value in interval.to_json().items()}


def measure_all(arguments: argparse.Namespace) -> None:
    """Measure every model and write the result."""
    matches = [read_match(folder) for folder in arguments.folders]
    given = dict(one.split("=", 1) for one in arguments.model)
    runs = run_models({"ball-spotter (built-in)": "ball-spotter", **given}, matches)
    runs["chance"] = by_chance(matches)
    trained = json.loads(arguments.trained.read_text()) if arguments.trained else {}
    builtin = runs["ball-spotter (built-in)"]
    before = json.loads(RESULT.read_text(encoding="utf-8")) if arguments.add else {}
    result = {
        **before,
        "matches": {match.name: round(match.minutes, 2) for match in matches},
        "events": {label: sum(e.label == label for m in matches for e in m.truth) for label in LABELS},
        "models": before.get("models", {})
        | {
            name: {
                "trained": trained.get(name, "see its card"),
                "cost in built-ins": round(run.cpu_s_per_minute / builtin.cpu_s_per_minute, 2),
                **scored(run, matches),
                **({} if run is builtin else {"mAP@1 minus the built-in": against(run, builtin, matches)}),
            }
            for name, run in runs.items()
        },
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def training_ms(encoder: str, shift: Any, *, width: int, height: int, frames: int = 16) -> float:
    """Return the CPU-milliseconds a frame of a dense spotter's forward and backward pass, the best of three."""
    torch.set_num_threads(1)
    network = DenseSpotter(encoder=encoder, shift=shift, label_counts=(2,), clip_length=frames)
    dense_channels_last(network)
    if isinstance(network.encoder, PlaceEncoder):
        network.encoder.piece = 8
    clip = torch.rand(1, frames, 3, height, width)
    times_s = []
    for _ in range(3):
        began_s = time.process_time()
        with torch.autocast("cpu", torch.bfloat16):
            said = network(clip)
        said.classes[0].float().square().mean().backward()
        times_s.append(time.process_time() - began_s)
    return round(1000 * min(times_s) / frames, 1)


def add_speed() -> None:
    """Add the speed of training to the result."""
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    kinds = (("regnety_002", "gsf"), ("regnety_small", "gsm"), ("places", "none"))
    result["training ms a frame"] = {
        f"{encoder} {width}x{height}": training_ms(encoder, shift, width=width, height=height)
        for encoder, shift in kinds
        for width, height in ((400, 224), (640, 360))
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result["training ms a frame"], indent=1))


def main() -> None:
    """Measure the models named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--trained", type=Path)
    parser.add_argument("--add", action="store_true")
    parser.add_argument("--speed", action="store_true")
    arguments = parser.parse_args()
    if arguments.speed:
        add_speed()
    else:
        measure_all(arguments)


if __name__ == "__main__":
    main()
