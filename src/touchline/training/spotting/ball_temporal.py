"""Second half of the built-in spotter's training: read the encoder's vectors over time.

The encoder is frozen by now and its vectors are cached, so this half takes minutes and can be repeated at will. Besides
the classes it learns, only while training, who has the ball: hundreds of exact answers a minute where events give few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.models.networks.ball_spotter import BallSpotter, TemporalHead, candidate_vectors
from touchline.training.ema import Ema
from touchline.training.finite import LossGuard
from touchline.training.schedule import WarmupCosine, set_learning_rate
from touchline.training.spotting.losses import focal_loss


@dataclass(frozen=True, slots=True)
class TemporalSettings:
    """How the temporal head is trained; lengths in frames of the model's clock."""

    steps: int = 1000
    batch_size: int = 16
    segment: int = 128
    base_lr: float = 2e-3
    weight_decay: float = 0.05
    ema_decay: float = 0.99
    target_radius: int = 3
    feature_noise: float = 0.1
    state_weight: float = 0.5
    positive_weight: float = 2.0
    gamma: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class VectorSequence:
    """One match as the temporal head sees it, n frames.

    Attributes:
        vectors: float32 (n, d), from the frozen encoder.
        targets: float32 (n, classes).
        states: float32 (n, s), auxiliary truth.

    """

    vectors: npt.NDArray[np.float32]
    targets: npt.NDArray[np.float32]
    states: npt.NDArray[np.float32]


@torch.no_grad()
def encode_match(network: BallSpotter, luma: npt.NDArray[np.uint8], *, device: str, batch: int = 8) -> Tensor:
    """Vectors (n, d) of every frame of luma uint8 (n, h, w), neighbours repeated at the ends."""
    network = network.to(device).eval()
    last = len(luma) - 1
    parts = []
    for start in range(0, len(luma), batch):
        centre = np.arange(start, min(start + batch, last + 1))
        index = np.clip(centre[:, None] + np.array(network.stack_offsets), 0, last)
        stacks = torch.from_numpy(luma[index].astype(np.float32) / 255.0).to(device, memory_format=torch.channels_last)
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
            states = network.encoder(stacks)
        parts.append(candidate_vectors(states, candidates=network.candidates).cpu())
    return torch.cat(parts)


def train_head(network: BallSpotter, sequences: Sequence[VectorSequence], *, settings: TemporalSettings) -> None:
    """Train the network's temporal head in place (averaged weights) on cached vectors; leaves it in eval mode.

    Raises:
        UsageError: the loss was no number at some step.

    """
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    classes, states = network.num_classes, sequences[0].states.shape[1]
    head = _wider_head(network, extra=states).train()
    optimizer = torch.optim.AdamW(head.parameters(), lr=settings.base_lr, weight_decay=settings.weight_decay)
    schedule = WarmupCosine(settings.base_lr, settings.base_lr / 50, settings.steps // 20, settings.steps)
    ema = Ema(head, settings.ema_decay)
    guard = LossGuard(head, run="temporal head", lower="temporal.base_lr", checkpoint=None)
    for step in range(settings.steps):
        set_learning_rate(optimizer, schedule.at(step))
        vectors, targets = _draw(sequences, settings, head=head, random=random)
        loss = _head_loss(head(vectors), targets, classes=classes, settings=settings)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        ema.update(head)
        guard.add(loss)
    guard.require_finite(settings.steps)
    ema.copy_to(head)
    _keep_classes(network, head)


def _head_loss(logits: Tensor, targets: Tensor, *, classes: int, settings: TemporalSettings) -> Tensor:
    events = focal_loss(
        logits[..., :classes], targets[..., :classes], gamma=settings.gamma, alpha=None
    ) + settings.positive_weight * _positive_part(logits[..., :classes], targets[..., :classes])
    states = F.binary_cross_entropy_with_logits(logits[..., classes:], targets[..., classes:])
    return events + settings.state_weight * states


def _positive_part(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of the positive entries, scaled to the whole."""
    return (F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * targets).mean()


def _draw(
    sequences: Sequence[VectorSequence], settings: TemporalSettings, *, head: TemporalHead, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """A batch of segments: vectors (b, segment + 2 radius, d) and targets (b, segment, classes + states)."""
    vectors, targets = [], []
    for _ in range(settings.batch_size):
        sequence = sequences[int(random.integers(len(sequences)))]
        start = int(random.integers(len(sequence.vectors) - settings.segment))
        reach = np.arange(start - head.radius, start + settings.segment + head.radius)
        index = reach.clip(0, len(sequence.vectors) - 1)
        span = slice(start, start + settings.segment)
        vectors.append(sequence.vectors[index])
        targets.append(np.concatenate([sequence.targets[span], sequence.states[span]], 1))
    batch = torch.from_numpy(np.stack(vectors))
    column = torch.arange(batch.shape[-1]) % (batch.shape[-1] // head.settings["candidates"])
    noise = torch.randn_like(batch) * settings.feature_noise * batch.std((0, 1), keepdim=True)
    batch = batch + torch.where(column < 2, 0.0, noise)
    # Left and right swapped in half of the segments: every x changes its sign.
    mirror = torch.from_numpy(random.random(len(batch)) < 0.5)[:, None, None]
    batch = torch.where(mirror & (column == 0), -batch, batch)
    return batch, torch.from_numpy(np.stack(targets))


def _wider_head(network: BallSpotter, *, extra: int) -> TemporalHead:
    """A head like the network's with ``extra`` more outputs, for the auxiliary truth."""
    return TemporalHead(outputs=network.num_classes + extra, **network.head.settings)


def _keep_classes(network: BallSpotter, head: TemporalHead) -> None:
    state = head.state_dict()
    for name in ("classify.weight", "classify.bias"):
        state[name] = state[name][: network.num_classes]
    network.head.load_state_dict(state)
    network.eval()


@torch.no_grad()
def score_vectors(network: BallSpotter, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities (n, classes) of a whole sequence of vectors, the ends repeated."""
    radius = network.head.radius
    padded = np.pad(vectors, ((radius, radius), (0, 0)), mode="edge")
    return network.head(torch.from_numpy(padded)[None])[0].sigmoid().numpy()
