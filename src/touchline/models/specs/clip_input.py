"""Clip classification in one module, from 8-bit pixels to probabilities, including the input normalisation."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from touchline.models.specs.spec import ClipSpec


class ClipNormaliser(nn.Module):
    """A layer that normalises clips of 8-bit RGB frames as in the network's training.

    Args:
        spec: order of the channels, their range, mean and standard deviation.

    """

    scale: Tensor
    shift: Tensor

    def __init__(self, spec: ClipSpec) -> None:
        super().__init__()
        self.bgr = spec.color == "BGR"
        mean, std = torch.tensor(spec.mean), torch.tensor(spec.std)
        brightest = 255.0 / spec.max_value
        self.register_buffer("scale", (1 / (brightest * std)).view(1, 3, 1, 1, 1), persistent=False)
        self.register_buffer("shift", (-mean / std).view(1, 3, 1, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Convert pixels uint8 (n, t, h, w, 3), RGB, to normalised clips, float (n, 3, t, h, w)."""
        clips = pixels.permute(0, 4, 1, 2, 3)
        if self.bgr:
            clips = clips[:, [2, 1, 0]]
        return clips.float() * self.scale + self.shift


class ClipClassifier(nn.Module):
    """A complete recogniser of clips: 8-bit pixels in, probabilities out.

    Args:
        network: network that returns logits of clips.
        spec: format of the clips it was trained on.
        temperature: divisor of the logits before softmax.

    """

    def __init__(self, network: Any, *, spec: ClipSpec, temperature: float = 1.0) -> None:
        super().__init__()
        self.normaliser = ClipNormaliser(spec)
        self.network = network
        self.temperature = temperature

    def forward(self, pixels: Tensor) -> Tensor:
        """Return probabilities (n, classes) of pixels uint8 (n, t, h, w, 3), RGB."""
        logits = cast(Tensor, self.network(self.normaliser(pixels)))
        return torch.softmax(logits.float() / self.temperature, dim=1)
