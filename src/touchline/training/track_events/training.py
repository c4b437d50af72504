"""Training of the model of events from tracks from end to end: exact matches, varied copies, training, thresholds.

Run it with ``touchline train recipes/track-events.yaml --set data_root=FOLDER``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.core.arrays import Floats32
from touchline.core.errors import InputError, UsageError
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.models.networks.track_events import TrackEventNet
from touchline.models.specs.track_event_spec import OFF, TrackEventConfig
from touchline.models.store import save_model
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.model import TrackEventModel, as_families
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.loop import Loop
from touchline.training.plan import adamw, plan_training
from touchline.training.track_events.learning import PieceData, label_weights, loss_terms, network_arguments
from touchline.training.track_events.measure import (
    Found,
    average_precision,
    best_threshold,
    f1_at,
    fit_calibration,
    peaks_found,
    pooled,
)
from touchline.training.track_events.settings import TrackEventRecipe
from touchline.training.track_events.truth import MatchTruth, read_truth
from touchline.training.track_events.variation import Example, varied_example

MEASURED = "measured.json"
_VALIDATION_SEED = 1_000_000


def train(settings: TrackEventRecipe, job: Job) -> Path:
    """Train the model on varied copies of simulated matches; choose its thresholds on others.

    Returns:
        The model file.

    Raises:
        InputError: the matches cannot be read.
        UsageError: the recipe names no folder or matches that are not there.

    """
    make_folder(job.out)
    lessons, validation = read_matches(settings)
    varied = varied_copies(lessons, settings)
    network = train_network(varied, settings, job)
    config = chosen_config(network, varied_copies(validation, settings, seed=_VALIDATION_SEED), settings)
    write_json_atomic(job.out / MEASURED, config.measured)
    return save_model(job.out / settings.name, network, config)


def read_matches(settings: TrackEventRecipe) -> tuple[list[MatchTruth], list[MatchTruth]]:
    """Read the matches to learn from and those for validation.

    Raises:
        InputError: a match cannot be read.
        UsageError: no folder, or no match to learn from.

    """
    if settings.data_root is None:
        raise UsageError("data_root is not set; name the folder of the simulated matches: --set data_root=FOLDER")
    there = sorted(path.parent.name for path in settings.data_root.glob("*/Labels-ball.json"))
    chosen = settings.train or [name for name in there if name not in settings.validation]
    if missing := sorted({*chosen, *settings.validation} - set(there)):
        raise UsageError(f"{settings.data_root} has no match {missing[0]!r}; it has {', '.join(there) or 'none'}")
    if not chosen:
        raise UsageError(f"{settings.data_root} has no match besides those for validation")
    return [_read(settings.data_root / name) for name in chosen], [
        _read(settings.data_root / name) for name in settings.validation
    ]


def varied_copies(matches: Sequence[MatchTruth], settings: TrackEventRecipe, *, seed: int = 0) -> list[Example]:
    """Return varied copies of matches; the same settings give the same copies."""
    return [
        varied_example(
            truth,
            variation=settings.variation,
            spread_s=settings.loss.spread_s,
            random=np.random.default_rng([settings.optimizer.seed + seed, number, copy]),
        )
        for number, truth in enumerate(matches)
        for copy in range(settings.variation.copies)
    ]


def train_network(examples: Sequence[Example], settings: TrackEventRecipe, job: Job) -> TrackEventNet:
    """Train a network on examples and return it with its averaged weights."""
    torch.manual_seed(settings.optimizer.seed)
    network = build_network(settings).to(job.device)
    weights = torch.from_numpy(label_weights(examples, rare=settings.loss.rare)).to(job.device)

    def step(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        there = {name: tensor.to(job.device) for name, tensor in batch.items()}
        return loss_terms(network, there, weights=weights, loss=settings.loss)

    loop = Loop(
        network,
        PieceData(examples, settings=settings.optimizer).data,
        step,
        adamw(network, settings.optimizer),
        plan_training(
            settings.optimizer,
            out=job.out,
            lower="optimizer.base_lr",
            data=[len(example.features) for example in examples],
            network=network_arguments(settings.network),
            clip_norm=1.0,
        ),
        progress=job.progress,
    )
    loop.run(resume=job.resume)
    network.load_state_dict(loop.weights())
    return network.to("cpu").eval()


def build_network(settings: TrackEventRecipe) -> TrackEventNet:
    """Build an untrained network.

    Raises:
        UsageError: invalid arguments.

    """
    try:
        return TrackEventNet(**network_arguments(settings.network))
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(f"network {settings.network} cannot be built: {error}") from error


def chosen_config(network: TrackEventNet, examples: Sequence[Example], settings: TrackEventRecipe) -> TrackEventConfig:
    """Return the configuration with thresholds and calibration chosen on validation examples."""
    config = TrackEventConfig(
        name=settings.name,
        architecture="track-events",
        network=network_arguments(settings.network),
        labels=TRACK_LABELS,
        licence=settings.licence,
        description=settings.description,
    )
    model = TrackEventModel(network, config)
    curves = [model.score(example.features).events for example in examples]
    precision = {label: average_precision(one) for label, one in found_in(curves, examples).items()}
    off = {label for label, value in precision.items() if not value >= settings.off_below}
    found = found_in([as_families(one, off=off) for one in curves], examples)
    on = [label for label in TRACK_LABELS if label not in off]
    thresholds = {label: OFF for label in TRACK_LABELS if label in off} | {
        label: round(best_threshold(found[label]), 3) for label in on
    }
    calibration = {label: fit_calibration(found[label]) for label in on}
    measured = {"validation": measured_by_label(found), "validated_on": [*settings.validation]}
    return config.model_copy(update={"thresholds": thresholds, "calibration": calibration, "measured": measured})


def measured_by_label(found: Mapping[str, Found]) -> dict[str, Any]:
    """Return average precision, best F1 and the number of events of each label that occurs."""
    return {
        label: {
            "ap": round(average_precision(one), 3),
            "f1": round(f1_at(one, best_threshold(one)), 3),
            "events": one.truths,
        }
        for label, one in found.items()
        if one.truths
    }


def found_in(curves: Sequence[Floats32], examples: Sequence[Example]) -> dict[str, Found]:
    """Return what the curves of examples find of each label."""
    pairs = zip(curves, examples, strict=True)
    each = [peaks_found(curve, one.times_us, true_times(one)) for curve, one in pairs]
    return {label: pooled([found[label] for found in each]) for label in TRACK_LABELS}


def true_times(example: Example) -> dict[str, Any]:
    """Return the true times of each label, microseconds."""
    labels = {event.label for event in example.events}
    return {
        label: np.array([event.time_us for event in example.events if event.label == label], np.int64)
        for label in labels
    }


def plan(settings: TrackEventRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the run of a recipe; needs no data."""
    return plan_runs(build_network(settings), {settings.name: settings.optimizer.steps})


def _read(folder: Path) -> MatchTruth:
    try:
        return read_truth(folder)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: not a simulated match: {error}") from error


FAMILY = Family("track-events", TrackEventRecipe, train, plan, needs_data_root=False)
