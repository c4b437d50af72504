"""A small network for recognising actions when few training clips are available.

Each frame passes through a 2-D network; one convolution over time follows. Two hand-made input channels let it learn
from little data: how close a pixel's colour is to a basketball's, and how much it changed since the last frame.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_STRONG = 0.13
"""Excess of red over green and blue, of 1, at which a pixel counts as ball-coloured."""

_SMALL = 1e-3


def _conv(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class ActionNet(nn.Module):
    """A classifier of clips of any length and size.

    Args:
        num_classes: number of classes, the columns of the logits.
        widths: channels of the four stages.
        dropout: share of features dropped in training.

    """

    def __init__(
        self, num_classes: int, *, widths: tuple[int, int, int, int] = (24, 32, 48, 96), dropout: float = 0.5
    ) -> None:
        super().__init__()
        if len(widths) != 4:
            raise ValueError(f"widths={widths} must be four numbers, the channels of the stages")
        self.settings: dict[str, Any] = {"num_classes": num_classes, "widths": list(widths), "dropout": dropout}
        self.num_classes = num_classes
        self.feature_size = 2 * widths[3]
        first, second, third, last = widths
        self.pictures = nn.Sequential(
            _conv(5, first, stride=2),
            _conv(first, second),
            nn.MaxPool2d(2),
            _conv(second, third),
            _conv(third, third),
            nn.MaxPool2d(2),
            _conv(third, last),
            _conv(last, last),
        )
        self.places = nn.Parameter(torch.zeros(1, last, 12, 8))
        self.time = nn.Conv3d(last, last, (3, 1, 1), padding=(1, 0, 0))
        self.time_norm = nn.BatchNorm3d(last)
        self.dropout = nn.Dropout(dropout)
        self.classes = nn.Linear(self.feature_size, num_classes)

    def forward_features(self, clips: Tensor) -> Tensor:
        """Return features (n, D) of clips (n, 3, t, h, w), RGB in 0..1."""
        frames = clips.shape[2]
        maps = self.pictures(seen(clips).transpose(1, 2).flatten(0, 1))
        places = F.interpolate(self.places, size=maps.shape[2:], mode="bilinear", align_corners=False)
        maps = (maps + places).unflatten(0, (-1, frames)).transpose(1, 2)
        x = F.relu(self.time_norm(self.time(maps)))
        return torch.cat([x.mean(dim=(2, 3, 4)), x.amax(dim=(3, 4)).mean(dim=2)], dim=1)

    def classify(self, features: Tensor) -> Tensor:
        """Return logits (n, classes) of features (n, D)."""
        return cast(Tensor, self.classes(self.dropout(features)))

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (n, classes) of clips (n, 3, t, h, w), RGB in 0..1."""
        return self.classify(self.forward_features(clips))


def seen(clips: Tensor) -> Tensor:
    """Return the network's input (n, 5, t, h, w): standardised colours, ball colour, and change over time."""
    red, green, blue = clips.unbind(1)
    ball = torch.sigmoid(14 * (red - torch.maximum(green, blue) - _STRONG)) * torch.sigmoid(12 * (red - 0.25))
    grey = clips.mean(dim=1)
    change = torch.cat([torch.zeros_like(grey[:, :1]), grey[:, 1:] - grey[:, :-1]], dim=1)
    mean = clips.mean(dim=(2, 3, 4), keepdim=True)
    spread = (clips - mean).square().mean(dim=(2, 3, 4), keepdim=True).sqrt() + _SMALL
    return torch.cat([(clips - mean) / spread, 3 * ball[:, None] - 0.3, 5 * change[:, None]], dim=1)
