"""What a family of models gives the loop that trains it: its data, and how it is trained."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import nn

from touchline.training.checkpoint import (
    CheckpointFile,
    CheckpointFolder,
    generator_states,
    identity_of,
    restore_generators,
)
from touchline.training.recipe import TrainingSettings
from touchline.training.schedule import WarmupCosine

LAST_RATE = 0.01
"""Learning rate of the last update as a share of the highest."""

Batch = TypeVar("Batch")
Progress = Callable[[str, int, int], None]
"""Called with the run's name, the steps done, and how many there will be as far as is known."""
Measure = Callable[[nn.Module], dict[str, float]]
"""Metrics of a network in evaluation mode."""


@dataclass(frozen=True, slots=True)
class Data(Generic[Batch]):
    """Where batches come from.

    Attributes:
        draw: the next batch, given the steps done so far and the share of the run that is over.
        state: what a checkpoint keeps so that the same batches come next; not needed where the step decides the batch.
        restore: goes on from what ``state`` gave.

    """

    draw: Callable[[int, float], Batch]
    state: Callable[[], dict[str, Any]] = dict
    restore: Callable[[dict[str, Any]], None] = lambda state: None


def data_from(draw: Callable[[], Batch], *generators: np.random.Generator | torch.Generator) -> Data[Batch]:
    """Batches that depend on nothing but the states of generators, which checkpoints keep."""
    return Data(
        lambda step, share: draw(),
        lambda: {"random": generator_states(*generators)},
        lambda state: restore_generators(state["random"], *generators),
    )


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """How a network is trained, apart from its data and its loss.

    Attributes:
        name: of the run, for messages and progress.
        steps: after which training ends.
        schedule: learning rate by the steps done, over ``steps``.
        lower: the recipe's key to lower where the loss stops being a number.
        seed: of torch's generator, which steps draw from; None goes on with it as it is.
        limit_s: time in steps after which training ends if that is sooner; the schedule then runs by the time.
        clock: what time is measured by; processor time unless the recipe says otherwise.
        ema_decay: of the averaged weights, which then are what counts; None for no average.
        clip_norm: largest norm of the gradient; None for no limit.
        scale_loss: whether losses are scaled before the backward pass, as fp16 needs.
        folder: of the log; None for no log.
        tensorboard: whether the log goes to TensorBoard as well, where that is installed.
        checkpoints: where they go; None for none.
        identity: hashes of settings and data; a checkpoint with others is refused.
        save_every, save_every_s: steps and seconds between checkpoints; there is always one at the end.
        log_every: steps between rows of the log.
        rounds: how many measurements are spread evenly over the run.
        score: the metric that decides which measurement is the best.

    """

    name: str
    steps: int
    schedule: WarmupCosine
    lower: str
    seed: int | None = 0
    limit_s: float | None = None
    clock: Callable[[], float] = time.process_time
    ema_decay: float | None = None
    clip_norm: float | None = None
    scale_loss: bool = False
    folder: Path | None = None
    tensorboard: bool = False
    checkpoints: CheckpointFile | CheckpointFolder | None = None
    identity: Mapping[str, str] = field(default_factory=dict)
    save_every: int | None = None
    save_every_s: float = math.inf
    log_every: int = 50
    rounds: float = 0.0
    score: str = "score"


def adamw(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimiser of most families."""
    return torch.optim.AdamW(network.parameters(), lr=settings.base_lr, weight_decay=settings.weight_decay)


def plan_training(
    settings: TrainingSettings, *, out: Path, lower: str, data: Any, network: Any, **changes: Any
) -> LoopPlan:
    """The plan of most families: averaged weights, and one checkpoint in the folder of the log.

    Args:
        settings: how long and how fast.
        out: folder of log and checkpoint.
        lower: the recipe's key to lower where the loss stops being a number.
        data: what describes the data, for the checkpoint's identity.
        network: what describes the network, likewise.
        changes: what the plan has otherwise.

    """
    plan = LoopPlan(
        name=str(out),
        steps=settings.steps,
        schedule=WarmupCosine.over(settings.steps, base_lr=settings.base_lr, least=LAST_RATE),
        lower=lower,
        seed=settings.seed,
        ema_decay=settings.ema_decay,
        folder=out,
        checkpoints=CheckpointFile(out / "checkpoint.pt"),
        identity=identity_of(
            settings=settings.model_dump(mode="json", exclude_defaults=True), data=data, network=network
        ),
        save_every=settings.save_every,
    )
    return replace(plan, **changes)
