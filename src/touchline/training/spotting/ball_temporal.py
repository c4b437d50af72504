"""Second stage of the built-in spotter's training: the temporal head on the encoder's vectors.

The encoder is frozen and its vectors are cached, so this stage takes minutes. Besides the classes the head learns,
during training only, who has the ball: hundreds of exact targets a minute, where events give few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.models.networks.ball_spotter import BALL_STATES, BallSpotter, TemporalHead, candidate_vectors
from touchline.training.loop import Loop
from touchline.training.plan import LoopPlan, Progress, adamw, data_from, plan_training
from touchline.training.recipe import TrainingSettings
from touchline.training.schedule import WarmupCosine
from touchline.training.spotting.losses import focal_loss

CANDIDATE_SIZE = 2 + len(BALL_STATES)
"""Values per candidate in a frame's vector."""


class TemporalSettings(TrainingSettings):
    """The settings of the temporal head's training; lengths in frames of the model's clock.

    Attributes:
        batch_size, segment: segments per step, and their length.
        target_radius: frames around an event that count as the event.
        feature_noise: noise added to vectors, in standard deviations.
        state_weight, positive_weight: weights of the ball's state, and of frames with an event.
        gamma: of the focal loss.

    """

    batch_size: int = 16
    segment: int = 128
    ema_decay: float = 0.99
    target_radius: int = 3
    feature_noise: float = 0.1
    state_weight: float = 0.5
    positive_weight: float = 2.0
    gamma: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class VectorSequence:
    """One match as input of the temporal head, n frames.

    Attributes:
        vectors: float32 (n, d), from the frozen encoder.
        targets: float32 (n, classes).
        states: float32 (n, s), auxiliary truth.

    """

    vectors: npt.NDArray[np.float32]
    targets: npt.NDArray[np.float32]
    states: npt.NDArray[np.float32]


def encode_match(network: BallSpotter, luma: npt.NDArray[np.uint8], *, device: str, batch: int = 8) -> Tensor:
    """Encode every frame of luma uint8 (n, h, w) to vectors (n, d); border frames are repeated."""
    last = len(luma) - 1
    parts = []
    for start in range(0, len(luma), batch):
        centre = np.arange(start, min(start + batch, last + 1))
        index = np.clip(centre[:, None] + np.array(network.stack_offsets), 0, last)
        parts.append(encode_stacks(network, torch.from_numpy(luma[index]), device=device))
    return torch.cat(parts)


@torch.no_grad()
def encode_stacks(network: BallSpotter, stacks: Tensor, *, device: str) -> Tensor:
    """Encode frames with their neighbours, uint8 (n, frames, h, w), to vectors (n, d) on the CPU."""
    network = network.to(device).eval()
    inputs = (stacks.float() / 255.0).to(device, memory_format=torch.channels_last)
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
        states = network.encoder(inputs)
    return candidate_vectors(states, candidates=network.candidates).cpu()


def train_head(
    network: BallSpotter,
    sequences: Sequence[VectorSequence],
    *,
    settings: TemporalSettings,
    out: Path | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
) -> None:
    """Train the network's temporal head in place (averaged weights) on cached vectors; leave it in eval mode.

    Args:
        network: the network whose head is trained; it ends on the CPU.
        sequences: one per match.
        settings: of the training.
        out: folder of log and checkpoint, from which an earlier run resumes; None for neither.
        device: where to train.
        progress: called after every step.

    Raises:
        UsageError: the loss was not finite at some step.

    """
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    head = _wider_head(network, extra=sequences[0].states.shape[1]).to(device)
    data = data_from(lambda: _draw(sequences, settings, head=head, random=random), random)

    def terms(batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        vectors, targets = (one.to(device) for one in batch)
        return {"loss": _head_loss(head(vectors), targets, classes=network.num_classes, settings=settings)}

    loop = Loop(head, data, terms, adamw(head, settings), _plan(settings, sequences, head, out=out), progress=progress)
    loop.run()
    head.load_state_dict(loop.weights())
    _keep_classes(network, head.cpu())


def _plan(
    settings: TemporalSettings, sequences: Sequence[VectorSequence], head: TemporalHead, *, out: Path | None
) -> LoopPlan:
    plan = plan_training(
        settings,
        out=out or Path("temporal head"),
        lower="temporal.base_lr",
        data=[len(sequence.vectors) for sequence in sequences],
        network=str(head),
        schedule=WarmupCosine(settings.base_lr, settings.base_lr / 50, settings.steps // 20, settings.steps),
    )
    return replace(plan, folder=None, checkpoints=None) if out is None else plan


def _head_loss(logits: Tensor, targets: Tensor, *, classes: int, settings: TemporalSettings) -> Tensor:
    events = focal_loss(
        logits[..., :classes], targets[..., :classes], gamma=settings.gamma, alpha=None
    ) + settings.positive_weight * _positive_part(logits[..., :classes], targets[..., :classes])
    states = F.binary_cross_entropy_with_logits(logits[..., classes:], targets[..., classes:])
    return events + settings.state_weight * states


def _positive_part(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of the positive entries, scaled to all entries."""
    return (F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * targets).mean()


def _draw(
    sequences: Sequence[VectorSequence], settings: TemporalSettings, *, head: TemporalHead, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Draw a batch of segments: vectors (b, segment + 2 radius, d) and targets (b, segment, classes + states)."""
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
    batch = noise_on_vectors(batch, settings.feature_noise * batch.std((0, 1), keepdim=True))
    mirrored = torch.from_numpy(random.random(len(batch)) < 0.5)
    batch = mirror_vectors(batch, mirrored)
    return batch, torch.from_numpy(np.stack(targets))


def noise_on_vectors(vectors: Tensor, spread: Tensor) -> Tensor:
    """Return vectors (n, length, d) with Gaussian noise of a given spread on all values but the places."""
    noise = torch.randn_like(vectors) * spread
    return vectors + torch.where(_value_numbers(vectors) < 2, 0.0, noise)


def mirror_vectors(vectors: Tensor, which: Tensor) -> Tensor:
    """Return vectors (n, length, d), those at True of bool (n,) mirrored left to right: every x changes its sign."""
    return torch.where(which[:, None, None] & (_value_numbers(vectors) == 0), -vectors, vectors)


def _value_numbers(vectors: Tensor) -> Tensor:
    """Return, for each column of vectors, the number of the value within its candidate: 0 is x, 1 is y."""
    return torch.arange(vectors.shape[-1]) % CANDIDATE_SIZE


def _wider_head(network: BallSpotter, *, extra: int) -> TemporalHead:
    """Make a head like the network's with ``extra`` additional outputs for the auxiliary truth."""
    return TemporalHead(outputs=network.num_classes + extra, **network.head.settings)


def _keep_classes(network: BallSpotter, head: TemporalHead) -> None:
    state = head.state_dict()
    for name in ("classify.weight", "classify.bias"):
        state[name] = state[name][: network.num_classes]
    network.head.load_state_dict(state)
    network.eval()


@torch.no_grad()
def score_vectors(network: BallSpotter, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return probabilities (n, classes) for a sequence of vectors; border vectors are repeated."""
    radius = network.head.radius
    padded = np.pad(vectors, ((radius, radius), (0, 0)), mode="edge")
    return network.head(torch.from_numpy(padded)[None])[0].sigmoid().numpy()
