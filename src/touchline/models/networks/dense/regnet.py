"""RegNet-Y as an encoder of frames, with a shift between neighbouring frames before blocks (Radosavovic et al., 2020).

Names of tensors are those of timm's ``regnety_*``, without the classifier; a shift adds ``shift`` to its block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from touchline.models.networks.dense.shift import GatedShift, PlainShift, ShiftKind, make_shift
from touchline.models.networks.efficientnet import initialise

STEM_CHANNELS = 32
_SE_RATIO = 0.25

Shifted = Literal["all", "late"]
"""Which blocks see neighbouring frames: all of them, or those of the last two stages."""


@dataclass(frozen=True, slots=True)
class RegNetShape:
    """The widths and depths of the four stages, and the channels of a group."""

    widths: tuple[int, int, int, int]
    depths: tuple[int, int, int, int]
    group: int


SHAPES: dict[str, RegNetShape] = {
    "regnety_tiny": RegNetShape((16, 32, 48, 64), (1, 1, 1, 1), 8),
    "regnety_small": RegNetShape((16, 32, 72, 160), (1, 1, 2, 3), 8),
    "regnety_002": RegNetShape((24, 56, 152, 368), (1, 1, 4, 7), 8),
    "regnety_004": RegNetShape((48, 104, 208, 440), (1, 3, 6, 6), 8),
    "regnety_008": RegNetShape((64, 128, 320, 768), (1, 3, 8, 2), 16),
}
"""Encoders by name; ``tiny`` and ``small`` are this package's own, the others as published."""


class ConvNorm(nn.Module):
    """A convolution without bias, batch norm, and ReLU if ``act``."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, ceil(h / stride), ceil(w / stride))."""
        y = self.bn(self.conv(x))
        return F.relu(y) if self.act else y


class _SqueezeExcite(nn.Module):
    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, reduced, 1)
        self.fc2 = nn.Conv2d(reduced, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        return x * self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))).sigmoid()


class Block(nn.Module):
    """A residual block, which may look at neighbouring frames before its first convolution."""

    def __init__(
        self, inputs: int, outputs: int, *, stride: int, group: int, shift: PlainShift | GatedShift | None
    ) -> None:
        super().__init__()
        self.shift = shift
        self.conv1 = ConvNorm(inputs, outputs, 1)
        self.conv2 = ConvNorm(outputs, outputs, 3, stride=stride, groups=outputs // group)
        self.se = _SqueezeExcite(outputs, round(inputs * _SE_RATIO))
        self.conv3 = ConvNorm(outputs, outputs, 1, act=False)
        changes = stride != 1 or inputs != outputs
        self.downsample = ConvNorm(inputs, outputs, 1, stride=stride, act=False) if changes else None

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Map (b * frames, inputs, h, w) to (b * frames, outputs, ceil(h / stride), ceil(w / stride))."""
        y = x if self.shift is None else self.shift(x, frames)
        y = self.conv3(self.se(self.conv2(self.conv1(y))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Stage(nn.Module):
    """The blocks ``b1``, ``b2``, ... of a stage; the first halves the picture."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, group: int, shift: ShiftKind, causal: bool) -> None:
        super().__init__()
        self.names = [f"b{number}" for number in range(1, depth + 1)]
        for number, name in enumerate(self.names):
            channels = outputs if number else inputs
            mixing = None if shift == "none" else make_shift(shift, channels, causal=causal)
            self.add_module(name, Block(channels, outputs, stride=1 if number else 2, group=group, shift=mixing))

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Map (b * frames, inputs, h, w) to (b * frames, outputs, ceil(h / 2), ceil(w / 2))."""
        for name in self.names:
            x = getattr(self, name)(x, frames)
        return x


class RegNetY(nn.Module):
    """The encoder of frames.

    Args:
        name: key of ``SHAPES``.
        shift: how blocks see neighbouring frames.
        shifted: which blocks do.
        causal: see earlier frames only.

    Attributes:
        width: values of a frame's features.
        reach: frames before and after that a frame's features depend on.

    """

    def __init__(self, name: str, *, shift: ShiftKind = "none", shifted: Shifted = "all", causal: bool = False) -> None:
        super().__init__()
        if name not in SHAPES:
            raise ValueError(f"encoder={name!r} is unknown; choose {', '.join(SHAPES)}")
        if shifted not in ("all", "late"):
            raise ValueError(f"shifted={shifted!r} is unknown; choose all or late")
        shape = SHAPES[name]
        self.first_shifted = 4 if shift == "none" else 0 if shifted == "all" else 2
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, stride=2)
        channels = STEM_CHANNELS
        for number, (width, depth) in enumerate(zip(shape.widths, shape.depths, strict=True)):
            kind: ShiftKind = shift if number >= self.first_shifted else "none"
            self.add_module(
                f"s{number + 1}", Stage(channels, width, depth, group=shape.group, shift=kind, causal=causal)
            )
            channels = width
        self.width = channels
        shifts = [part for part in self.modules() if isinstance(part, PlainShift | GatedShift)]
        self.reach = (sum(part.reach[0] for part in shifts), sum(part.reach[1] for part in shifts))
        self._initialise()

    def _initialise(self) -> None:
        """Set untrained weights: residual branches start at zero."""
        initialise(self)
        for part in self.modules():
            if isinstance(part, GatedShift):
                part.reset()
            elif isinstance(part, Block):
                nn.init.zeros_(part.conv3.bn.weight)

    def frame_maps(self, pictures: Tensor) -> Tensor:
        """Return what depends on single frames only: maps, or features if no block sees its neighbours.

        Args:
            pictures: (n, 3, h, w), normalised.

        Returns:
            (n, channels, h', w') before the first shift; (n, width) without shifts.

        """
        x = self.stem(pictures)
        for number in range(1, self.first_shifted + 1):
            x = getattr(self, f"s{number}")(x, 1)
        return x.mean((2, 3)) if self.first_shifted == 4 else x

    def clip_features(self, maps: Tensor) -> Tensor:
        """Return the features (b, t, width) of consecutive frames from their maps, (b, t, ...)."""
        if self.first_shifted == 4:
            return maps
        batch, frames = maps.shape[:2]
        x = maps.flatten(0, 1)
        for number in range(self.first_shifted + 1, 5):
            x = getattr(self, f"s{number}")(x, frames)
        return x.mean((2, 3)).reshape(batch, frames, self.width)
