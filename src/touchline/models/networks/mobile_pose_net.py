"""A pose network on a MobileNetV2 trunk with a feature pyramid, shaped so that MoveNet's weights can start it.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018. MoveNet (Google, Apache-2.0) is
such a trunk with a pyramid that ends at stride 4. Its normalisation is folded into its convolutions, so there is none.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.pose_net import PoseMaps

BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, repeats and first stride of each stage of MobileNetV2."""
TAPS = (1, 2, 3)
"""Stages whose output joins the pyramid, at strides 4, 8 and 16."""
LAST, NECKS, HIDDEN = 1280, (64, 32, 24), 96
"""Channels of the trunk's last layer, of the pyramid at strides 16, 8 and 4, and inside a head."""


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding, which is at the bottom and right for stride 2 and even sides."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            inputs, outputs, kernel, stride=stride, padding=kernel // 2 if stride == 1 else 0, groups=groups
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        return super().forward(F.pad(x, (0, 1, 0, 1)) if self.stride[0] == 2 else x)


class _Inverted(nn.Module):
    """An inverted residual block."""

    def __init__(self, inputs: int, outputs: int, *, expansion: int, stride: int) -> None:
        super().__init__()
        middle = inputs * expansion
        self.expand = SameConv(inputs, middle) if expansion > 1 else nn.Identity()
        self.spread = SameConv(middle, middle, kernel=3, stride=stride, groups=middle)
        self.project = SameConv(middle, outputs)
        self.skips = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y = self.expand(x)
        y = y if isinstance(self.expand, nn.Identity) else F.relu6(y)
        y = self.project(F.relu6(self.spread(y)))
        return x + y if self.skips else y


class _Separable(nn.Module):
    """A depthwise and a pointwise convolution, then a rectifier."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.spread = SameConv(inputs, inputs, kernel=3, groups=inputs)
        self.mix = SameConv(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h, w)."""
        return F.relu(self.mix(self.spread(x)))


class MobilePyramid(nn.Module):
    """MobileNetV2 and a pyramid: pictures to a map at stride 4 and the trunk's last map at stride 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, 32, kernel=3, stride=2)
        inputs = 32
        stages = []
        for expansion, outputs, repeats, stride in BLOCKS:
            blocks = []
            for number in range(repeats):
                blocks.append(_Inverted(inputs, outputs, expansion=expansion, stride=stride if number == 0 else 1))
                inputs = outputs
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.last = SameConv(inputs, LAST)
        self.top = SameConv(LAST, NECKS[0])
        taps = [BLOCKS[tap][1] for tap in reversed(TAPS)]
        self.lateral = nn.ModuleList(SameConv(tap, neck) for tap, neck in zip(taps, NECKS, strict=True))
        outs = (*NECKS[1:], NECKS[-1])
        self.join = nn.ModuleList(_Separable(neck, out) for neck, out in zip(NECKS, outs, strict=True))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return maps (n, 24, h / 4, w / 4) and (n, 1280, h / 32, w / 32) of pictures (n, 3, h, w), RGB in 0..1."""
        x = F.relu6(self.stem(pictures * 2.0 - 1.0))
        taps = []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in TAPS:
                taps.append(x)
        last = F.relu6(self.last(x))
        fine = self.top(last)
        for lateral, join, tap in zip(self.lateral, self.join, reversed(taps), strict=True):
            fine = join(lateral(tap) + F.interpolate(fine, scale_factor=2.0, mode="bilinear"))
        return fine, last


class MobilePoseNet(nn.Module):
    """A pose network that maps crops to maps of joints.

    Args:
        joints: number of joints.

    """

    def __init__(self, *, joints: int = 16) -> None:
        super().__init__()
        if joints < 1:
            raise ValueError(f"joints={joints} must be 1 or more")
        self.num_classes = joints
        self.settings: dict[str, Any] = {"joints": joints}
        self.trunk = MobilePyramid()
        self.heat = nn.Sequential(_Separable(NECKS[-1], HIDDEN), SameConv(HIDDEN, joints))
        self.depth = nn.Sequential(_Separable(NECKS[-1], HIDDEN), SameConv(HIDDEN, joints))
        self.dropout = nn.Dropout(0.2)
        self.seen = nn.Linear(LAST + NECKS[-1], joints + 1)

    def forward(self, crops: Tensor) -> PoseMaps:
        """Return the maps of crops (n, 3, h, w), RGB in 0..1; h and w are multiples of 32."""
        fine, coarse = self.trunk(crops)
        seen = self.seen(self.dropout(pooled(fine, coarse)))
        return PoseMaps(self.heat(fine).float(), self.depth(fine).float(), seen.float())


def pooled(fine: Tensor, coarse: Tensor) -> Tensor:
    """Return what visibility is judged by (n, 1304): the mean of the trunk's last map and the peaks of the fine one."""
    return torch.cat([coarse.float().mean((2, 3)), fine.float().amax((2, 3))], 1)
