"""X3D: small 3-D networks of depthwise convolutions.

Feichtenhofer, "X3D: Expanding Architectures for Efficient Video Recognition", CVPR 2020. XS, S and M are the same
network on clips of 4, 13 and 16 frames of 160, 160 and 224 pixels. Weights have the names of PyTorchVideo's ``x3d_s``.
"""

from __future__ import annotations

import math
from typing import Literal, cast

from torch import Tensor, nn

INPUTS = {"xs": (4, 160), "s": (13, 160), "m": (16, 224)}
"""Number of frames and their side in pixels, by size."""

_STEM = 12
_WIDTH_FACTOR = 2.0
_DEPTH_FACTOR = 2.2
_BOTTLENECK = 2.25
_BLOCKS = (1, 2, 5, 3)
_SQUEEZE = 0.0625
_HEAD = 2048


def round_width(width: float, factor: float, *, divisor: int = 8) -> int:
    """Return a width times a factor, rounded to a multiple of the divisor but never down by more than 10 %."""
    wanted = width * factor
    rounded = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * wanted else rounded


class _SqueezeExcitation(nn.Module):
    """Channel gates computed from the channels' means over time and space."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = round_width(channels, _SQUEEZE)
        self.block = nn.Sequential(
            nn.Conv3d(channels, squeezed, 1), nn.ReLU(), nn.Conv3d(squeezed, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, t, h, w) to the same shape."""
        return cast(Tensor, x * self.block(x.mean(dim=(2, 3, 4), keepdim=True)))


class _Branch(nn.Module):
    """An expansion, a depthwise 3x3x3 convolution, and a projection."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, squeeze: bool) -> None:
        super().__init__()
        inner = int(_BOTTLENECK * outputs)
        self.conv_a = nn.Conv3d(inputs, inner, 1, bias=False)
        self.norm_a = nn.BatchNorm3d(inner)
        self.act_a = nn.ReLU(inplace=True)
        self.conv_b = nn.Conv3d(inner, inner, 3, stride=(1, stride, stride), padding=1, groups=inner, bias=False)
        self.norm_b = nn.Sequential(nn.BatchNorm3d(inner), _SqueezeExcitation(inner) if squeeze else nn.Identity())
        self.act_b = nn.SiLU(inplace=True)
        self.conv_c = nn.Conv3d(inner, outputs, 1, bias=False)
        self.norm_c = nn.BatchNorm3d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, t, h, w) to (n, outputs, t, h / stride, w / stride)."""
        x = self.act_a(self.norm_a(self.conv_a(x)))
        x = self.act_b(self.norm_b(self.conv_b(x)))
        return cast(Tensor, self.norm_c(self.conv_c(x)))


class _Block(nn.Module):
    """A residual block around a :class:`_Branch`."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, squeeze: bool) -> None:
        super().__init__()
        changes = inputs != outputs
        self.branch1_conv = (
            nn.Conv3d(inputs, outputs, 1, stride=(1, stride, stride), bias=False) if changes or stride > 1 else None
        )
        self.branch1_norm = nn.BatchNorm3d(outputs) if changes else None
        self.branch2 = _Branch(inputs, outputs, stride=stride, squeeze=squeeze)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, t, h, w) to (n, outputs, t, h / stride, w / stride)."""
        skipped = x if self.branch1_conv is None else self.branch1_conv(x)
        if self.branch1_norm is not None:
            skipped = self.branch1_norm(skipped)
        return cast(Tensor, self.activation(skipped + self.branch2(x)))


class _Stage(nn.Module):
    def __init__(self, inputs: int, outputs: int, *, blocks: int) -> None:
        super().__init__()
        self.res_blocks = nn.ModuleList(
            _Block(inputs if i == 0 else outputs, outputs, stride=2 if i == 0 else 1, squeeze=i % 2 == 0)
            for i in range(blocks)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, t, h, w) to (n, outputs, t, h / 2, w / 2)."""
        for block in self.res_blocks:
            x = block(x)
        return x


class _StemConv(nn.Module):
    """A convolution over space, then one over time; PyTorchVideo's names for them are swapped."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv_t = nn.Conv3d(3, outputs, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1), bias=False)
        self.conv_xy = nn.Conv3d(outputs, outputs, (5, 1, 1), padding=(2, 0, 0), groups=outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, 3, t, h, w) to (n, outputs, t, h / 2, w / 2)."""
        return cast(Tensor, self.conv_xy(self.conv_t(x)))


class _Stem(nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv = _StemConv(outputs)
        self.norm = nn.BatchNorm3d(outputs)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, 3, t, h, w) to (n, outputs, t, h / 2, w / 2)."""
        return cast(Tensor, self.activation(self.norm(self.conv(x))))


class _Pool(nn.Module):
    """An expansion, the mean over time and space, and another expansion."""

    def __init__(self, inputs: int, inner: int, outputs: int) -> None:
        super().__init__()
        self.pre_conv = nn.Conv3d(inputs, inner, 1, bias=False)
        self.pre_norm = nn.BatchNorm3d(inner)
        self.pre_act = nn.ReLU(inplace=True)
        self.pool = nn.AdaptiveAvgPool3d(1)
        self.post_conv = nn.Conv3d(inner, outputs, 1, bias=False)
        self.post_act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, t, h, w) to (n, outputs)."""
        x = self.pool(self.pre_act(self.pre_norm(self.pre_conv(x))))
        return cast(Tensor, self.post_act(self.post_conv(x))).flatten(1)


class _Head(nn.Module):
    def __init__(self, inputs: int, inner: int, num_classes: int, *, dropout: float) -> None:
        super().__init__()
        self.pool = _Pool(inputs, inner, _HEAD)
        self.dropout = nn.Dropout(dropout)
        self.proj = nn.Linear(_HEAD, num_classes)


class X3D(nn.Module):
    """X3D XS, S or M, which differ only in the clips they are meant for; 2,995,164 weights for 10 classes.

    Args:
        num_classes: number of classes, the columns of the logits.
        size: size of the network; ``INPUTS`` lists its clips, but clips of other sizes work as well.
        dropout: share of features dropped in training.

    """

    feature_size = _HEAD

    def __init__(self, num_classes: int, *, size: Literal["xs", "s", "m"] = "s", dropout: float = 0.5) -> None:
        super().__init__()
        if size not in INPUTS:
            raise ValueError(f"size={size!r} must be one of {sorted(INPUTS)}")
        self.num_classes = num_classes
        width = round_width(_STEM, _WIDTH_FACTOR)
        blocks: list[nn.Module] = [_Stem(width)]
        stage_width = _STEM
        for count in _BLOCKS:
            outputs = round_width(stage_width, _WIDTH_FACTOR)
            blocks.append(_Stage(width, outputs, blocks=math.ceil(_DEPTH_FACTOR * count)))
            width, stage_width = outputs, round_width(stage_width, 2.0)
        blocks.append(_Head(width, int(_BOTTLENECK * width), num_classes, dropout=dropout))
        self.blocks = nn.ModuleList(blocks)
        self.apply(_initialise)

    @property
    def head(self) -> _Head:
        """The last block: pooling and classifier."""
        return cast(_Head, self.blocks[-1])

    def forward_features(self, clips: Tensor) -> Tensor:
        """Return features (n, 2048) of clips (n, 3, t, h, w), normalised."""
        x = clips
        for block in self.blocks[:-1]:
            x = block(x)
        return cast(Tensor, self.head.pool(x))

    def classify(self, features: Tensor) -> Tensor:
        """Return logits (n, classes) of features (n, 2048)."""
        return cast(Tensor, self.head.proj(self.head.dropout(features)))

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
