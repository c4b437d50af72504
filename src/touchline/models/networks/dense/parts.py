"""The parts of a dense spotter as modules of one input, for tracing, with normalisation before and softmax after.

A video goes through two or three of them: ``frames`` sees single frames; then, if every clip is encoded for itself,
``clip`` does the rest; if every frame is encoded once, ``features`` sees a stretch of frames and ``decide`` the clips.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from touchline.models.networks.dense.spotter import DenseLogits, DenseSpotter


class FramePart(nn.Module):
    """From pixels to maps of single frames.

    Args:
        network: the network.
        mean, std: statistics of RGB in [0, 1].

    """

    scale: Tensor
    shift: Tensor

    def __init__(self, network: DenseSpotter, *, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        centre, spread = torch.tensor(tuple(mean)), torch.tensor(tuple(std))
        self.register_buffer("scale", (1 / (255 * spread)).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("shift", (-centre / spread).view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels uint8 (n, h, w, 3), RGB, to maps (n, ...); luma (n, h, w, 1) stays as it is, (n, 1, h, w)."""
        if pixels.shape[-1] == 1:
            return pixels.permute(0, 3, 1, 2)
        return self.network.frame_maps(pixels.permute(0, 3, 1, 2).float() * self.scale + self.shift)


class FeaturePart(nn.Module):
    """From maps of consecutive frames to their features."""

    def __init__(self, network: DenseSpotter) -> None:
        super().__init__()
        self.network = network

    def forward(self, maps: Tensor) -> Tensor:
        """Map (1, t, ...) to (1, t, width)."""
        return self.network.clip_features(maps)


class DecidePart(nn.Module):
    """From features to what is said of every frame."""

    def __init__(self, network: DenseSpotter) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        """Map (1, t, width) to what :func:`said` returns."""
        return said(self.network.decide(features))


class ClipPart(nn.Module):
    """From maps of a clip to what is said of every frame."""

    def __init__(self, network: DenseSpotter) -> None:
        super().__init__()
        self.network = network

    def forward(self, maps: Tensor) -> tuple[Tensor, ...]:
        """Map (1, t, ...) to what :func:`said` returns."""
        return said(self.network.decide(self.network.clip_features(maps)))


def said(logits: DenseLogits) -> tuple[Tensor, ...]:
    """Return probabilities of the labels (b, t, labels), then displacements and the right team's probabilities (b, t).

    The latter two are there if the network has such heads.
    """
    outputs = [torch.cat([head.float().softmax(-1)[..., 1:] for head in logits.classes], dim=-1)]
    if logits.displacement is not None:
        outputs.append(logits.displacement.float()[..., 0])
    if logits.team is not None:
        outputs.append(logits.team.float().softmax(-1)[..., 1])
    return tuple(outputs)
