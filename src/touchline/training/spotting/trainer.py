"""One training run of a slow-fusion spotter: its plan, its optimiser, and its loss on a batch of clips."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from touchline.training.checkpoint import CheckpointFolder
from touchline.training.distributed.group import current_group
from touchline.training.distributed.numbering import BatchNumbers
from touchline.training.loop import Loop
from touchline.training.plan import Data, LoopPlan, Measure, Progress
from touchline.training.schedule import WarmupCosine, iterations_per_stage
from touchline.training.spotting.augment import AugmentSettings, augment, mix_up
from touchline.training.spotting.loader import ClipBatches
from touchline.training.spotting.losses import focal_loss
from touchline.training.spotting.slow_fusion_settings import OptimizerConfig

Clips = tuple[int, Tensor, Tensor]
"""The batch's number, clips uint8 (batch, frames, h, w), and targets float32 (batch, classes)."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The settings of a run, apart from network and data."""

    name: str
    folder: Path
    optimizer: OptimizerConfig
    augment: AugmentSettings
    samples_per_epoch: int
    seed: int
    device: torch.device
    identity: Mapping[str, str]
    checkpoint_every: int = 500
    log_every: int = 50
    validate_every_epochs: int = 0

    @property
    def clips_per_step(self) -> int:
        """Number of clips that all processes together take per optimiser step."""
        return self.optimizer.batch_size * BatchNumbers(current_group(), self.optimizer.accumulate).per_step

    @property
    def steps_per_epoch(self) -> int:
        """Number of optimiser steps per epoch."""
        return iterations_per_stage(samples=self.samples_per_epoch, batch_size=self.clips_per_step, epochs=1)

    @property
    def schedule(self) -> WarmupCosine:
        """Learning rate by step, scaled with the clips per step."""
        scale = self.clips_per_step / self.optimizer.lr_batch
        return WarmupCosine(
            base_lr=self.optimizer.base_lr * scale,
            min_lr=self.optimizer.min_lr * scale,
            warmup_steps=self.steps_per_epoch * self.optimizer.warmup_epochs,
            cosine_steps=self.steps_per_epoch * self.optimizer.epochs,
        )


def make_optimizer(network: nn.Module, config: OptimizerConfig) -> torch.optim.Optimizer:
    """Make the optimiser of the weights that are not frozen."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if config.kind == "adamw":
        return torch.optim.AdamW(weights, lr=config.base_lr, weight_decay=config.weight_decay)
    return torch.optim.SGD(
        weights,
        lr=config.base_lr,
        momentum=config.momentum,
        nesterov=config.momentum > 0,
        weight_decay=config.weight_decay,
    )


def autocast_type(precision: str, *, device: torch.device) -> torch.dtype | None:
    """Return the reduced-precision type of forward and backward; None for fp32, which CPUs also use for fp16."""
    if device.type != "cuda" and precision != "bf16":
        return None
    if precision == "auto":
        return torch.bfloat16
    return {"fp32": None, "fp16": torch.float16, "bf16": torch.bfloat16}[precision]


class ClipStream:
    """The loop's source of clip batches: prefetched from the first requested one on.

    Args:
        batches: source of the clips.
        numbers: of this process's batches of the whole run.

    """

    def __init__(self, batches: ClipBatches, *, numbers: range) -> None:
        self._batches, self._numbers = batches, numbers
        self._stream: Generator[Clips, None, None] | None = None

    def draw(self, number: int, share: float) -> Clips:
        """Return the batch of a number; the numbers must come in order."""
        if self._stream is None:
            self._stream = self._batches.stream(self._numbers[self._numbers.index(number) :])
        return next(self._stream)

    def close(self) -> None:
        """Stop prefetching."""
        if self._stream is not None:
            self._stream.close()


def train_clips(
    network: nn.Module,
    batches: ClipBatches,
    plan: RunPlan,
    *,
    resume: bool = True,
    validate: Measure | None = None,
    progress: Progress | None = None,
) -> Loop[Clips]:
    """Train a network, or resume from the last checkpoint; return the loop, which holds the averaged weights.

    Args:
        network: trained in place, on the plan's device.
        batches: source of the clips.
        plan: settings of the run.
        resume: resume from a checkpoint.
        validate: measures the averaged weights at the end of an epoch; its metrics include ``score``.
        progress: called after every step.

    """
    network.to(plan.device)
    compiled = plan.optimizer.compile and plan.device.type == "cuda"
    forward: Callable[[Tensor], Tensor] = torch.compile(network) if compiled else network
    every = plan.validate_every_epochs * plan.steps_per_epoch if validate is not None else 0
    dtype = autocast_type(plan.optimizer.precision, device=plan.device)
    loop_plan = LoopPlan(
        name=plan.name,
        steps=plan.schedule.total_steps,
        schedule=plan.schedule,
        lower="optimizer.base_lr, or set optimizer.precision=fp32",
        accumulate=plan.optimizer.accumulate,
        seed=plan.seed,
        ema_decay=plan.optimizer.ema_decay,
        scale_loss=dtype is torch.float16,
        folder=plan.folder,
        tensorboard=True,
        checkpoints=CheckpointFolder(plan.folder / "checkpoints"),
        identity=plan.identity,
        save_every=plan.checkpoint_every,
        log_every=plan.log_every,
        rounds=plan.schedule.total_steps / every if every else 0.0,
    )
    numbers = BatchNumbers(current_group(), loop_plan.accumulate).from_step(0, stop=loop_plan.steps)
    with contextlib.closing(ClipStream(batches, numbers=numbers)) as stream:
        loop = Loop(
            network,
            Data(stream.draw),
            lambda clips: {"loss": clip_loss(forward, clips, plan, dtype=dtype)},
            make_optimizer(network, plan.optimizer),
            loop_plan,
            measure=validate,
            progress=progress,
        )
        loop.run(resume=resume)
    return loop


def clip_loss(forward: Callable[[Tensor], Tensor], batch: Clips, plan: RunPlan, *, dtype: torch.dtype | None) -> Tensor:
    """Compute the loss on a batch of clips, augmented and mixed up by the random numbers of its number."""
    number, clips, targets = batch
    generator = torch.Generator().manual_seed(plan.seed * 1_000_003 + number)
    pictures = clips.to(plan.device, non_blocking=True).float().div_(255.0)
    wanted = targets.to(plan.device, non_blocking=True)
    pictures = augment(pictures, plan.augment, generator=generator)
    pictures, wanted = mix_up(pictures, wanted, beta=plan.augment.mixup, generator=generator)
    with torch.autocast(plan.device.type, dtype=dtype or torch.bfloat16, enabled=dtype is not None):
        logits = forward(pictures)
    return focal_loss(logits.float(), wanted, gamma=plan.optimizer.gamma, alpha=plan.optimizer.alpha)
