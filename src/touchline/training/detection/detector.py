"""Training of the detector from end to end: folds that hold out whole matches, then the model that ships.

Run it with ``touchline train recipes/detector.yaml``. The reported detections of a frame come from a model that saw no
frame of its match; nothing (threshold, length, early stopping) is tuned on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from touchline.core.tracks import DETECTION_LABELS, Detections
from touchline.formats.files.atomic import write_json_atomic
from touchline.models.networks.detector import PeakFinder, PeopleDetector
from touchline.models.runtime.fitting import fit_at_corner
from touchline.models.specs.spec import PictureConfig, PictureSpec
from touchline.models.store import load_weights, save_model
from touchline.tracking.detector import select
from touchline.training.detection.crops import CropSampler, CropSettings
from touchline.training.detection.data import LabelledFrames, read_real, read_simulated
from touchline.training.detection.losses import loss_terms
from touchline.training.detection.measure import measure_detections
from touchline.training.detection.planes import planes_of
from touchline.training.detection.stage import Stage, StageSettings
from touchline.training.distributed.group import current_group
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.folds import Part, check_held_out, parts_of
from touchline.training.loop import Loop
from touchline.training.plan import adamw, data_from, plan_training
from touchline.training.recipe import StrictSettings, TrainingSettings


class OptimizerSettings(TrainingSettings):
    """Length and learning rate of the training of one network."""

    steps: int = Field(default=8000, ge=1)


class DetectorLearning(StrictSettings):
    """What the training of one network takes from a recipe.

    Attributes:
        network: arguments of :class:`~touchline.models.networks.detector.PeopleDetector`.
        crops: settings of the training crops.
        stage: settings of crops made in batches on the device; if given, they replace ``crops``.
        optimizer: length and learning rate.

    """

    network: dict[str, Any] = Field(default_factory=dict)
    stage: StageSettings | None = None
    crops: CropSettings = CropSettings()
    optimizer: OptimizerSettings = OptimizerSettings()


class DetectorRecipe(DetectorLearning):
    """A recipe of ``task: detector``.

    Attributes:
        name: of the resulting model file.
        data_root: folder that contains ``real`` and ``simulated``.
        real: folder of real frames with YOLO boxes.
        simulated: folders of simulated matches.
        every: use every n-th frame of a simulated match.
        held_out: groups of real matches; each is scored by a model trained on all others.
        train_on_all: whether to train a last model on every match and ship it; if not, the first held-out model ships,
            so that the shipped model is a measured one.
        sources: training data of each fold: ``both`` ships; ``real`` and ``simulated`` show what each contributes.
        picture: the network's input in use.
        thresholds: confidence thresholds by label.
        precision: arithmetic that the shipped model requests on CPUs.

    """

    task: str = "detector"
    name: str = "people-detector"
    data_root: Path
    real: str = "players"
    simulated: list[str] = Field(default_factory=list)
    every: int = Field(default=6, ge=1)
    held_out: list[list[str]] = Field(min_length=1)
    train_on_all: bool = True
    sources: list[str] = Field(default_factory=lambda: ["both"])
    picture: PictureSpec
    thresholds: dict[str, float] = Field(default_factory=dict)
    precision: str = "bf16"
    licence: str = "Apache-2.0"
    description: str = ""


def train(settings: DetectorRecipe, job: Job) -> Path:
    """Train every fold and the model that ships; resumes an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets caches, checkpoints, ``measured.json`` and the model.

    Returns:
        The model file.

    """
    real = read_real(settings.data_root / settings.real)
    check_held_out(settings.held_out, {group.group for group in real}, leave_others=False)
    with current_group().first_before_others():
        simulated = [
            read_simulated(settings.data_root / folder, every=settings.every, cache=job.cache("cache"))
            for folder in settings.simulated
        ]
    measured = {}
    for source in settings.sources:
        found = held_out_detections(real, simulated, settings, source=source, job=job)
        truth = {group.group: group.truth for group in real}
        measured[source] = measure_detections(truth, found)
        write_json_atomic(job.out / "measured.json", measured)
    _, ships = parts_of(settings.held_out, train_on_all=settings.train_on_all, prefix=f"{settings.sources[0]}_")
    source = "both" if settings.train_on_all else settings.sources[0]
    shipped = _train_part(real, simulated, settings, source=source, part=ships, job=job)
    return save_model(job.out / settings.name, shipped, model_config(shipped, settings, measured), half=True)


def list_runs(settings: DetectorRecipe) -> list[str]:
    """Return the run folders of the networks that a recipe trains, in order."""
    folds = range(len(settings.held_out))
    runs = [f"{source}_{k}" for source in settings.sources if source != "simulated" for k in folds]
    runs += ["simulated"] if "simulated" in settings.sources else []
    return runs + (["all"] if settings.train_on_all else [])


def plan(settings: DetectorRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    return plan_runs(PeopleDetector(**settings.network), dict.fromkeys(list_runs(settings), settings.optimizer.steps))


def held_out_detections(
    real: Sequence[LabelledFrames],
    simulated: Sequence[LabelledFrames],
    settings: DetectorRecipe,
    *,
    source: str,
    job: Job,
) -> dict[str, list[Detections]]:
    """Detect in every real match by a model that saw none of it; ``source`` selects the training data."""
    found: dict[str, list[Detections]] = {}
    for part in parts_of(settings.held_out, train_on_all=False, prefix=f"{source}_")[0]:
        network = _train_part(real, simulated, settings, source=source, part=part, job=job)
        for group in real:
            if group.group in part.held_out:
                found[group.group] = detect_frames(network, group, picture=settings.picture, device=job.device)
    return found


def _train_part(
    real: Sequence[LabelledFrames],
    simulated: Sequence[LabelledFrames],
    settings: DetectorRecipe,
    *,
    source: str,
    part: Part,
    job: Job,
) -> PeopleDetector:
    """Train the network of a part without its held-out groups; all parts share one if trained on simulations."""
    learn = [group for group in real if group.group not in part.held_out] if source in ("both", "real") else []
    sims = simulated if source in ("both", "simulated") else []
    return train_one(learn, sims, settings, part=source if source == "simulated" else part.folder, job=job)


def train_one(
    real: Sequence[LabelledFrames],
    simulated: Sequence[LabelledFrames],
    settings: DetectorLearning,
    *,
    part: str,
    job: Job,
    start: Mapping[str, torch.Tensor] | None = None,
) -> PeopleDetector:
    """Train one network in the folder ``part``, or resume an earlier run; return its averaged weights.

    Args:
        real: real frames, may be empty.
        simulated: simulated frames, may be empty.
        settings: network, crops and optimiser.
        part: folder of the run in ``job.out``.
        job: its device, folder and progress.
        start: weights to begin with; None for random ones.

    """
    optimizer, device, out = settings.optimizer, job.device, job.out / part
    torch.manual_seed(optimizer.seed)
    network = PeopleDetector(**settings.network).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if start is not None:
        load_weights(network, start, source="the network to begin with")
    sampler = _sampler(real, simulated, settings, device=device)
    how = plan_training(
        optimizer,
        out=out,
        lower="optimizer.base_lr",
        data=[(group.group, len(group.truth)) for group in (*real, *simulated)],
        network=[settings.network, asdict(settings.crops if settings.stage is None else settings.stage)],
        clip_norm=10.0,
    )
    loop = Loop(
        network,
        data_from(sampler.draw, *sampler.generators),
        partial(loss_terms, network),
        adamw(network, optimizer),
        how,
        progress=job.progress,
    )
    loop.run()
    load_weights(network, loop.weights(), source=str(out))
    return network.eval()


def _sampler(
    real: Sequence[LabelledFrames], simulated: Sequence[LabelledFrames], settings: DetectorLearning, *, device: str
) -> CropSampler | Stage:
    seed = settings.optimizer.seed
    if settings.stage is None:
        return CropSampler(real, simulated, settings=settings.crops, device=device, seed=seed)
    planes = [planes_of(groups, device=device) if groups else None for groups in (real, simulated)]
    return Stage(planes[0], planes[1], settings=settings.stage, device=device, seed=seed)


@torch.inference_mode()
def detect_frames(
    network: PeopleDetector, frames: LabelledFrames, *, picture: PictureSpec, device: str
) -> list[Detections]:
    """Detect in each frame as the finished detector does."""
    finder = PeakFinder(network).eval().to(device)
    found = []
    for pixels in frames.pixels:
        canvas = np.zeros((picture.height, picture.width, 3), np.uint8)
        scale = fit_at_corner(np.asarray(pixels), into=canvas)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            scores, boxes = finder(torch.from_numpy(canvas)[None].to(device))
        size = (pixels.shape[1], pixels.shape[0])
        found.append(select(scores[0].float().cpu().numpy(), boxes[0].float().cpu().numpy() / scale, size=size))
    return found


def model_config(network: PeopleDetector, settings: DetectorRecipe, measured: Mapping[str, Any]) -> PictureConfig:
    """Return the configuration of the model file."""
    return PictureConfig(
        name=settings.name,
        task="detect",
        architecture="people-detector",
        network=network.settings,
        picture=settings.picture,
        labels=DETECTION_LABELS,
        thresholds=settings.thresholds,
        precision=settings.precision,  # type: ignore[arg-type]
        licence=settings.licence,
        description=settings.description,
        measured={"held_out": measured},
    )


FAMILY = Family("detector", DetectorRecipe, train, plan)
