"""EfficientNet-Lite: EfficientNets without squeeze-excite and with ReLU6, which small processors run quickly.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the Lite variants are
Google's. Tensors have the names of the ``efficientnet-lite-pytorch`` package without their leading underscores.
Pictures are RGB, (x - 127) / 128. Padding is TensorFlow's "same".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from touchline.models.networks.efficientnet import BatchNormAct2d, SameConv2d, initialise, round_channels
from touchline.models.specs.spec import EncoderSpec

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel, first stride, expansion and channels of each stage."""
SIZES = ((1.0, 1.0, 224), (1.0, 1.1, 240), (1.1, 1.2, 260), (1.2, 1.4, 280), (1.4, 1.8, 300))
"""Width, depth and side of the pictures in pixels of Lite0 to Lite4."""
STEM_CHANNELS, LAST_CHANNELS = 32, 1280
MEAN, STD = 127.0, 128.0

_HIDDEN = re.compile(r"(^|\.)_")


class LiteBlock(nn.Module):
    """An inverted residual block: 1x1 expansion, depthwise convolution, 1x1 projection."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        middle = inputs * expansion
        self.expands = expansion != 1
        if self.expands:
            self.expand_conv = SameConv2d(inputs, middle, 1)
            self.bn0 = BatchNormAct2d(middle, act="relu6")
        self.depthwise_conv = SameConv2d(middle, middle, kernel, stride=stride, groups=middle)
        self.bn1 = BatchNormAct2d(middle, act="relu6")
        self.project_conv = SameConv2d(middle, outputs, 1)
        self.bn2 = BatchNormAct2d(outputs, act=None)
        self.has_skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, ceil(h / stride), ceil(w / stride))."""
        y = self.bn0(self.expand_conv(x)) if self.expands else x
        y = self.bn2(self.project_conv(self.bn1(self.depthwise_conv(y))))
        return y + x if self.has_skip else cast(Tensor, y)


class EfficientNetLite(nn.Module):
    """The encoder.

    Args:
        size: 0 to 4, for Lite0 to Lite4.
        taps: blocks whose output, averaged over the picture, comes before the last layer's in the features.

    Attributes:
        block_channels: channels of each block's output.
        feature_size: values in the features of a picture.

    """

    num_classes = 0

    def __init__(self, *, size: int = 0, taps: Sequence[int] = ()) -> None:
        super().__init__()
        if not 0 <= size < len(SIZES):
            raise ValueError(f"size={size} must be 0 to {len(SIZES) - 1}")
        self.conv_stem = SameConv2d(3, STEM_CHANNELS, 3, stride=2)
        self.bn0 = BatchNormAct2d(STEM_CHANNELS, act="relu6")
        blocks = _blocks(size)
        self.blocks = nn.ModuleList(blocks)
        self.block_channels = tuple(block.project_conv.out_channels for block in blocks)
        wrong = [tap for tap in taps if not 0 <= tap < len(blocks)]
        if wrong:
            raise ValueError(f"taps={tuple(taps)}: {wrong} must be blocks 0 to {len(blocks) - 1}")
        self.taps = tuple(sorted(taps))
        self.conv_head = SameConv2d(self.block_channels[-1], LAST_CHANNELS, 1)
        self.bn1 = BatchNormAct2d(LAST_CHANNELS, act="relu6")
        self.feature_size = sum(self.block_channels[tap] for tap in self.taps) + LAST_CHANNELS
        initialise(self)

    def block_maps(self, pictures: Tensor, *, blocks: Sequence[int]) -> list[Tensor]:
        """Return the outputs of some blocks, in their order, then the last layer's, of pictures (n, 3, h, w)."""
        x, maps = self.bn0(self.conv_stem(pictures)), []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in blocks:
                maps.append(x)
        return [*maps, self.bn1(self.conv_head(x))]

    def picture_features(self, pictures: Tensor) -> Tensor:
        """Return features (n, feature_size) of pictures (n, 3, h, w), normalised."""
        return torch.cat([one.mean((2, 3)) for one in self.block_maps(pictures, blocks=self.taps)], dim=1)


def _blocks(size: int) -> list[LiteBlock]:
    """Return the blocks; the first and the last stage are as deep in every size."""
    width, depth, _ = SIZES[size]
    blocks: list[LiteBlock] = []
    inputs = STEM_CHANNELS
    for number, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES):
        outputs = round_channels(channels * width)
        count = repeats if number in (0, len(STAGES) - 1) else math.ceil(repeats * depth)
        for index in range(count):
            first = stride if index == 0 else 1
            blocks.append(LiteBlock(inputs, outputs, kernel=kernel, stride=first, expansion=expansion))
            inputs = outputs
    return blocks


def encoder_weights(state: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return arguments and weights of an encoder from published weights, without the last layer, the classes.

    Raises:
        ValueError: the weights are not an EfficientNet-Lite's.

    """
    named = {_HIDDEN.sub(r"\1", key): tensor for key, tensor in state.items()}
    kept = {key: tensor for key, tensor in named.items() if not key.startswith("fc.")}
    return {"size": _size_of(kept)}, kept


def _size_of(state: Mapping[str, Tensor]) -> int:
    found = {}
    for key, tensor in state.items():
        match = re.fullmatch(r"blocks\.(\d+)\.project_conv\.weight", key)
        if match:
            found[int(match[1])] = int(tensor.shape[0])
    for size in range(len(SIZES)):
        if [found.get(number) for number in range(len(found))] == _channels_of(size):
            return size
    raise ValueError(
        f"not the weights of an EfficientNet-Lite with the names of efficientnet-lite-pytorch: {len(found)} blocks; "
        f"first names: {', '.join(sorted(state)[:4])}"
    )


def _channels_of(size: int) -> list[int]:
    width, depth, _ = SIZES[size]
    channels = []
    for number, stage in enumerate(STAGES):
        count = stage[0] if number in (0, len(STAGES) - 1) else math.ceil(stage[0] * depth)
        channels += [round_channels(stage[4] * width)] * count
    return channels


def picture_spec(arguments: Mapping[str, Any]) -> EncoderSpec:
    """Return the pictures that an encoder with these arguments was trained on."""
    side = SIZES[int(arguments.get("size", 0))][2]
    return EncoderSpec(width=side, height=side, max_value=255, mean=(MEAN,) * 3, std=(STD,) * 3)
