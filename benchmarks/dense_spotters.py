"""Which spotter wins at what cost: slow fusion, two stages, or a dense spotter, on unseen simulated matches.

    python benchmarks/dense_spotters.py head MATCHES... --out FILE
    python benchmarks/dense_spotters.py measure MATCHES... --model NAME=FILE ... --told TRAINED.json

``head`` trains the temporal head of the built-in ball spotter again, on its frozen encoder, on the matches named only;
this takes a minute or two. ``measure`` runs every model from the video to events, on one thread, and writes
benchmarks/results/dense_spotters.json: SoccerNet's mAP@1 and tight, mAP within two frames, by class and match, with
95 % bootstrap intervals over whole matches, and CPU-seconds per minute of video, decoding included. ``--told`` is a
JSON object that says of each model how it was trained; it is copied into the result. Matches must be ones that no model
was trained or chosen on. Two rows need no model: ``ball-spotter``, the built-in one, and ``chance``: events of either
class at random moments, as many as fit.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.events import Event, Timeline
from touchline.formats.soccernet.labels import read_labels
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.spotting import average_map
from touchline.metrics.spotting.by_frame import FrameEvents, evaluate_by_frame
from touchline.models.store import load_model, read_config, save_model
from touchline.spotting.dense.spotter import load_dense_spotter
from touchline.spotting.spotter import BaseSpotter, load_spotter
from touchline.training.spotting.ball_spotter import BallSpotterRecipe, load_match
from touchline.training.spotting.ball_temporal import VectorSequence, encode_match, train_head
from touchline.training.spotting.ball_truth import event_targets

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


def run_model(name: str, matches: Sequence[Match]) -> Run:
    """Run a model over all matches; loading it is not counted."""
    spotter = load(name)
    results = {match.name: spot(spotter, match) for match in matches}
    spent_s = sum(seconds for _, seconds in results.values())
    minutes = sum(match.minutes for match in matches)
    return Run({key: found for key, (found, _) in results.items()}, spent_s / minutes)


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


def train_two_stage_head(folders: Sequence[Path], out: Path) -> Path:
    """Train the temporal head of the built-in ball spotter again, on some matches only, and save the whole model."""
    loaded = load_model("ball-spotter")
    network: Any = loaded.network
    settings = BallSpotterRecipe.model_fields["temporal"].default
    frame, began_s = loaded.config.frame, time.process_time()
    sequences = []
    for folder in folders:
        match = load_match(folder, frame, cache=out.parent / "cache")
        targets = event_targets(
            match.truth.timeline, labels=LABELS, frames=len(match.truth), fps=frame.fps, radius=settings.target_radius
        )
        vectors = encode_match(network, match.luma, device="cpu").numpy()
        sequences.append(VectorSequence(vectors, targets, match.truth.states()))
    fresh = type(network)(**network.settings)
    fresh.encoder.load_state_dict(network.encoder.state_dict())
    train_head(fresh, sequences, settings=settings, out=out.parent / "two-stage-head", device="cpu")
    measured = {"cpu_s": round(time.process_time() - began_s, 1), "matches": [folder.name for folder in folders]}
    config = loaded.config.model_copy(update={"name": "two-stage-again", "measured": measured})
    return save_model(out, fresh.eval(), config)


def measure_all(arguments: argparse.Namespace) -> None:
    """Measure every model and write the result."""
    matches = [read_match(folder) for folder in arguments.folders]
    runs = {"ball-spotter (built-in)": run_model("ball-spotter", matches)}
    for given in arguments.model:
        name, _, path = given.partition("=")
        runs[name] = run_model(path, matches)
    runs["chance"] = by_chance(matches)
    told = json.loads(arguments.told.read_text()) if arguments.told else {}
    builtin = runs["ball-spotter (built-in)"]
    result = {
        "matches": {match.name: round(match.minutes, 2) for match in matches},
        "events": {label: sum(e.label == label for m in matches for e in m.truth) for label in LABELS},
        "models": {
            name: {
                "trained": told.get(name, "see its card"),
                **scored(run, matches),
                **({} if run is builtin else {"mAP@1 minus the built-in": against(run, builtin, matches)}),
            }
            for name, run in runs.items()
        },
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def main() -> None:
    """Train the head again, or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True, dest="verb")
    head = verbs.add_parser("head")
    head.add_argument("folders", nargs="+", type=Path)
    head.add_argument("--out", type=Path, required=True)
    measure = verbs.add_parser("measure")
    measure.add_argument("folders", nargs="+", type=Path)
    measure.add_argument("--model", action="append", default=[], metavar="NAME=FILE")
    measure.add_argument("--told", type=Path)
    arguments = parser.parse_args()
    if arguments.verb == "head":
        print(train_two_stage_head(arguments.folders, arguments.out))
    else:
        measure_all(arguments)


if __name__ == "__main__":
    main()
