"""The members of an ensemble, trained one after another, each with a checkpoint of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.training.checkpoint import CheckpointFile
from touchline.training.plan import LAST_RATE, LoopPlan
from touchline.training.schedule import Schedule, WarmupCosine

CHECKPOINT_EVERY_S = 30.0
_LOG_EVERY = 20


class MemberSettings(Protocol):
    """Number of steps and learning rate of a member."""

    @property
    def steps(self) -> int:
        """Number of updates."""

    @property
    def accumulate(self) -> int:
        """Number of batches per update."""

    @property
    def base_lr(self) -> float:
        """The highest learning rate."""


def plan_member(
    settings: MemberSettings,
    *,
    out: Path,
    number: int,
    warmup_steps: int,
    identity: Mapping[str, str],
    seed: int | None = None,
    schedule: Schedule | None = None,
) -> LoopPlan:
    """Make the plan of one member: its checkpoint is ``member_N.pt``, its log ``member_N/metrics.jsonl``.

    Args:
        settings: number of steps and learning rate.
        out: folder of all members.
        number: of this member.
        warmup_steps: updates until the highest learning rate.
        identity: hashes of what the checkpoint belongs to.
        seed: of dropout; None keeps the current state of torch's generator.
        schedule: learning rate by step; None for warm-up and cosine.

    """
    folder = out / f"member_{number}"
    return LoopPlan(
        name=str(folder),
        steps=settings.steps,
        schedule=schedule
        or WarmupCosine(
            settings.base_lr, LAST_RATE * settings.base_lr, warmup_steps, max(1, settings.steps - warmup_steps)
        ),
        lower="optimizer.base_lr",
        accumulate=settings.accumulate,
        seed=seed,
        folder=folder,
        checkpoints=CheckpointFile(folder.with_suffix(".pt")),
        identity=identity,
        save_every_s=CHECKPOINT_EVERY_S,
        log_every=_LOG_EVERY,
    )


def smooth_labels(labels: Tensor, *, classes: int, smoothing: float) -> Tensor:
    """Convert labels int64 (n,) to float (n, classes), with a share ``smoothing`` of each spread over all classes."""
    return F.one_hot(labels, classes).float() * (1 - smoothing) + smoothing / classes


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Compute the cross-entropy of logits (n, classes) and class shares (n, classes), averaged over the batch."""
    return -(targets * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
