"""Adaptation of the ball spotter's encoder to other footage, without labels.

The statistics of its batch norms are measured again on frames of the corrected footage (AdaBN, Li et al. 2016): another
brightness, contrast or size of the ball shifts what each layer sees, and this shifts it back. No weight changes.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from touchline.models.networks.ball_spotter import BallSpotter
from touchline.training.corrections.footage import Footage
from touchline.training.corrections.lessons import Range

BATCH = 8
MOMENTUM = 0.1
"""Share of each batch in the statistics: after 20 batches an eighth of the old ones is left."""

Stacks = npt.NDArray[np.uint8]


def adapt_encoder(network: BallSpotter, stacks: Sequence[Stacks], *, seed: int = 0) -> BallSpotter:
    """Return a copy of a network with the encoder's statistics measured on some stacks, in evaluation mode."""
    adapted = copy.deepcopy(network)
    norms = [part for part in adapted.encoder.modules() if isinstance(part, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = MOMENTUM
    order = np.random.default_rng(seed).permutation(len(stacks))
    adapted.encoder.train()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(order) - BATCH + 1, BATCH):
            batch = np.stack([stacks[row] for row in order[start : start + BATCH]])
            adapted.encoder(torch.from_numpy(batch).float() / 255.0)
    return adapted.eval()


def sample_stacks(footage: Footage, ranges: Sequence[Range], *, count: int) -> list[Stacks]:
    """Return stacks evenly spaced over ranges of a video, at most ``count``, fewer where the video ends early."""
    if count == 0:
        return []
    lengths = [end - first for first, end in ranges]
    wanted = set(np.linspace(0, sum(lengths) - 1, num=min(count, sum(lengths))).astype(int).tolist())
    found, passed = [], 0
    for part, length in zip(ranges, lengths, strict=True):
        if any(passed <= number < passed + length for number in wanted):
            found += [one for number, one in enumerate(footage.stacks(part), start=passed) if number in wanted]
        passed += length
    return found
