"""Training of the built-in spotter from end to end: folds that hold out whole matches, then the model that ships.

Run it with ``touchline train recipes/spotting-simulated.yaml``. Every reported number is on matches that neither the
encoder nor the temporal head of that fold has seen, and nothing (threshold, length, early stopping) is tuned on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BeforeValidator, Field

from touchline.core.clock import us_from_frame
from touchline.core.errors import InputError
from touchline.core.events import Scores, Timeline
from touchline.core.labels import BALL_FPS, labels_named
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.media.sampling import fit_luma, sample_regular
from touchline.media.video import VideoReader
from touchline.metrics.spotting import average_map
from touchline.models.networks.ball_spotter import BallSpotter
from touchline.models.specs.spec import FrameSpec, ModelConfig, PeakSpec
from touchline.models.store import save_model
from touchline.spotting.peaks import find_events
from touchline.training.distributed.group import current_group
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.folds import check_held_out, parts_of
from touchline.training.recipe import StrictSettings
from touchline.training.spotting.ball_encoder import EncoderSettings, Match, train_encoder
from touchline.training.spotting.ball_temporal import (
    TemporalSettings,
    VectorSequence,
    encode_match,
    score_vectors,
    train_head,
)
from touchline.training.spotting.ball_truth import event_targets, read_ball_truth


class BallSpotterRecipe(StrictSettings):
    """A recipe of ``task: ball-spotter``.

    Attributes:
        name: of the resulting model file.
        data_root: folder with one sub-folder per match.
        matches: the match folders.
        held_out: groups of matches; each group is scored by a model trained on the others.
        labels: name of a label set, or the classes, in the order of the network's outputs.
        frame: size and sampling of the frames, and so the model's clock.
        network: arguments of :class:`~touchline.models.networks.ball_spotter.BallSpotter`.
        encoder, temporal: settings of the two training stages.
        peaks: conversion of scores to events.
        thresholds: confidence thresholds of peaks by label, in the shipped model; scoring uses all peaks.
        precision: arithmetic that the shipped model requests on CPUs.

    """

    task: str = "ball-spotter"
    name: str = "ball-spotter"
    data_root: Path
    matches: list[str] = Field(min_length=2)
    held_out: list[list[str]]
    labels: Annotated[tuple[str, ...], BeforeValidator(labels_named)]
    frame: FrameSpec
    network: dict[str, Any] = Field(default_factory=dict)
    encoder: EncoderSettings = EncoderSettings()
    temporal: TemporalSettings = TemporalSettings()
    peaks: PeakSpec = PeakSpec(sigma_samples=1.5, distance_samples=8)
    thresholds: dict[str, float] = Field(default_factory=dict)
    precision: str = "bf16"
    licence: str = "Apache-2.0"
    description: str = ""


def train(settings: BallSpotterRecipe, job: Job) -> Path:
    """Train every fold and the model that ships; resumes an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets caches, checkpoints, ``measured.json`` and the model.

    Returns:
        The model file.

    """
    check_held_out(settings.held_out, settings.matches, leave_others=True)
    with current_group().first_before_others():
        matches = {
            name: load_match(settings.data_root / name, settings.frame, cache=job.cache("cache"))
            for name in settings.matches
        }
    measured_parts, ships = parts_of(settings.held_out, train_on_all=True)
    predictions: dict[str, Timeline] = {}
    for part in measured_parts:
        learn = [matches[name] for name in settings.matches if name not in part.held_out]
        fold = _train_one(learn, settings, part=part.folder, job=job)
        for name in part.held_out:
            vectors = _vectors(fold, matches[name], out=job.out / part.folder, device=job.device)
            predictions[name] = spot_vectors(fold, vectors, settings)
    measured = measure(predictions, matches, settings)
    write_json_atomic(job.out / "measured.json", measured)
    shipped = _train_one(list(matches.values()), settings, part=ships.folder, job=job)
    return save_model(job.out / settings.name, shipped, _model_config(shipped, settings, measured))


def plan(settings: BallSpotterRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    names = [f"held-out-{number}" for number in range(len(settings.held_out))] + ["all"]
    network = BallSpotter(**{"num_classes": len(settings.labels), **settings.network})
    return plan_runs(network, dict.fromkeys(names, settings.encoder.steps + settings.temporal.steps))


def load_match(folder: Path, frame: FrameSpec, *, cache: Path) -> Match:
    """Load a match's truth and its luma on the model's clock, decoded once into a memory-mapped cache."""
    path = cache / f"{folder.name}.npy"
    if not path.exists():
        make_folder(cache)
        with VideoReader(folder / "video.mp4") as reader:
            grid = sample_regular(reader.frames(), fps=frame.fps)
            luma = np.stack([fit_luma(f.luma, width=frame.width, height=frame.height) for _, f in grid])
        _save_array(path, luma)
    truth = read_ball_truth(folder)
    stored = np.load(path, mmap_mode="c")
    if abs(len(stored) - len(truth)) > 1:
        raise InputError(f"{folder}: {len(stored)} frames but {len(truth)} rows of truth; is ball.csv of this match?")
    return Match(folder.name, stored[: len(truth)], truth)


def spot_vectors(network: BallSpotter, vectors: npt.NDArray[np.float32], settings: BallSpotterRecipe) -> Timeline:
    """Return all peaks of a match, of any confidence, as a metric requires."""
    times_us = np.array([us_from_frame(i, fps=settings.frame.fps) for i in range(len(vectors))], np.int64)
    scores = Scores(score_vectors(network, vectors), times_us, settings.labels)
    return find_events(
        scores,
        thresholds=dict.fromkeys(settings.labels, 0.01),
        sigma_samples=settings.peaks.sigma_samples,
        distance_samples=settings.peaks.distance_samples,
        source=settings.name,
    )


def measure(
    predictions: Mapping[str, Timeline], matches: Mapping[str, Match], settings: BallSpotterRecipe
) -> dict[str, Any]:
    """Measure mAP@1 of held-out predictions: over all matches, per class, and for each match."""
    names = sorted(predictions)

    def at1(some: Sequence[str]) -> tuple[float, list[float]]:
        truth = [_only(matches[name].truth.timeline, settings.labels) for name in some]
        result = average_map(truth, [predictions[n] for n in some], labels=settings.labels, fps=BALL_FPS, metric="at1")
        per_class = result["a_mAP_per_class"]
        return float(result["a_mAP"]), [round(float(v), 4) for v in per_class]  # type: ignore[arg-type, union-attr]

    mean, per_class = at1(names)
    return {
        "metric": "SoccerNet mAP@1, whole matches held out",
        "folds": settings.held_out,
        "mAP@1": round(mean, 4),
        "per_class": dict(zip(settings.labels, per_class, strict=True)),
        "per_match": {name: round(at1([name])[0], 4) for name in names},
        "events": {label: _count(matches, names, label) for label in settings.labels},
    }


def _count(matches: Mapping[str, Match], names: Sequence[str], label: str) -> int:
    return sum(event.label == label for name in names for event in matches[name].truth.timeline)


def _only(timeline: Timeline, labels: Sequence[str]) -> Timeline:
    return Timeline(tuple(event for event in timeline if event.label in labels))


def _train_one(matches: Sequence[Match], settings: BallSpotterRecipe, *, part: str, job: Job) -> BallSpotter:
    """Train an encoder and a head on some matches; each stage resumes an earlier run in the folder ``part``."""
    out, device, progress = job.out / part, job.device, job.progress
    torch.manual_seed(settings.encoder.seed)
    network = BallSpotter(num_classes=len(settings.labels), **settings.network)
    train_encoder(network.encoder, matches, settings=settings.encoder, out=out, device=device, progress=progress)
    vectors = {match.name: _vectors(network, match, out=out, device=device) for match in matches}
    sequences = [
        VectorSequence(
            vectors[match.name],
            event_targets(
                match.truth.timeline,
                labels=settings.labels,
                frames=len(match.truth),
                fps=settings.frame.fps,
                radius=settings.temporal.target_radius,
            ),
            match.truth.states(),
        )
        for match in matches
    ]
    network.to("cpu")
    train_head(network, sequences, settings=settings.temporal, out=out / "head", device=device, progress=progress)
    return network


def _vectors(network: BallSpotter, match: Match, *, out: Path, device: str) -> npt.NDArray[np.float32]:
    path = out / f"vectors_{match.name}.npy"
    if not path.exists():
        _save_array(path, encode_match(network, match.luma, device=device).numpy())
        network.to("cpu")
    return np.load(path)


def _save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write to a temporary file and rename it, so that a killed run leaves no truncated file."""
    part = path.with_suffix(".part.npy")
    np.save(part, array)
    part.replace(path)


def _model_config(network: BallSpotter, settings: BallSpotterRecipe, measured: Mapping[str, Any]) -> ModelConfig:
    return ModelConfig(
        name=settings.name,
        architecture="ball-spotter",
        network=network.settings,
        frame=settings.frame,
        labels=settings.labels,
        thresholds=settings.thresholds,
        peaks=settings.peaks,
        edge="repeat",
        precision=settings.precision,  # type: ignore[arg-type]
        licence=settings.licence,
        description=settings.description,
        measured=dict(measured),
    )


FAMILY = Family("ball-spotter", BallSpotterRecipe, train, plan)
