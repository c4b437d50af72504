"""R(2+1)D-18: 3-D convolutions split into one over space and one over time.

Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition", CVPR 2018. Weights have the names of
torchvision's ``r2plus1d_18``, so that its checkpoints load unchanged.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)
BLOCKS_PER_STAGE = 2
_STEM_MIDDLE = 45


def _conv2plus1d(inputs: int, outputs: int, *, middle: int, stride: int = 1) -> nn.Sequential:
    """Build a 3x3x3 convolution split into one over space, then one over time."""
    return nn.Sequential(
        nn.Conv3d(inputs, middle, (1, 3, 3), stride=(1, stride, stride), padding=(0, 1, 1), bias=False),
        nn.BatchNorm3d(middle),
        nn.ReLU(inplace=True),
        nn.Conv3d(middle, outputs, (3, 1, 1), stride=(stride, 1, 1), padding=(1, 0, 0), bias=False),
    )


class _Block(nn.Module):
    """A residual block of two split convolutions."""

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        middle = inputs * outputs * 27 // (inputs * 9 + 3 * outputs)  # as many weights as a full 3-D convolution
        self.conv1 = nn.Sequential(
            _conv2plus1d(inputs, outputs, middle=middle, stride=stride), nn.BatchNorm3d(outputs), nn.ReLU(inplace=True)
        )
        self.conv2 = nn.Sequential(_conv2plus1d(outputs, outputs, middle=middle), nn.BatchNorm3d(outputs))
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            nn.Sequential(nn.Conv3d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm3d(outputs))
            if stride != 1 or inputs != outputs
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, t, h, w) to (n, outputs, t / stride, h / stride, w / stride)."""
        skipped = x if self.downsample is None else self.downsample(x)
        return cast(Tensor, self.relu(self.conv2(self.conv1(x)) + skipped))


def _stage(inputs: int, outputs: int, *, stride: int) -> nn.Sequential:
    first = _Block(inputs, outputs, stride=stride)
    return nn.Sequential(first, *(_Block(outputs, outputs, stride=1) for _ in range(BLOCKS_PER_STAGE - 1)))


class R2Plus1D(nn.Module):
    """R(2+1)D with 18 layers; 31,505,325 weights for 400 classes.

    Args:
        num_classes: number of classes, the columns of the logits.
        dropout: share of features dropped in training.

    """

    feature_size = WIDTHS[-1]

    def __init__(self, num_classes: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.stem = nn.Sequential(
            nn.Conv3d(3, _STEM_MIDDLE, (1, 7, 7), stride=(1, 2, 2), padding=(0, 3, 3), bias=False),
            nn.BatchNorm3d(_STEM_MIDDLE),
            nn.ReLU(inplace=True),
            nn.Conv3d(_STEM_MIDDLE, WIDTHS[0], (3, 1, 1), padding=(1, 0, 0), bias=False),
            nn.BatchNorm3d(WIDTHS[0]),
            nn.ReLU(inplace=True),
        )
        self.layer1 = _stage(WIDTHS[0], WIDTHS[0], stride=1)
        self.layer2 = _stage(WIDTHS[0], WIDTHS[1], stride=2)
        self.layer3 = _stage(WIDTHS[1], WIDTHS[2], stride=2)
        self.layer4 = _stage(WIDTHS[2], WIDTHS[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool3d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(WIDTHS[3], num_classes)
        self.apply(_initialise)

    def forward_features(self, clips: Tensor) -> Tensor:
        """Return features (n, 512) of clips (n, 3, t, h, w), normalised."""
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(clips)))))
        return torch.flatten(self.avgpool(x), 1)

    def classify(self, features: Tensor) -> Tensor:
        """Return logits (n, classes) of features (n, 512)."""
        return cast(Tensor, self.fc(self.dropout(features)))

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (n, classes) of clips (n, 3, t, h, w), normalised."""
        return self.classify(self.forward_features(clips))


def _initialise(module: nn.Module) -> None:
    """Initialise convolutions as He et al. (2015), and the last layer with small weights."""
    if isinstance(module, nn.Conv3d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.01)
        nn.init.zeros_(module.bias)
