"""Refit of the output that says whether there is a person, on training pictures and on crops of nobody and of noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.arrays import Rgb
from touchline.models.networks.mobile_pose_net import MobilePoseNet, pooled
from touchline.training.keeper.pose_data import nobody

STEPS = 300
_STAY = 3.0
"""Weight of the changes, so that the output stays what training made of it where pictures do not demand more."""


def refit_person(network: MobilePoseNet, keepers: Tensor, others: Tensor) -> None:
    """Change the network's person output so that it separates pictures with a person from others.

    Args:
        network: changed in place, only in the weights of that output.
        keepers: uint8 (n, 3, side, side), with a person.
        others: likewise, without a person.

    """
    network.eval()
    inputs = torch.cat([_features(network, keepers), _features(network, others)])
    wanted = torch.cat([torch.ones(len(keepers)), torch.zeros(len(others))])
    weight, bias = network.seen.weight[-1].detach(), network.seen.bias[-1].detach()
    scale = inputs.std(0) + 1e-3
    change, shift = torch.zeros_like(weight, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([change, shift], lr=0.02)
    balance = torch.where(wanted > 0, len(wanted) / (2 * len(keepers)), len(wanted) / (2 * len(others)))
    for _ in range(STEPS):
        logits = inputs @ (weight + change / scale) + bias + shift
        wrong = F.binary_cross_entropy_with_logits(logits, wanted, weight=balance)
        loss = wrong + _STAY * change.square().mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        network.seen.weight[-1] = weight + (change / scale).detach()
        network.seen.bias[-1] = bias + shift.detach()[0]


@torch.no_grad()
def _features(network: MobilePoseNet, pixels: Tensor, *, batch: int = 8) -> Tensor:
    parts = pixels.split(batch)
    return torch.cat([pooled(*network.trunk(part.float() / 255.0)) for part in parts])


def without_people(backgrounds: Sequence[Rgb], *, side_px: int, seed: int = 0) -> Tensor:
    """Return crops of backgrounds, padded like keepers', and of noise and plain colours: uint8 (n, 3, side, side)."""
    rng = np.random.default_rng(seed)
    crops = [nobody(background, rng, side_px=side_px) for background in backgrounds]
    for number in range(max(4, len(backgrounds) // 5)):
        height, width = (int(side) for side in rng.integers(30, 160, 2))
        spread = 0 if number % 3 == 0 else int(rng.integers(5, 128))
        plain = rng.integers(0, 256, 3) if number % 6 else np.zeros(3)
        made = np.clip(plain + rng.integers(-spread, spread + 1, (height, width, 3)), 0, 255).astype(np.uint8)
        if number % 3 == 1:
            made = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        crops.append(nobody(made, rng, side_px=side_px))
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
