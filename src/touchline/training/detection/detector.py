"""The detector's training from end to end: folds that hold out whole matches, then the model that ships.

Run it with ``touchline train recipes/detector.yaml``. A frame's reported detections come from a model that saw no
frame of its match; nothing (threshold, length, stopping) is chosen on them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch.nn.utils import clip_grad_norm_

from touchline.core.errors import InputError
from touchline.core.tracks import DETECTION_LABELS, Detections
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.models.networks.detector import PeakFinder, PeopleDetector
from touchline.models.runtime.fitting import fit_at_corner
from touchline.models.specs.spec import PictureConfig, PictureSpec
from touchline.models.store import load_weights, save_model
from touchline.tracking.detector import select
from touchline.training.checkpoint import load_checkpoint, save_checkpoint
from touchline.training.detection.crops import CropSampler, CropSettings, DetectionBatch
from touchline.training.detection.data import LabelledFrames, read_real, read_simulated
from touchline.training.detection.measure import measure_detections
from touchline.training.detection.targets import (
    BOX_WEIGHT,
    SIMULATED_BOX_WEIGHT,
    box_loss,
    detection_targets,
    heat_loss,
    role_loss,
)
from touchline.training.ema import Ema
from touchline.training.finite import LossGuard
from touchline.training.logs import MetricLog
from touchline.training.schedule import WarmupCosine, set_learning_rate


class OptimizerSettings(BaseModel):
    """How long and how fast one network learns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = 8000
    base_lr: float = 2e-3
    weight_decay: float = 0.05
    ema_decay: float = 0.999
    save_every: int = 500
    seed: int = 0


class DetectorRecipe(BaseModel):
    """A recipe of ``task: detector``.

    Attributes:
        name: of the model file that comes out.
        data_root: folder with ``real`` and ``simulated`` in it.
        real: folder of real frames with YOLO boxes.
        simulated: folders of simulated matches.
        every: one frame in so many of a simulated match.
        held_out: groups of real matches; each is scored by a model that was trained on all others.
        train_on_all: whether a last model, trained on every match, ships; if not, the first of the held-out models
            does, so that what was measured is what ships.
        sources: what each fold trains on: ``both`` ships; ``real`` and ``simulated`` alone show what each is worth.
        picture: what the network gets in use.
        network: arguments of :class:`~touchline.models.networks.detector.PeopleDetector`.
        crops: how training crops are cut.
        optimizer: how long and how fast it learns.
        thresholds: confidence from which on a label is shown.
        precision: arithmetic the shipped model asks for on CPUs.

    """

    model_config = ConfigDict(extra="forbid")

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
    network: dict[str, Any] = Field(default_factory=dict)
    crops: CropSettings = CropSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    thresholds: dict[str, float] = Field(default_factory=dict)
    precision: str = "bf16"
    licence: str = "Apache-2.0"
    description: str = ""


def train(recipe: Mapping[str, Any], *, out: Path, device: str = "cpu") -> Path:
    """Train every fold and the model that ships; resumes where an earlier run in ``out`` stopped.

    Args:
        recipe: the content of the recipe file.
        out: folder for caches, checkpoints, held-out detections, ``measured.json`` and the model.
        device: where to train, ``"cpu"`` or ``"cuda"``.

    Returns:
        The model file.

    """
    settings = DetectorRecipe.model_validate(dict(recipe))
    real = read_real(settings.data_root / settings.real)
    _check_groups(real, settings)
    simulated = [
        read_simulated(settings.data_root / folder, every=settings.every, cache=out / "cache")
        for folder in settings.simulated
    ]
    measured = {}
    for source in settings.sources:
        found = held_out_detections(real, simulated, settings, source=source, out=out, device=device)
        truth = {group.group: group.truth for group in real}
        measured[source] = measure_detections(truth, found)
        write_json_atomic(out / "measured.json", measured)
    unseen = [] if settings.train_on_all else settings.held_out[0]
    learn = [group for group in real if group.group not in unseen]
    folder = out / ("all" if settings.train_on_all else f"{settings.sources[0]}_0")
    shipped = train_one(learn, simulated, settings.optimizer, settings=settings, out=folder, device=device)
    return save_model(out / settings.name, shipped, model_config(shipped, settings, measured), half=True)


def list_runs(settings: DetectorRecipe) -> list[str]:
    """The folders of the networks that a recipe trains, in order."""
    folds = range(len(settings.held_out))
    runs = [f"{source}_{k}" for source in settings.sources if source != "simulated" for k in folds]
    runs += ["simulated"] if "simulated" in settings.sources else []
    return runs + (["all"] if settings.train_on_all else [])


def held_out_detections(
    real: Sequence[LabelledFrames],
    simulated: Sequence[LabelledFrames],
    settings: DetectorRecipe,
    *,
    source: str,
    out: Path,
    device: str,
) -> dict[str, list[Detections]]:
    """Detections in every real match by a model that saw none of it; ``source`` alone trains the models."""
    found: dict[str, list[Detections]] = {}
    sims = simulated if source in ("both", "simulated") else []
    for number, held in enumerate(settings.held_out):
        learn = [group for group in real if group.group not in held] if source in ("both", "real") else []
        folder = out / (source if source == "simulated" else f"{source}_{number}")
        network = train_one(learn, sims, settings.optimizer, settings=settings, out=folder, device=device)
        for group in real:
            if group.group in held:
                found[group.group] = detect_frames(network, group, picture=settings.picture, device=device)
    return found


def train_one(
    real: Sequence[LabelledFrames],
    simulated: Sequence[LabelledFrames],
    optimizer: OptimizerSettings,
    *,
    settings: DetectorRecipe,
    out: Path,
    device: str,
) -> PeopleDetector:
    """Train one network, or read the one that an earlier run finished; returns its averaged weights."""
    make_folder(out)
    torch.manual_seed(optimizer.seed)
    network = PeopleDetector(**settings.network).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = Ema(network, optimizer.ema_decay)
    adam = torch.optim.AdamW(network.parameters(), lr=optimizer.base_lr, weight_decay=optimizer.weight_decay)
    checkpoint = out / "checkpoint.pt"
    first = 0
    if checkpoint.exists():
        state = load_checkpoint(checkpoint, device=device)
        first = int(state["step"])
        network.load_state_dict(state["network"])
        ema.load_state_dict(state["ema"])
        adam.load_state_dict(state["optimizer"])
    if first < optimizer.steps:
        sampler = CropSampler(
            real,
            simulated,
            settings=settings.crops,
            device=device,
            seed=optimizer.seed + first,
        )
        _run(network, ema, adam, sampler, optimizer, first=first, out=out)
    load_weights(network, ema.state_dict(), source=str(out))
    return network.eval()


def _run(
    network: PeopleDetector,
    ema: Ema,
    adam: torch.optim.Optimizer,
    sampler: CropSampler,
    optimizer: OptimizerSettings,
    *,
    first: int,
    out: Path,
) -> None:
    """The steps that are left, with a checkpoint now and then."""
    warmup = max(1, optimizer.steps // 20)
    schedule = WarmupCosine(
        base_lr=optimizer.base_lr,
        min_lr=optimizer.base_lr / 100,
        warmup_steps=warmup,
        cosine_steps=optimizer.steps - warmup,
    )
    started_s = time.monotonic()
    guard = LossGuard(network, run=out, lower="optimizer.base_lr", checkpoint=out / "checkpoint.pt")
    with MetricLog(out, from_step=first, tensorboard=False) as log:
        for step in range(first, optimizer.steps):
            set_learning_rate(adam, schedule.at(step))
            losses = _step(network.train(), adam, sampler.draw())
            guard.add(torch.stack(list(losses.values())).sum())
            ema.update(network)
            done = step + 1
            if done % 50 == 0 or done == optimizer.steps:
                guard.require_finite(done)
                speed = (done - first) / (time.monotonic() - started_s)
                log.log(done, **{name: float(value) for name, value in losses.items()}, steps_per_s=speed)
            if done % optimizer.save_every == 0 or done == optimizer.steps:
                guard.require_finite(done)
                state = {
                    "step": done,
                    "network": network.state_dict(),
                    "ema": ema.state_dict(),
                    "optimizer": adam.state_dict(),
                }
                save_checkpoint(out / "checkpoint.pt", **state)


def _step(network: PeopleDetector, adam: torch.optim.Optimizer, batch: DetectionBatch) -> dict[str, torch.Tensor]:
    """One step of the optimiser; the parts of the loss."""
    height, width = batch.pictures.shape[2:]
    targets = detection_targets(batch.boxes, batch.classes, num_classes=network.num_classes, width=width, height=height)
    pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast(pictures.device.type, dtype=torch.bfloat16):
        heat, roles, sides = network(pictures)
    exact = batch.labelled.all(1).float()
    heat_part = heat_loss(heat, targets.heat, labelled=batch.labelled)
    box_part = box_loss(sides, targets, scale=exact + (1 - exact) * SIMULATED_BOX_WEIGHT)
    role_part = role_loss(roles, targets.heat)
    adam.zero_grad(set_to_none=True)
    (heat_part + role_part + BOX_WEIGHT * box_part).backward()  # type: ignore[no-untyped-call]
    clip_grad_norm_(network.parameters(), 10.0)
    adam.step()
    return {"heat": heat_part.detach(), "role": role_part.detach(), "box": box_part.detach()}


@torch.inference_mode()
def detect_frames(
    network: PeopleDetector, frames: LabelledFrames, *, picture: PictureSpec, device: str
) -> list[Detections]:
    """Detections in each picture, as the finished detector would give them."""
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
    """What the model file says of itself."""
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


def _check_groups(real: Sequence[LabelledFrames], settings: DetectorRecipe) -> None:
    names = {group.group for group in real}
    held = [name for fold in settings.held_out for name in fold]
    if len(set(held)) != len(held) or not set(held) <= names:
        raise InputError(f"held_out names {held}; each has to be one of {sorted(names)}, and none twice")
