"""PoseHG3D: a residual network with three transposed convolutions that outputs heat maps and depth maps of joints.

Xiao et al., "Simple Baselines for Human Pose Estimation and Tracking", ECCV 2018, with the depth head of Zhou et al.,
"Towards 3D Human Pose Estimation in the Wild", ICCV 2017. Weights have the names of its published checkpoints.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from touchline.models.networks.pose_net import PoseMaps
from touchline.models.networks.resnet import EXPANSION, WIDTHS, ResNet
from touchline.models.specs.spec import IMAGENET_MEAN, IMAGENET_STD

_WIDTH = 256
_UPWARDS = 3


class PoseHG3D(nn.Module):
    """A pose network that maps crops to heat maps of values from 0 to 1, and depth maps.

    Args:
        joints: number of joints.
        depth: layers of the residual network.

    """

    mean: Tensor
    std: Tensor

    def __init__(self, *, joints: int = 16, depth: int = 50) -> None:
        super().__init__()
        self.num_classes = joints
        self.settings: dict[str, Any] = {"joints": joints, "depth": depth}
        trunk = ResNet(1, depth=depth)
        self.conv1, self.bn1, self.relu, self.maxpool = trunk.conv1, trunk.bn1, trunk.relu, trunk.maxpool
        self.layer1, self.layer2 = trunk.layer1, trunk.layer2
        self.layer3, self.layer4 = trunk.layer3, trunk.layer4
        inputs = WIDTHS[-1] * (1 if depth < 50 else EXPANSION)
        parts: list[nn.Module] = []
        for number in range(_UPWARDS):
            before = inputs if number == 0 else _WIDTH
            parts += [
                nn.ConvTranspose2d(before, _WIDTH, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(_WIDTH),
                nn.ReLU(inplace=True),
            ]
        self.deconv_layers = nn.Sequential(*parts)
        self.depth = nn.Conv2d(_WIDTH, joints, 1)
        self.hm = nn.Conv2d(_WIDTH, joints, 1)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD)[:, None, None], persistent=False)

    def forward(self, crops: Tensor) -> PoseMaps:
        """Return the maps of crops (n, 3, h, w), RGB in 0..1; ``seen`` is NaN, as the network does not predict it."""
        x = self.maxpool(self.relu(self.bn1(self.conv1((crops - self.mean) / self.std))))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in stage:  # type: ignore[union-attr]
                x = block(x, 1)
        x = self.deconv_layers(x)
        unknown = x.new_full((len(x), self.num_classes + 1), torch.nan)
        return PoseMaps(self.hm(x).float(), self.depth(x).float(), unknown)
