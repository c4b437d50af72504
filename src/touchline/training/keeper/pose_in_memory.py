"""Training of a pose network on pictures that all lie in a device's memory, for a number of steps or of seconds."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from touchline.core.poses import MIRROR
from touchline.models.networks.pose_net import PoseReader
from touchline.training.keeper.pose_augment_batch import Augmentation, Pictures, augment_batch
from touchline.training.keeper.pose_losses import pose_losses

_WARM_UP = 0.03
_CLIP_NORM = 5.0
_AVERAGED_AFTER = 10.0
"""The averaged weights follow faster at first: after n steps their memory is at most n over this."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Length, learning rates and batches of one training.

    Attributes:
        steps: number of steps; None to train for ``seconds``.
        seconds: wall time, for machines that are lent; the learning rate then falls with time.
        batch: crops per step.
        side_px: of the crops.
        head_lr, trunk_lr: highest learning rates of the heads and of the trunk.
        decay: weight decay.
        averaging: decay per step of the averaged weights.
        nobody, figures: shares of a batch without a person, and of simulated keepers.
        seed: of all randomness.
        augmentation: how far crops are changed.

    """

    steps: int | None = None
    seconds: float | None = None
    batch: int = 96
    side_px: int = 192
    head_lr: float = 1e-3
    trunk_lr: float = 4e-4
    decay: float = 0.05
    averaging: float = 0.999
    nobody: float = 0.05
    figures: float = 0.06
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise ValueError(f"steps={self.steps} and seconds={self.seconds}: give one of the two")


@dataclass(frozen=True, slots=True)
class Material:
    """What is learnt from: keepers, simulated keepers, and pictures without a person; the last two may be None."""

    keepers: Pictures
    figures: Pictures | None = None
    nobody: Pictures | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where a training is.

    Attributes:
        step: steps done.
        done: share of the training that is done, 0 to 1.
        losses: of the last step.
        averaged: the network with its averaged weights.

    """

    step: int
    done: float
    losses: dict[str, float]
    averaged: nn.Module


def fit_in_memory(
    network: nn.Module,
    material: Material,
    fit: Fit,
    *,
    on_state: Callable[[State], None] = lambda state: None,
    every_s: float = 10.0,
) -> tuple[nn.Module, int]:
    """Train a network on the device of its material; return it with averaged weights, and the number of steps.

    Args:
        network: moved to the device and changed.
        material: what is learnt from.
        fit: length and rates.
        on_state: called about every ``every_s`` seconds, and at the end.
        every_s: seconds between calls.

    """
    device = material.keepers.pixels.device
    network = network.to(device=device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    averaged = copy.deepcopy(network).eval()
    generator = torch.Generator(device=device).manual_seed(fit.seed)
    optimizer = _optimizer(network, fit)
    started_s = reported_s = time.monotonic()
    step, done = 0, 0.0
    while done < 1.0:
        _set_rates(optimizer, done)
        losses = _step(network, optimizer, material, fit, generator)
        step += 1
        _follow(averaged, network, min(fit.averaging, step / (step + _AVERAGED_AFTER)))
        now_s = time.monotonic()
        done = step / fit.steps if fit.steps is not None else (now_s - started_s) / (fit.seconds or 1.0)
        if now_s - reported_s >= every_s or done >= 1.0:
            reported_s = now_s
            on_state(State(step, done, {name: round(float(value), 4) for name, value in losses.items()}, averaged))
    return averaged, step


def _optimizer(network: nn.Module, fit: Fit) -> torch.optim.Optimizer:
    trunk = [weight for name, weight in network.named_parameters() if name.startswith("trunk.")]
    heads = [weight for name, weight in network.named_parameters() if not name.startswith("trunk.")]
    groups = [{"params": trunk, "highest": fit.trunk_lr}, {"params": heads, "highest": fit.head_lr}]
    return torch.optim.AdamW(groups, lr=fit.trunk_lr, weight_decay=fit.decay)


def rate_share(done: float) -> float:
    """Return the learning rate's share of the highest: a short rise, then half a cosine down to 0."""
    if done < _WARM_UP:
        return max(done / _WARM_UP, 0.01)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (done - _WARM_UP) / (1 - _WARM_UP))))


def _set_rates(optimizer: torch.optim.Optimizer, done: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * rate_share(done)


def _step(
    network: nn.Module, optimizer: torch.optim.Optimizer, material: Material, fit: Fit, generator: torch.Generator
) -> dict[str, Tensor]:
    batch = augment_batch(
        draw_rows(material, fit, generator), side_px=fit.side_px, generator=generator, how=fit.augmentation
    )
    crops = batch.crops.contiguous(memory_format=torch.channels_last)
    with torch.autocast(crops.device.type, dtype=torch.bfloat16):
        maps = network(crops)
    losses = pose_losses(maps, batch)
    optimizer.zero_grad(set_to_none=True)
    torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), _CLIP_NORM)
    optimizer.step()
    return {name: value.detach() for name, value in losses.items()}


def draw_rows(material: Material, fit: Fit, generator: torch.Generator) -> Pictures:
    """Draw a batch of pictures: keepers, simulated ones and pictures without a person in their shares."""
    counts = [
        (material.nobody, round(fit.batch * fit.nobody)),
        (material.figures, round(fit.batch * fit.figures)),
    ]
    parts = [(pictures, count) for pictures, count in counts if pictures is not None and count]
    parts.append((material.keepers, fit.batch - sum(count for _, count in parts)))
    drawn = []
    for pictures, count in parts:
        rows = torch.randint(len(pictures.pixels), (count,), generator=generator, device=generator.device)
        drawn.append(pictures.take(rows))
    names = ("pixels", "joints", "sure", "deep", "person", "content")
    return Pictures(*(torch.cat([getattr(part, name) for part in drawn]) for name in names))


@torch.no_grad()
def _follow(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    mine: list[Tensor] = [*averaged.parameters()]
    other = [weight.detach() for weight in network.parameters()]
    torch._foreach_lerp_(mine, other, 1 - decay)
    for held, current in zip(averaged.buffers(), network.buffers(), strict=True):
        held.copy_(current)


@torch.inference_mode()
def read_poses(network: nn.Module, pixels: Tensor, *, side_px: int, batch: int = 64) -> tuple[Tensor, Tensor, Tensor]:
    """Find joints in padded square pictures, as a pose finder does: each looked at twice, once mirrored.

    Args:
        network: a trained network.
        pixels: uint8 (n, 3, side, side).
        side_px: of the network's input.
        batch: pictures at a time.

    Returns:
        Places (n, 16, 3) in shares of the side, concentrations (n, 16) and visibilities (n, 17).

    """
    reader = PoseReader(network.eval(), mirror=MIRROR)
    found = []
    for start in range(0, len(pixels), batch):
        crops = nn.functional.interpolate(
            pixels[start : start + batch].float(), size=(side_px, side_px), mode="bilinear", antialias=True
        )
        found.append(reader(crops.permute(0, 2, 3, 1).round().to(torch.uint8)))
    places, shares, seen = (torch.cat(part).float() for part in zip(*found, strict=True))
    return places, shares, seen
