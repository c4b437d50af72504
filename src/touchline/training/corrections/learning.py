"""Fine-tuning of a ball spotter's temporal head on corrections.

A few hundred events are too few to learn from afresh: training starts from the model that was corrected, and its
weights can be held near those (L2-SP, Li et al. 2018). What nobody decided on is neither positive nor negative: its
scores are to stay what they were.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.core.arrays import Floats32
from touchline.models.networks.ball_spotter import BallSpotter
from touchline.training.corrections.pieces import Piece
from touchline.training.loop import Loop
from touchline.training.plan import LoopPlan, Progress, data_from
from touchline.training.recipe import TrainingSettings
from touchline.training.schedule import WarmupCosine
from touchline.training.spotting.ball_temporal import mirror_vectors, noise_on_vectors, score_vectors


class FineTuning(TrainingSettings):
    """Settings of the fine-tuning; lengths in samples of the model's grid.

    Attributes:
        batch_size, segment: segments per step, and their length.
        target_radius: samples on each side of an event that count as the event.
        reject_radius: samples on each side of a rejected event that count as without that event, outside of the
            reviewed spans.
        anchor: weight of the squared distance from the weights that training started from.
        keep: weight of samples that nobody decided on, where the scores of before are the targets.
        feature_noise: noise added to vectors, in standard deviations.
        positive_weight: additional weight of samples with an event.
        gamma: of the focal loss.

    """

    steps: int = Field(default=150, ge=1)
    base_lr: float = Field(default=1e-3, gt=0)
    weight_decay: float = 0.0
    ema_decay: float = 0.98
    batch_size: int = Field(default=16, ge=1)
    segment: int = Field(default=128, ge=1)
    target_radius: int = Field(default=3, ge=0)
    reject_radius: int = Field(default=6, ge=0)
    anchor: float = Field(default=0.0, ge=0)
    keep: float = Field(default=0.5, ge=0)
    feature_noise: float = Field(default=0.1, ge=0)
    positive_weight: float = Field(default=2.0, ge=0)
    gamma: float = Field(default=1.0, ge=0)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Segments: vectors (b, segment + 2 radius, d); the rest (b, segment, classes).

    ``unknown`` is 1 where nobody decided, and ``before`` are the scores of the network that training started from.
    """

    vectors: Tensor
    targets: Tensor
    weights: Tensor
    unknown: Tensor
    before: Tensor


class SegmentSampler:
    """A sampler of segments of pieces: each starts at a known sample drawn evenly.

    Args:
        pieces: where to draw from.
        settings: length and number of the segments.
        network: the network that training starts from.

    """

    def __init__(self, pieces: Sequence[Piece], settings: FineTuning, *, network: BallSpotter) -> None:
        self._pieces, self._settings, self._radius = pieces, settings, network.head.radius
        self._before = [score_vectors(network, piece.stretch.vectors) for piece in pieces]
        self._known = [np.flatnonzero(piece.lessons.known) for piece in pieces]
        self._ends = np.cumsum([len(known) for known in self._known])
        every = np.concatenate([piece.stretch.vectors for piece in pieces])
        self._spread = torch.from_numpy(every.std(axis=0))
        self.random = np.random.default_rng(settings.seed)

    def draw(self) -> Batch:
        """Draw the next batch; half of the segments are mirrored left to right."""
        parts = [self._segment() for _ in range(self._settings.batch_size)]
        vectors, *others = (torch.from_numpy(np.stack(column)) for column in zip(*parts, strict=True))
        vectors = noise_on_vectors(vectors, self._settings.feature_noise * self._spread)
        mirrored = torch.from_numpy(self.random.random(len(vectors)) < 0.5)
        return Batch(mirror_vectors(vectors, mirrored), *others)

    def _segment(self) -> tuple[Floats32, ...]:
        """Draw a segment around a known sample, which lies anywhere in it."""
        number = int(self.random.integers(self._ends[-1]))
        which = int(np.searchsorted(self._ends, number, side="right"))
        vectors, lessons = self._pieces[which].stretch.vectors, self._pieces[which].lessons
        length, last = self._settings.segment, len(vectors) - 1
        start = int(self.random.choice(self._known[which])) - int(self.random.integers(length))
        reach = np.arange(start - self._radius, start + length + self._radius).clip(0, last)
        inner = np.arange(start, start + length)
        rows = inner.clip(0, last)
        there = (inner == rows).astype(np.float32)[:, None]
        weights = lessons.weights[rows] * there
        unknown = (lessons.weights[rows] == 0) * there
        return vectors[reach], lessons.targets[rows], weights, unknown, self._before[which][rows]


def fine_tune(
    network: BallSpotter, pieces: Sequence[Piece], settings: FineTuning, *, name: str, progress: Progress | None = None
) -> BallSpotter:
    """Return a copy of a network whose temporal head was trained on pieces; it is in evaluation mode, on the CPU.

    Args:
        network: where training starts.
        pieces: at least one with a known sample.
        settings: of the training.
        name: of the run, for messages.
        progress: called after every step.

    Raises:
        UsageError: the loss was not finite at some step.

    """
    tuned = copy.deepcopy(network)
    head, sampler = tuned.head, SegmentSampler(pieces, settings, network=network)
    start = {name: weight.detach().clone() for name, weight in head.named_parameters()}

    def terms(batch: Batch) -> dict[str, Tensor]:
        losses = {"loss": masked_loss(head(batch.vectors), batch, settings)}
        if settings.anchor:
            losses["anchor"] = settings.anchor * distance(head, start)
        return losses

    optimizer = torch.optim.AdamW(head.parameters(), lr=settings.base_lr, weight_decay=settings.weight_decay)
    plan = LoopPlan(
        name=name,
        steps=settings.steps,
        schedule=WarmupCosine.over(settings.steps, base_lr=settings.base_lr, least=0.01),
        lower="learning.base_lr",
        accumulate=settings.accumulate,
        seed=settings.seed,
        ema_decay=settings.ema_decay,
    )
    loop = Loop(head, data_from(sampler.draw, sampler.random), terms, optimizer, plan, progress=progress)
    loop.run()
    head.load_state_dict(loop.weights())
    return tuned.eval()


def masked_loss(logits: Tensor, batch: Batch, settings: FineTuning) -> Tensor:
    """Return the loss of known samples, and of what nobody decided on, which is to stay as it was.

    Known samples count with the focal loss, those with an event with the cross-entropy once more. The decisions of a
    review in the queue's order are all on events that were hard: without the rest, they alone would make a model that
    is good at nothing else.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none")
    right = torch.where(batch.targets > 0, logits.sigmoid(), 1 - logits.sigmoid())
    known = entropy * ((1 - right).clamp_min(0.0) ** settings.gamma + settings.positive_weight * batch.targets)
    stays = F.binary_cross_entropy_with_logits(logits, batch.before, reduction="none")
    weights = batch.weights, settings.keep * batch.unknown
    total = (known * weights[0] + stays * weights[1]).sum()
    return total / (weights[0] + weights[1]).sum().clamp_min(1.0)


def distance(network: nn.Module, start: dict[str, Tensor]) -> Tensor:
    """Return the squared distance of a network's weights from others."""
    return torch.stack([(w - start[name]).square().sum() for name, w in network.named_parameters()]).sum()
