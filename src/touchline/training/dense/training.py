"""Training of dense spotters: frame-wise supervision over long clips, of one or more label sets at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.atomic import write_json_atomic
from touchline.models.networks.dense import DenseSpotter
from touchline.models.networks.dense.places import PlaceEncoder
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.models.store import load_model, save_model
from touchline.training.checkpoint import CheckpointFile, identity_of
from touchline.training.dense.batches import ClipBatch, ClipSampler, ClipSettings
from touchline.training.dense.footage import DenseVideo
from touchline.training.dense.head_first import train_head_first
from touchline.training.dense.losses import loss_terms
from touchline.training.dense.measuring import measure_videos, normalised
from touchline.training.dense.settings import DenseRecipe
from touchline.training.dense.sources import find_sources, open_sources
from touchline.training.distributed.group import current_group
from touchline.training.family import Family, Job, PlannedRun, plan_runs
from touchline.training.loop import Loop
from touchline.training.plan import LAST_RATE, LoopPlan, data_from
from touchline.training.schedule import WarmupCosine

BALL_START = "ball-spotter"
"""Built-in model whose encoder a network with ``encoder: places`` can start from."""
CPU_PIECE = 8
"""Frames that a places encoder calculates at once on a CPU."""
_LOG_EVERY = 20


def train(recipe: DenseRecipe, job: Job) -> Path:
    """Train the model of a recipe; resumes an earlier run in ``job.out``.

    Returns:
        The model file.

    """
    assert recipe.data_root is not None
    cache = Path(recipe.cache_folder) if recipe.cache_folder else job.cache("cache")
    learn = find_sources(recipe, root=recipe.data_root, choose=False)
    choose = find_sources(recipe, root=recipe.data_root, choose=True)
    with current_group().first_before_others():
        videos = open_sources(learn, recipe, cache=cache)
        chosen = open_sources(choose, recipe, cache=cache)
    network = start_network(recipe)
    if isinstance(network.encoder, PlaceEncoder) and job.device == "cpu":
        network.encoder.piece = CPU_PIECE
    first = {}
    if recipe.head_first.steps:
        first = train_head_first(network, videos, chosen, recipe, job=job)
        name = f"{recipe.name}-head"
        config = model_config(recipe, first).model_copy(update={"name": name})
        save_model(job.out / name, network.eval(), config)
    loop = train_network(network, videos, chosen, recipe, job=job)
    network.load_state_dict(loop.weights(best=bool(choose)))
    measured = {"steps": loop.step, "hours": round(loop.spent_s / 3600, 3), "measured": loop.history, **first}
    write_json_atomic(job.out / "measured.json", measured)
    return save_model(job.out / recipe.name, network.eval(), model_config(recipe, measured))


def plan(recipe: DenseRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the one run of a recipe."""
    return plan_runs(DenseSpotter(**recipe.network_arguments), {recipe.name: recipe.optimizer.steps})


def start_network(recipe: DenseRecipe) -> DenseSpotter:
    """Build the network that a recipe starts from.

    Raises:
        UsageError: the network cannot start from that model, or has no part of a name in ``freeze``.

    """
    torch.manual_seed(recipe.optimizer.seed)
    network = DenseSpotter(**recipe.network_arguments)
    if recipe.start == BALL_START:
        if not isinstance(network.encoder, PlaceEncoder):
            raise UsageError(f"start={BALL_START} needs network.encoder=places, whose layers it has")
        ball: Any = load_model(BALL_START, task="spot").network
        network.encoder.start_from_ball(ball.encoder.state_dict())
    elif recipe.start is not None:
        take_fitting(network, load_model(recipe.start, task="spot-dense").network.state_dict(), source=recipe.start)
    for name in recipe.freeze:
        _part(network, name).requires_grad_(False)
    dense_channels_last(network)
    return network


def take_fitting(network: nn.Module, weights: dict[str, Tensor], *, source: str) -> None:
    """Copy the weights that a network has under the same name and shape; heads of other labels start afresh.

    Raises:
        InputError: nothing but heads fits.

    """
    own = network.state_dict()
    fitting = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
    if not any(name.startswith("encoder.") for name in fitting):
        raise InputError(f"{source}: none of its encoder's weights fits this network; is network.encoder the same?")
    network.load_state_dict(fitting, strict=False)


def _part(network: nn.Module, name: str) -> nn.Module:
    try:
        return network.get_submodule(name)
    except AttributeError as error:
        parts = [name for name, _ in network.named_children()]
        raise UsageError(f"freeze names {name!r}, which the network lacks; its parts are {parts}") from error


def train_network(
    network: DenseSpotter, videos: Sequence[DenseVideo], choose: Sequence[DenseVideo], recipe: DenseRecipe, *, job: Job
) -> Loop[ClipBatch]:
    """Train a network in place, on ``job.device``, and return the loop, which holds the best weights.

    Raises:
        UsageError: a label set has no video to train on.

    """
    optimizer = recipe.optimizer
    for head, name in enumerate(recipe.sets):
        if not any(video.head == head for video in videos):
            raise UsageError(f"set {name!r} has no video to train on; its train lists are empty")
    network.to(job.device)
    sampler = ClipSampler(
        videos,
        ClipSettings(recipe.clip_frames, optimizer.batch, recipe.event_share, recipe.mixup),
        recipe.augment,
        class_counts=network.label_counts,
        shares=[one.share for one in recipe.sets.values()],
        seed=optimizer.seed,
        device=job.device,
    )
    loop = Loop(
        network,
        data_from(sampler.draw, *sampler.generators),
        partial(clip_terms, network, recipe=recipe),
        make_optimizer(network, recipe),
        plan_loop(recipe, [*videos, *choose], out=job.out),
        measure=partial(_measure, videos=choose, recipe=recipe, device=job.device) if choose else None,
        progress=job.progress,
    )
    loop.run(resume=job.resume)
    return loop


def _measure(network: nn.Module, *, videos: Sequence[DenseVideo], recipe: DenseRecipe, device: str) -> dict[str, float]:
    return measure_videos(network, videos, recipe, device=device)


def clip_terms(network: DenseSpotter, batch: ClipBatch, *, recipe: DenseRecipe) -> dict[str, Tensor]:
    """Compute the loss terms of a batch; a head learns from the clips of its own label set only."""
    for name in recipe.freeze:
        network.get_submodule(name).eval()
    if recipe.optimizer.frozen_norms:
        for part in network.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.eval()
    device = batch.pictures.device.type
    with torch.autocast(device, dtype=torch.bfloat16, enabled=recipe.optimizer.precision == "bf16"):
        said = network(normalised(batch.pictures, recipe))
    return loss_terms(said, batch.targets, recipe.loss)


def make_optimizer(network: DenseSpotter, recipe: DenseRecipe) -> torch.optim.Optimizer:
    """Make AdamW; weights of an encoder that starts from a trained network have their own learning rate."""
    optimizer = recipe.optimizer
    started = set()
    if recipe.start is not None:
        started = {name for name, _ in network.named_parameters() if name.startswith("encoder.")}
    groups: list[dict[str, Any]] = [
        {"params": [p for name, p in network.named_parameters() if p.requires_grad and name not in started]},
        {
            "params": [p for name, p in network.named_parameters() if p.requires_grad and name in started],
            "lr_scale": optimizer.start_lr_times,
        },
    ]
    return torch.optim.AdamW(groups, lr=optimizer.base_lr, weight_decay=optimizer.weight_decay)


def plan_loop(recipe: DenseRecipe, videos: Sequence[DenseVideo], *, out: Path) -> LoopPlan:
    """Plan the training."""
    optimizer = recipe.optimizer
    warmup = optimizer.warmup_epochs / optimizer.epochs
    return LoopPlan(
        name=recipe.name,
        steps=optimizer.steps,
        accumulate=optimizer.accumulate,
        schedule=WarmupCosine.over(optimizer.steps, base_lr=optimizer.base_lr, least=LAST_RATE, warmup=warmup),
        lower="optimizer.base_lr",
        seed=optimizer.seed,
        limit_s=None if optimizer.hours is None else optimizer.hours * 3600,
        clock=time.process_time if optimizer.clock == "processor" else time.monotonic,
        ema_decay=optimizer.ema_decay,
        clip_norm=optimizer.clip_norm,
        folder=out,
        checkpoints=CheckpointFile(out / "checkpoint.pt"),
        identity=identity_of(
            settings=recipe.model_dump(mode="json", exclude={"data_root", "cache_folder"}, exclude_defaults=True),
            data=[(video.name, len(video), len(video.events)) for video in videos],
        ),
        save_every_s=optimizer.save_every_s,
        log_every=_LOG_EVERY,
        rounds=optimizer.rounds,
    )


def dense_channels_last(network: nn.Module) -> None:
    """Store the weights of 2-D convolutions with channels last, which CPUs with matrix units need to be fast."""
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)


def model_config(recipe: DenseRecipe, measured: dict[str, Any]) -> DenseSpotConfig:
    """Return the configuration of the trained model."""
    return DenseSpotConfig(
        name=recipe.name,
        architecture="dense-spotter",
        network=recipe.network_arguments,
        frame=recipe.frame,
        labels=tuple(label for one in recipe.sets.values() for label in one.labels),
        heads=tuple(recipe.sets),
        windows=recipe.windows,
        suppression=recipe.suppression,
        thresholds=recipe.thresholds,
        team_weighs=recipe.team_weighs,
        precision="bf16" if recipe.optimizer.precision == "bf16" else "f32",
        licence=recipe.licence,
        description=recipe.description,
        measured=measured,
    )


FAMILY = Family("dense-spotter", DenseRecipe, train, plan)
