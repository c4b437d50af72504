"""The networks of an ensemble, one after another: each trained in a file of its own, from which it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.training.checkpoint import CheckpointFile
from touchline.training.plan import LAST_RATE, LoopPlan
from touchline.training.schedule import WarmupCosine

CHECKPOINT_EVERY_S = 30.0
_LOG_EVERY = 20


class MemberSettings(Protocol):
    """How long and how fast a member learns."""

    @property
    def steps(self) -> int:
        """Updates of the weights."""

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
) -> LoopPlan:
    """How one member is trained: its checkpoint is ``member_N.pt``, its log ``member_N/metrics.jsonl``.

    Args:
        settings: how long and how fast.
        out: folder of all members.
        number: of this member.
        warmup_steps: updates until the highest learning rate.
        identity: hashes of what the checkpoint belongs to.
        seed: of dropout; None goes on with torch's generator as it is.

    """
    folder = out / f"member_{number}"
    return LoopPlan(
        name=str(folder),
        steps=settings.steps,
        schedule=WarmupCosine(
            settings.base_lr, LAST_RATE * settings.base_lr, warmup_steps, max(1, settings.steps - warmup_steps)
        ),
        lower="optimizer.base_lr",
        seed=seed,
        folder=folder,
        checkpoints=CheckpointFile(folder.with_suffix(".pt")),
        identity=identity,
        save_every_s=CHECKPOINT_EVERY_S,
        log_every=_LOG_EVERY,
    )


def smooth_labels(labels: Tensor, *, classes: int, smoothing: float) -> Tensor:
    """Labels int64 (n,) as float (n, classes), a share ``smoothing`` of each spread over all classes."""
    return F.one_hot(labels, classes).float() * (1 - smoothing) + smoothing / classes


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Of logits (n, classes) and shares of the classes (n, classes), averaged over the batch."""
    return -(targets * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
