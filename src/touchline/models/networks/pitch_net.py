"""The pitch finder's network, which locates the 32 keypoints of a pitch in a picture.

It is a small U-Net. Lines look alike everywhere on a pitch and can only be identified by their arrangement, so the
coarsest level (stride 32) sees the whole picture through attention. For each keypoint the network outputs a
distribution over all cells of a map at stride 4 and one more state, "not in this picture"; the mass around the highest
cell is the confidence of that position.

In training it also predicts the lines, and the position on the pitch that each cell shows. Both are known wherever the
camera is known, teach the geometry between the few keypoints, and cost nothing at inference, where they are omitted.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STRIDE = 4
"""Picture pixels per cell of the maps, in both directions."""
COARSEST = 32
"""Width and height of the pictures must be multiples of this."""
AUXILIARY = ("lines", "pitch", "x", "y")
"""Channels of the auxiliary maps: logits of a line and of the pitch, and the position in half pitches."""

_WAVES = 4


class PitchMaps(NamedTuple):
    """The network's outputs for pictures (n, 3, h, w).

    Attributes:
        keypoints: logits (n, 32, h/4, w/4) of each point lying in each cell.
        absent: logits (n, 32) of each point not being in the picture.
        auxiliary: maps of ``AUXILIARY`` (n, 4, h/4, w/4).

    """

    keypoints: Tensor
    absent: Tensor
    auxiliary: Tensor


def _conv(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """A residual block of two 3x3 convolutions with batch norm."""

    def __init__(self, channels: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(channels, channels, dilation=dilation),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        return F.relu(x + self.body(x))


def _stage(inputs: int, outputs: int, *, blocks: int) -> nn.Sequential:
    """Build a stage: a convolution of stride 2, then residual blocks, every other one dilated."""
    parts = [_Residual(outputs, dilation=1 + number % 2) for number in range(blocks)]
    return nn.Sequential(_conv(inputs, outputs, stride=2), *parts)


class _Attention(nn.Module):
    """A transformer layer over all cells of a map."""

    def __init__(self, channels: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.mix = nn.Linear(channels, 3 * channels)
        self.join = nn.Linear(channels, channels)
        self.think = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 2 * channels),
            nn.GELU(),
            nn.Linear(2 * channels, channels),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (n, cells, c) to the same shape."""
        n, cells, channels = tokens.shape
        parts = self.mix(self.norm(tokens)).reshape(n, cells, 3, self.heads, channels // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.join(seen.transpose(1, 2).reshape(n, cells, channels))
        return tokens + self.think(tokens)


def _places(height: int, width: int, *, device: torch.device) -> Tensor:
    """Return the position encoding of each cell, sines and cosines, (height * width, 4 * waves)."""
    y = (torch.arange(height, device=device) + 0.5) / height
    x = (torch.arange(width, device=device) + 0.5) / width
    waves = math.pi * 2.0 ** torch.arange(_WAVES, device=device)
    across = (x[:, None] * waves).expand(height, width, _WAVES)
    down = (y[:, None, None] * waves).expand(height, width, _WAVES)
    return torch.cat([across.sin(), across.cos(), down.sin(), down.cos()], -1).reshape(height * width, -1)


class PitchNet(nn.Module):
    """A network that maps RGB pictures to maps of the pitch's keypoints.

    Args:
        num_classes: number of keypoints.
        widths: channels at strides 2, 4, 8, 16 and 32.
        blocks: residual blocks at strides 4, 8, 16 and 32.
        head: channels of the last map.
        layers: attention layers at stride 32.
        heads: heads of each attention layer.

    """

    def __init__(
        self,
        *,
        num_classes: int = 32,
        widths: tuple[int, ...] = (16, 24, 48, 80, 128),
        blocks: tuple[int, ...] = (0, 1, 2, 2),
        head: int = 32,
        layers: int = 2,
        heads: int = 4,
    ) -> None:
        super().__init__()
        if len(widths) != 5 or widths[4] % heads:
            raise ValueError(f"widths={widths} must be five numbers, the last a multiple of heads={heads}")
        if len(blocks) != 4:
            raise ValueError(f"blocks={blocks} must be four numbers")
        stem, fine, middle, coarse, deep = widths
        self.num_classes = num_classes
        self.settings: dict[str, Any] = {
            "num_classes": num_classes,
            "widths": list(widths),
            "blocks": list(blocks),
            "head": head,
            "layers": layers,
            "heads": heads,
        }
        self.stem = _conv(3, stem, kernel=5, stride=2)
        self.fine = _stage(stem, fine, blocks=blocks[0])
        self.middle = _stage(fine, middle, blocks=blocks[1])
        self.coarse = _stage(middle, coarse, blocks=blocks[2])
        self.deep = _stage(coarse, deep, blocks=blocks[3])
        self.place = nn.Linear(4 * _WAVES, deep)
        self.attention = nn.Sequential(*(_Attention(deep, heads=heads) for _ in range(layers)))
        self.to_coarse, self.merge_coarse = nn.Conv2d(deep, coarse, 1), _conv(coarse, coarse)
        self.to_middle, self.merge_middle = nn.Conv2d(coarse, middle, 1), _conv(middle, middle)
        self.to_fine, self.merge_fine = nn.Conv2d(middle, fine, 1), _conv(fine, head)
        self.keypoints = nn.Conv2d(head, num_classes, 1)
        self.auxiliary = nn.Conv2d(head, len(AUXILIARY), 1)
        self.absent = nn.Linear(deep, num_classes)

    def forward(self, pictures: Tensor) -> PitchMaps:
        """Return the maps of pictures (n, 3, h, w) in 0..1; h and w are multiples of 32."""
        fine = self.fine(self.stem((pictures - 0.4) * 4.0))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        deep = self.deep(coarse)
        height, width = deep.shape[-2:]
        tokens = deep.flatten(2).transpose(1, 2) + self.place(_places(height, width, device=deep.device).to(deep.dtype))
        tokens = self.attention(tokens)
        deep = tokens.transpose(1, 2).reshape(deep.shape)
        coarse = self.merge_coarse(coarse + _grow(self.to_coarse(deep)))
        middle = self.merge_middle(middle + _grow(self.to_middle(coarse)))
        last = self.merge_fine(fine + _grow(self.to_fine(middle)))
        return PitchMaps(self.keypoints(last), self.absent(tokens.mean(1)), self.auxiliary(last))


class PitchReader(nn.Module):
    """A pitch network with its decoding as one graph: 8-bit pixels in, probabilities out."""

    def __init__(self, network: PitchNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels uint8 (n, h, w, 3) to probabilities of each keypoint lying in each cell, (n, 32, h/4, w/4)."""
        maps = self.network(pixels.permute(0, 3, 1, 2).float() / 255.0)
        return keypoint_probabilities(maps)


def keypoint_probabilities(maps: PitchMaps) -> Tensor:
    """Return probabilities of each keypoint lying in each cell, (n, 32, h, w); their sum is that of being visible."""
    n, points, height, width = maps.keypoints.shape
    logits = torch.cat([maps.keypoints.float().flatten(2), maps.absent.float().unsqueeze(2)], 2)
    return logits.softmax(2)[..., :-1].reshape(n, points, height, width)


def _grow(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
