"""Fine-tuning of a context head on corrections: its own loss, at the samples about which something is known."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from touchline.core.arrays import Bools, Floats32
from touchline.models.specs.stream_outputs import DenseOutput
from touchline.training.corrections.lessons import Lessons
from touchline.training.loop import Loop
from touchline.training.plan import LoopPlan, Progress, data_from
from touchline.training.recipe import TrainingSettings
from touchline.training.schedule import WarmupCosine
from touchline.training.streams.losses import dense_loss
from touchline.training.streams.targets import PieceEvents, nearest_events

GRADIENT_LIMIT = 1.0


class HeadFineTuning(TrainingSettings):
    """Settings of the fine-tuning.

    Attributes:
        batch_size: pieces per step; a piece has as many samples as the head sees at once.
        radius_s: a sample within this time of an event counts as near.
        reject_s: time on each side of a rejected event that counts as without that event, outside of reviewed spans.
        focal, positive_weight: of the cross-entropy per label.
        which_weight: of the cross-entropy over labels near an event.

    """

    steps: int = Field(default=200, ge=1)
    base_lr: float = Field(default=2e-4, gt=0)
    weight_decay: float = 0.0
    ema_decay: float = 0.98
    batch_size: int = Field(default=6, ge=1)
    radius_s: float = Field(default=1.5, gt=0)
    reject_s: float = Field(default=1.5, ge=0)
    focal: float = Field(default=1.0, ge=0)
    positive_weight: float = Field(default=4.0, gt=0)
    which_weight: float = Field(default=10.0, ge=0)


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """The streams of a match on a head's grid: features (samples, width), and bool (samples,) where there are any."""

    values: Mapping[str, Floats32]
    present: Mapping[str, Bools]

    def __len__(self) -> int:
        return len(next(iter(self.present.values())))


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """The streams of a match, what is known of its samples, and its true events in samples from the start."""

    streams: Streams
    lessons: Lessons
    events: PieceEvents


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pieces: values (b, piece, width) and presence (b, piece) by stream; the rest (b, piece, classes).

    ``away`` are the samples to the nearest true event, ``known`` the weights of the lessons.
    """

    values: dict[str, Tensor]
    present: dict[str, Tensor]
    away: Tensor
    known: Tensor


class PieceSampler:
    """A sampler of pieces, each with a known sample, drawn evenly, anywhere in it.

    Args:
        matches: where to draw from; at least one has a known sample.
        count: pieces in a batch.
        piece: their samples.
        seed: of the sampling.

    """

    def __init__(self, matches: Sequence[Taught], *, count: int, piece: int, seed: int) -> None:
        self._matches, self._count, self._piece = matches, count, piece
        self._known = [(which, at) for which, one in enumerate(matches) for at in np.flatnonzero(one.lessons.known)]
        self.random = np.random.default_rng(seed)

    def draw(self) -> Batch:
        """Draw the next batch."""
        parts = [self._one() for _ in range(self._count)]
        values, present, away, known = zip(*parts, strict=True)
        return Batch(_stacked(values), _stacked(present), _tensor(away), _tensor(known))

    def _one(self) -> tuple[dict[str, Floats32], dict[str, Bools], Floats32, Floats32]:
        which, at = self._known[int(self.random.integers(len(self._known)))]
        match, start = self._matches[which], int(at) - int(self.random.integers(self._piece))
        inner = np.arange(start, start + self._piece)
        rows = inner.clip(0, len(match.streams) - 1)
        there = inner == rows
        values = {name: one[rows] for name, one in match.streams.values.items()}
        present = {name: one[rows] & there for name, one in match.streams.present.items()}
        events = PieceEvents(match.events.at - start, match.events.label)
        classes = match.lessons.weights.shape[1]
        away = nearest_events([events], classes=classes, piece=self._piece)[0]
        return values, present, away, match.lessons.weights[rows] * there[:, None].astype(np.float32)


def fine_tune_head(
    network: nn.Module,
    matches: Sequence[Taught],
    settings: HeadFineTuning,
    *,
    rate_hz: float,
    name: str,
    device: str = "cpu",
    progress: Progress | None = None,
) -> nn.Module:
    """Return a copy of a context head that was trained on corrections; it is in evaluation mode, on the CPU.

    Args:
        network: where training starts; its ``piece`` is the length of the pieces.
        matches: what it learns from.
        settings: of the training.
        rate_hz: samples per second of the head's grid.
        name: of the run, for messages.
        device: where to train.
        progress: called after every step.

    Raises:
        UsageError: the loss was not finite at some step.

    """
    tuned: Any = copy.deepcopy(network).to(device)
    sampler = PieceSampler(matches, count=settings.batch_size, piece=tuned.piece, seed=settings.seed)

    def terms(batch: Batch) -> dict[str, Tensor]:
        output = tuned(_on(batch.values, device), _on(batch.present, device))
        return {"loss": masked_loss(output, batch, settings, rate_hz=rate_hz)}

    optimizer = torch.optim.AdamW(tuned.parameters(), lr=settings.base_lr, weight_decay=settings.weight_decay)
    plan = LoopPlan(
        name=name,
        steps=settings.steps,
        schedule=WarmupCosine.over(settings.steps, base_lr=settings.base_lr, least=0.01),
        lower="learning.base_lr",
        accumulate=settings.accumulate,
        seed=settings.seed,
        ema_decay=settings.ema_decay,
        clip_norm=GRADIENT_LIMIT,
    )
    loop = Loop(tuned, data_from(sampler.draw, sampler.random), terms, optimizer, plan, progress=progress)
    loop.run()
    tuned.load_state_dict(loop.weights())
    trained: nn.Module = tuned.cpu().eval()
    return trained


def masked_loss(output: DenseOutput, batch: Batch, settings: HeadFineTuning, *, rate_hz: float) -> Tensor:
    """Return the loss of a context head at known samples; the others have no part in it."""
    return dense_loss(
        output,
        batch.away.to(output.logits),
        radius=settings.radius_s * rate_hz,
        focal=settings.focal,
        positive_weight=settings.positive_weight,
        which_weight=settings.which_weight,
        known=batch.known.to(output.logits),
    )


def _stacked(parts: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
    return {name: _tensor([part[name] for part in parts]) for name in parts[0]}


def _tensor(parts: Sequence[Any]) -> Tensor:
    return torch.from_numpy(np.stack(parts))


def _on(tensors: Mapping[str, Tensor], device: str) -> dict[str, Tensor]:
    return {name: one.to(device) for name, one in tensors.items()}
