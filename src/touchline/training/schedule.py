"""Learning-rate schedules: linear warm-up, then half a cosine; or a drop by a factor every so many steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from torch.optim import Optimizer


def iterations_per_stage(*, samples: int, batch_size: int, epochs: int) -> int:
    """Return the number of optimiser steps of ``epochs`` epochs; an incomplete last batch is dropped."""
    return (samples // batch_size) * epochs


class Schedule(Protocol):
    """A learning rate by step."""

    def at(self, step: float) -> float:
        """Return the learning rate of an update, the first of which is step 1."""


@dataclass(frozen=True, slots=True)
class StepDecay:
    """A schedule that multiplies the learning rate by ``factor`` after every ``every_steps`` updates.

    With the updates of 150 epochs and 0.1 it is PyTorch's ``StepLR(150, 0.1)``, stepped once an epoch.
    """

    base_lr: float
    every_steps: int
    factor: float

    def __post_init__(self) -> None:
        if self.every_steps < 1 or not 0 < self.factor <= 1:
            raise ValueError(f"every_steps={self.every_steps} must be 1 or more, and factor={self.factor} in (0, 1]")

    def at(self, step: float) -> float:
        """Return the learning rate of an update, the first of which is step 1."""
        return self.base_lr * self.factor ** (max(math.ceil(step) - 1, 0) // self.every_steps)


@dataclass(frozen=True, slots=True)
class WarmupCosine:
    """A schedule: linear from 0 to ``base_lr`` over ``warmup_steps``, then cosine to ``min_lr`` over ``cosine_steps``.

    ``at(warmup_steps)`` is exactly ``base_lr`` and ``at(warmup_steps + cosine_steps)`` exactly ``min_lr``.
    """

    base_lr: float
    min_lr: float
    warmup_steps: int
    cosine_steps: int

    def __post_init__(self) -> None:
        if not 0.0 <= self.min_lr <= self.base_lr:
            raise ValueError(f"learning rates must be 0 <= min {self.min_lr} <= base {self.base_lr}")
        if self.warmup_steps < 0 or self.cosine_steps < 0:
            raise ValueError(f"steps must not be negative: {self.warmup_steps} warm-up, {self.cosine_steps} cosine")

    @classmethod
    def over(cls, steps: int, *, base_lr: float, least: float = 0.0, warmup: float = 0.05) -> WarmupCosine:
        """Make the schedule of ``steps`` steps: a share ``warmup`` of them (at least one) of warm-up, then decay."""
        warmup_steps = max(1, int(steps * warmup))
        return cls(base_lr, least * base_lr, warmup_steps, max(1, steps - warmup_steps))

    @property
    def total_steps(self) -> int:
        """Number of steps from the start of the warm-up to the end of the cosine."""
        return self.warmup_steps + self.cosine_steps

    def at(self, step: float) -> float:
        """Return the learning rate of an update, the first of which is step 1; constant before 0 and after the end.

        ``at(0)`` is 0 if there is a warm-up; no update uses it.
        """
        if step < self.warmup_steps:
            return self.base_lr * max(step, 0) / self.warmup_steps
        if step >= self.total_steps:
            return self.min_lr if self.cosine_steps else self.base_lr
        share = (step - self.warmup_steps) / self.cosine_steps
        return self.min_lr + (self.base_lr - self.min_lr) * (1.0 + math.cos(math.pi * share)) / 2.0


def set_learning_rate(optimizer: Optimizer, lr: float) -> None:
    """Set the learning rate of every parameter group to ``lr``, times the group's ``lr_scale`` if it has one."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("lr_scale", 1.0)
