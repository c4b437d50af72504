"""The input of the training loop from a model family: the source of batches, and the settings of a run."""

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
from touchline.training.distributed.numbering import Reseeder
from touchline.training.recipe import TrainingSettings
from touchline.training.schedule import Schedule, WarmupCosine

LAST_RATE = 0.01
"""Learning rate of the last update as a share of the highest."""

Batch = TypeVar("Batch")
Progress = Callable[[str, int, int], None]
"""Called with the run's name, the number of steps done, and the expected total if known."""
Measure = Callable[[nn.Module], dict[str, float]]
"""Returns the metrics of a network in evaluation mode."""


@dataclass(frozen=True, slots=True)
class Data(Generic[Batch]):
    """A source of batches.

    Attributes:
        draw: returns the next batch, given its number and the completed share of the run. Batches are numbered from 0
            in the order of training, so the number is that of steps done unless a step takes several batches.
        reseed: makes the next batch depend on its number alone; called before each if a step takes several batches, of
            one process or of many. Not needed if the number decides the batch in any case.
        state: returns what a checkpoint needs to continue with the same batches; not needed if the step decides them.
        restore: restores a state returned by ``state``.

    """

    draw: Callable[[int, float], Batch]
    state: Callable[[], dict[str, Any]] = dict
    restore: Callable[[dict[str, Any]], None] = lambda state: None
    reseed: Callable[[int], None] = lambda number: None


def data_from(draw: Callable[[], Batch], *generators: np.random.Generator | torch.Generator) -> Data[Batch]:
    """Make a source of batches that depends only on the states of generators, which checkpoints keep."""
    return Data(
        lambda step, share: draw(),
        lambda: {"random": generator_states(*generators)},
        lambda state: restore_generators(state["random"], *generators),
        Reseeder(*generators),
    )


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """The settings of a run, apart from its data and its loss.

    Attributes:
        name: of the run, for messages and progress.
        steps: number of updates.
        accumulate: number of batches per update, in each process.
        schedule: learning rate by step, over ``steps``.
        lower: recipe key to lower when the loss is not finite, for messages.
        seed: of torch's generator, from which steps draw; None keeps its current state.
        limit_s: training time after which the run ends if that is sooner; the schedule then follows the time.
        clock: measures that time; processor time unless the recipe says otherwise.
        ema_decay: of the averaged weights, which are then measured and kept; None for no average.
        clip_norm: maximum norm of the gradient; None for no limit.
        scale_loss: whether the loss is scaled before the backward pass, as fp16 requires.
        folder: of the log; None for no log.
        tensorboard: whether to log to TensorBoard as well, if it is installed.
        checkpoints: where checkpoints are saved; None for none.
        identity: hashes of settings and data; a checkpoint with other hashes is refused.
        save_every, save_every_s: steps and seconds between checkpoints; one is always saved at the end.
        log_every: steps between rows of the log.
        rounds: number of measurements, evenly spread over the run.
        score: metric that decides which measurement is the best.

    """

    name: str
    steps: int
    schedule: Schedule
    lower: str
    accumulate: int = 1
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
    """Make the AdamW optimiser that most families use."""
    return torch.optim.AdamW(network.parameters(), lr=settings.base_lr, weight_decay=settings.weight_decay)


def plan_training(
    settings: TrainingSettings, *, out: Path, lower: str, data: Any, network: Any, **changes: Any
) -> LoopPlan:
    """Make the plan that most families use: averaged weights, and one checkpoint in the log folder.

    Args:
        settings: number of steps and learning rate.
        out: folder of log and checkpoint.
        lower: recipe key to lower when the loss is not finite.
        data: description of the data, for the checkpoint's identity.
        network: description of the network, likewise.
        changes: fields of the plan to replace.

    """
    plan = LoopPlan(
        name=str(out),
        steps=settings.steps,
        schedule=WarmupCosine.over(settings.steps, base_lr=settings.base_lr, least=LAST_RATE),
        lower=lower,
        accumulate=settings.accumulate,
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
