"""EfficientNetV2-B0 as a feature encoder, with the tensor names of timm's ``tf_efficientnetv2_b0``.

Width, depth and stem can be reduced; at their defaults published weights load key for key.
Padding is TensorFlow's "same": if the total is odd, the extra row and column are at the bottom and right.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

BN_EPS = 1e-3
ACTIVATIONS: dict[str, type[nn.Module]] = {"silu": nn.SiLU, "relu": nn.ReLU, "relu6": nn.ReLU6}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the architecture: ``kind`` is "conv", "edge" (fused) or "inverted" (depthwise, squeeze-excite)."""

    kind: str
    repeats: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage("conv", 1, 1, 1, 16),
    Stage("edge", 2, 2, 4, 32),
    Stage("edge", 2, 2, 4, 48),
    Stage("inverted", 3, 2, 4, 96),
    Stage("inverted", 5, 1, 6, 112),
    Stage("inverted", 8, 2, 6, 192),
)
STEM_CHANNELS = 32
SE_RATIO = 0.25


def same_padding(size: int, *, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros to pad before and after an axis of ``size`` for an output of ``ceil(size / stride)``."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """A convolution without bias, with TensorFlow's "same" padding."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        static = kernel // 2 if stride == 1 else 0
        super().__init__(in_channels, out_channels, kernel, stride=stride, padding=static, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, in, h, w) to (n, out, ceil(h / stride), ceil(w / stride))."""
        kernel, stride = int(self.kernel_size[0]), int(self.stride[0])
        if stride > 1:
            top, bottom = same_padding(int(x.shape[-2]), kernel=kernel, stride=stride)
            left, right = same_padding(int(x.shape[-1]), kernel=kernel, stride=stride)
            x = F.pad(x, (left, right, top, bottom))
        return super().forward(x)


class BatchNormAct2d(nn.BatchNorm2d):
    """Batch normalisation, then an activation without parameters."""

    def __init__(self, channels: int, *, act: str | None = "silu", eps: float = BN_EPS) -> None:
        super().__init__(channels, eps=eps)
        self.act: nn.Module = nn.Identity() if act is None else ACTIVATIONS[act]()

    def forward(self, x: Tensor) -> Tensor:
        """Map x to the same shape."""
        return self.act(super().forward(x))


class DropPath(nn.Module):
    """Stochastic depth: drops a residual branch for whole samples in training, and scales the rest to keep the mean."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"drop path rate={rate} must be in [0, 1)")
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Map x to the same shape."""
        if not self.training or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
        return x * mask.div_(keep)


class SqueezeExcite(nn.Module):
    """Channel gates computed from the channels' means."""

    def __init__(self, channels: int, reduced: int, *, act: str) -> None:
        super().__init__()
        self.conv_reduce = nn.Conv2d(channels, reduced, 1)
        self.act1 = ACTIVATIONS[act]()
        self.conv_expand = nn.Conv2d(reduced, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map x to the same shape."""
        gate = self.conv_expand(self.act1(self.conv_reduce(x.mean((2, 3), keepdim=True))))
        return x * gate.sigmoid()


class ConvBlock(nn.Module):
    """A block of convolution, normalisation and activation, with a shortcut if the shape does not change."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expansion: int, drop: float, act: str) -> None:
        super().__init__()
        if expansion != 1:
            raise ValueError(f"expansion={expansion} of a plain convolution must be 1")
        self.conv = SameConv2d(inputs, outputs, 3, stride=stride)
        self.bn1 = BatchNormAct2d(outputs, act=act)
        self.drop_path = DropPath(drop)
        self.has_skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, ceil(h / stride), ceil(w / stride))."""
        y = self.bn1(self.conv(x))
        return self.drop_path(y) + x if self.has_skip else y


class EdgeResidual(nn.Module):
    """A fused inverted residual block: a full convolution expands, a 1x1 convolution projects."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expansion: int, drop: float, act: str) -> None:
        super().__init__()
        middle = inputs * expansion
        self.conv_exp = SameConv2d(inputs, middle, 3, stride=stride)
        self.bn1 = BatchNormAct2d(middle, act=act)
        self.conv_pwl = SameConv2d(middle, outputs, 1)
        self.bn2 = BatchNormAct2d(outputs, act=None)
        self.drop_path = DropPath(drop)
        self.has_skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, ceil(h / stride), ceil(w / stride))."""
        y = self.bn2(self.conv_pwl(self.bn1(self.conv_exp(x))))
        return self.drop_path(y) + x if self.has_skip else y


class InvertedResidual(nn.Module):
    """An inverted residual block: 1x1 expansion, depthwise 3x3, squeeze-excite, 1x1 projection."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expansion: int, drop: float, act: str) -> None:
        super().__init__()
        middle = inputs * expansion
        self.conv_pw = SameConv2d(inputs, middle, 1)
        self.bn1 = BatchNormAct2d(middle, act=act)
        self.conv_dw = SameConv2d(middle, middle, 3, stride=stride, groups=middle)
        self.bn2 = BatchNormAct2d(middle, act=act)
        self.se = SqueezeExcite(middle, max(1, round(inputs * SE_RATIO)), act=act)
        self.conv_pwl = SameConv2d(middle, outputs, 1)
        self.bn3 = BatchNormAct2d(outputs, act=None)
        self.drop_path = DropPath(drop)
        self.has_skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, ceil(h / stride), ceil(w / stride))."""
        y = self.bn1(self.conv_pw(x))
        y = self.se(self.bn2(self.conv_dw(y)))
        y = self.bn3(self.conv_pwl(y))
        return self.drop_path(y) + x if self.has_skip else y


BLOCKS: dict[str, type[ConvBlock | EdgeResidual | InvertedResidual]] = {
    "conv": ConvBlock,
    "edge": EdgeResidual,
    "inverted": InvertedResidual,
}


def round_channels(channels: float, *, divisor: int = 8) -> int:
    """Round to the nearest multiple of ``divisor``, but not more than 10 % below ``channels``."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


class EfficientNetV2(nn.Module):
    """The encoder, which returns its last feature map, at stride 32.

    Args:
        in_channels: channels of the input.
        width, depth: factors on channels and repeats; 1 and 1 give B0.
        stem_channels: channels after the first convolution, before ``width``.
        drop_path_rate: drop rate of the last block; it increases linearly from 0 at the first.
        act: activation, a key of ``ACTIVATIONS``.

    """

    def __init__(
        self,
        in_channels: int = 3,
        *,
        width: float = 1.0,
        depth: float = 1.0,
        stem_channels: int = STEM_CHANNELS,
        drop_path_rate: float = 0.0,
        act: str = "silu",
    ) -> None:
        super().__init__()
        channels = round_channels(stem_channels * width)
        self.conv_stem = SameConv2d(in_channels, channels, 3, stride=2)
        self.bn1 = BatchNormAct2d(channels, act=act)
        repeats = [max(1, round(stage.repeats * depth)) for stage in STAGES]
        total, done = sum(repeats), 0
        stages: list[nn.Module] = []
        for stage, count in zip(STAGES, repeats, strict=True):
            outputs = round_channels(stage.channels * width)
            blocks: list[nn.Module] = []
            for index in range(count):
                stride = stage.stride if index == 0 else 1
                drop = drop_path_rate * done / total
                make = BLOCKS[stage.kind]
                blocks.append(make(channels, outputs, stride=stride, expansion=stage.expansion, drop=drop, act=act))
                channels, done = outputs, done + 1
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.out_channels = channels
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, in_channels, h, w) to (n, out_channels, ceil(h / 32), ceil(w / 32))."""
        return self.blocks(self.bn1(self.conv_stem(x)))


def initialise(module: nn.Module) -> None:
    """Initialise convolutions with fan-out normal weights and zero biases; normalisation stays the identity."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
            if part.groups > 1:
                part.weight.data.mul_(part.groups**0.5)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
