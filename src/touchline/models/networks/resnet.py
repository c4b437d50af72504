"""ResNet-18 to -152 for pictures, and for clips with or without temporal aggregation.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; weights have torchvision's names. Temporal
aggregation (TAM) is Fan et al., "More Is Less: Learning Efficient Video Representations by Big-Little Network and
Depthwise Temporal Aggregation", NeurIPS 2019: before each block every channel is mixed with itself in the previous and
the next frame; weights have the names of IBM's action recognition models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STAGES = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Blocks in each stage, by depth."""

WIDTHS = (64, 128, 256, 512)
EXPANSION = 4
"""Ratio of a bottleneck's outputs to its width; networks of 50 layers and more have bottlenecks."""

_HEAD_WIDTH = 1024
_BOTTLENECKS_FROM = 50
_BLOCK = re.compile(r"^layer([1-4])\.(\d+)\.")


class _Depthwise(nn.Module):
    """A learnt weight for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels, 1, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        return cast(Tensor, self.fc1(x))


class TemporalAggregation(nn.Module):
    """A weighted sum of each channel in the previous, current and next frame; clips are padded with zeros.

    Args:
        channels: channels of the maps.

    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.prev_se = _Depthwise(channels)
        self.next_se = _Depthwise(channels)
        self.curr_se = _Depthwise(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Map (n * frames, c, h, w), the frames of a clip consecutive, to the same shape."""
        before = _by_clip(self.prev_se(x), frames)
        after = _by_clip(self.next_se(x), frames)
        before = F.pad(before[:, :-1], (0, 0, 0, 0, 0, 0, 1, 0))
        after = F.pad(after[:, 1:], (0, 0, 0, 0, 0, 0, 0, 1))
        mixed = before + _by_clip(self.curr_se(x), frames) + after
        return cast(Tensor, self.relu(mixed.flatten(0, 1)))


def _by_clip(maps: Tensor, frames: int) -> Tensor:
    return maps.unflatten(0, (-1, frames))


def _conv(inputs: int, outputs: int, *, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)


class _Block(nn.Module):
    """The base class of residual blocks: a shortcut, and temporal aggregation before the residual branch."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, temporal: bool) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            nn.Sequential(_conv(inputs, outputs, kernel=1, stride=stride), nn.BatchNorm2d(outputs))
            if stride != 1 or inputs != outputs
            else None
        )
        self.tam = TemporalAggregation(inputs) if temporal else None

    def residual(self, x: Tensor) -> Tensor:
        """Return the residual branch's output, which is added to the shortcut."""
        raise NotImplementedError

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Map (n * frames, inputs, h, w) to (n * frames, outputs, h / stride, w / stride)."""
        skipped = x if self.downsample is None else self.downsample(x)
        mixed = x if self.tam is None else self.tam(x, frames)
        return cast(Tensor, self.relu(self.residual(mixed) + skipped))


class _Basic(_Block):
    """A residual block of two 3x3 convolutions."""

    def __init__(self, inputs: int, width: int, *, stride: int, temporal: bool) -> None:
        super().__init__(inputs, width, stride=stride, temporal=temporal)
        self.conv1 = _conv(inputs, width, kernel=3, stride=stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, kernel=3)
        self.bn2 = nn.BatchNorm2d(width)

    def residual(self, x: Tensor) -> Tensor:
        """Return the residual branch's output."""
        return cast(Tensor, self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))


class _Bottleneck(_Block):
    """A residual block of a 3x3 convolution between two 1x1 convolutions."""

    def __init__(self, inputs: int, width: int, *, stride: int, temporal: bool) -> None:
        super().__init__(inputs, width * EXPANSION, stride=stride, temporal=temporal)
        self.conv1 = _conv(inputs, width, kernel=1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, kernel=3, stride=stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _conv(width, width * EXPANSION, kernel=1)
        self.bn3 = nn.BatchNorm2d(width * EXPANSION)

    def residual(self, x: Tensor) -> Tensor:
        """Return the residual branch's output."""
        x = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        return cast(Tensor, self.bn3(self.conv3(x)))


class ResNet(nn.Module):
    """A residual network over the frames of clips; a clip's logits are the mean of its frames'.

    Args:
        num_classes: number of classes, the columns of the logits; 0 omits the last layer, for features only.
        depth: layers, a key of ``STAGES``.
        temporal: ``"tam"`` mixes neighbouring frames of a clip, ``"none"`` processes each frame independently.
        expanded_head: use a head with two hidden layers of 1,024 instead of one linear layer (SoccerKDNet's teachers).
        dropout: share of features dropped in training.

    """

    def __init__(
        self,
        num_classes: int,
        *,
        depth: int = 50,
        temporal: Literal["none", "tam"] = "none",
        expanded_head: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if depth not in STAGES:
            raise ValueError(f"depth={depth} must be one of {sorted(STAGES)}")
        if temporal not in ("none", "tam"):
            raise ValueError(f"temporal={temporal!r} must be 'none' or 'tam'")
        self.num_classes = num_classes
        self.feature_size = WIDTHS[-1] * (1 if depth < _BOTTLENECKS_FROM else EXPANSION)
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = WIDTHS[0]
        for number, (width, blocks) in enumerate(zip(WIDTHS, STAGES[depth], strict=True), start=1):
            stride = 1 if number == 1 else 2
            stage, inputs = _stage(inputs, width, blocks=blocks, stride=stride, depth=depth, temporal=temporal == "tam")
            setattr(self, f"layer{number}", stage)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc: nn.Module = nn.Identity() if num_classes == 0 else nn.Linear(inputs, num_classes)
        if expanded_head:
            self.fc = _expanded_head(inputs, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.groups == 1:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if temporal == "tam":
            _start_without_neighbours(self)

    def picture_features(self, pictures: Tensor, *, frames: int = 1) -> Tensor:
        """Return features (n, D) of pictures (n, 3, h, w), normalised; each run of ``frames`` pictures is one clip."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for number in range(1, len(WIDTHS) + 1):
            for block in cast(nn.ModuleList, getattr(self, f"layer{number}")):
                x = block(x, frames)
        return torch.flatten(self.avgpool(x), 1)

    def forward_features(self, clips: Tensor) -> Tensor:
        """Return features (n, D) of clips (n, 3, t, h, w), normalised: the mean over their frames."""
        return self._by_picture(clips).mean(dim=1)

    def classify(self, features: Tensor) -> Tensor:
        """Return logits (n, classes) of features (n, D)."""
        return cast(Tensor, self.fc(self.dropout(features)))

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (n, classes) of clips (n, 3, t, h, w), normalised."""
        frames = clips.shape[2]
        logits = self.classify(self._by_picture(clips).flatten(0, 1))
        return _by_clip(logits, frames).mean(dim=1)

    def _by_picture(self, clips: Tensor) -> Tensor:
        """Return features (n, t, D) of every frame of clips (n, 3, t, h, w)."""
        frames = clips.shape[2]
        return _by_clip(self.picture_features(clips.transpose(1, 2).flatten(0, 1), frames=frames), frames)


def _stage(
    inputs: int, width: int, *, blocks: int, stride: int, depth: int, temporal: bool
) -> tuple[nn.ModuleList, int]:
    """Return the blocks of a stage, and its number of output channels."""
    kind, outputs = (_Basic, width) if depth < _BOTTLENECKS_FROM else (_Bottleneck, width * EXPANSION)
    first = kind(inputs, width, stride=stride, temporal=temporal)
    rest = (kind(outputs, width, stride=1, temporal=temporal) for _ in range(blocks - 1))
    return nn.ModuleList([first, *rest]), outputs


def _expanded_head(inputs: int, num_classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, _HEAD_WIDTH),
        nn.ReLU(inplace=True),
        nn.BatchNorm1d(_HEAD_WIDTH),
        nn.Linear(_HEAD_WIDTH, _HEAD_WIDTH),
        nn.ReLU(inplace=True),
        nn.BatchNorm1d(_HEAD_WIDTH),
        nn.Linear(_HEAD_WIDTH, num_classes),
    )


def _start_without_neighbours(network: nn.Module) -> None:
    """Initialise temporal aggregation as the identity of each frame, so that weights learnt on pictures stay valid."""
    for module in network.modules():
        if isinstance(module, TemporalAggregation):
            nn.init.ones_(module.curr_se.fc1.weight)
            nn.init.zeros_(module.prev_se.fc1.weight)
            nn.init.zeros_(module.next_se.fc1.weight)


def depth_of(state: Mapping[str, Tensor]) -> int:
    """Return the number of layers of a ResNet from the names of its tensors.

    Raises:
        ValueError: the tensors are not a ResNet's.

    """
    blocks = [0, 0, 0, 0]
    for key in state:
        match = _BLOCK.match(key)
        if match:
            stage = int(match[1]) - 1
            blocks[stage] = max(blocks[stage], int(match[2]) + 1)
    bottleneck = "layer1.0.conv3.weight" in state
    for depth, stages in STAGES.items():
        if stages == tuple(blocks) and bottleneck == (depth >= _BOTTLENECKS_FROM):
            return depth
    raise ValueError(
        f"not the weights of a ResNet with torchvision's names: no known network has blocks {tuple(blocks)}; first "
        f"names: {', '.join(sorted(state)[:4])}"
    )


def encoder_weights(state: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return arguments and weights of an encoder from torchvision's weights, without the last layer.

    Raises:
        ValueError: the weights are not a ResNet's.

    """
    kept = {key: tensor for key, tensor in state.items() if not key.startswith("fc.")}
    return {"depth": depth_of(kept)}, kept
