"""A small spotter that looks where the ball is: the built-in model's network.

One fully convolutional encoder sees each frame once (with its two neighbours, so that it sees motion) and answers, for
every cell of a coarse map, whether the ball is there and what is happening to it. What it knows at the few most
ball-like places, and at the picture as a whole, is one short vector a frame; a temporal network reads those vectors.

The idea of encoding each frame once and reasoning over cheap vectors is E2E-Spot's (Hong et al., ECCV 2022); looking
only at candidate places is AdaSpot's region of interest made explicit.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BALL_STATES = ("ball", "owned", "released", "received", "player")
"""What the encoder's maps say of a cell; the first is the ball's presence, the last a player's feet."""


class EncodedMaps(NamedTuple):
    """The encoder's maps: ``states`` logits (n, 5, h/4, w/4), ``features`` (n, c, h/4, w/4), ``context`` (n, d)."""

    states: Tensor
    features: Tensor
    context: Tensor


class _ResidualConv(nn.Module):
    """Two 3x3 convolutions with batch norm around a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out, (n, c, h, w)."""
        return F.relu(x + self.body(x))


def _down(inputs: int, outputs: int, *, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class BallEncoder(nn.Module):
    """Three grey frames to maps at a quarter of the size, through one stage at an eighth for context."""

    def __init__(self, *, stem: int = 12, width: int = 24, deep: int = 48, context: int = 16) -> None:
        super().__init__()
        self.stem = _down(3, stem, kernel=5)
        self.fine = nn.Sequential(_down(stem, width, kernel=3), _ResidualConv(width))
        self.deep = nn.Sequential(_down(width, deep, kernel=3), _ResidualConv(deep))
        self.lateral = nn.Conv2d(deep, width, 1)
        self.merge = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.states = nn.Conv2d(width, len(BALL_STATES), 1)
        self.context = nn.Linear(2 * deep, context)
        with torch.no_grad():
            self.states.bias.fill_(-4.0)  # type: ignore[union-attr]

    def forward(self, stacks: Tensor) -> EncodedMaps:
        """Stacks (n, 3, h, w) in 0..1 to maps; h and w should be multiples of 8."""
        fine = self.fine(self.stem(stacks - 0.35))
        deep = self.deep(fine)
        up = F.interpolate(self.lateral(deep), size=fine.shape[-2:], mode="bilinear", align_corners=False)
        features = self.merge(fine + up)
        pooled = torch.cat([deep.mean((2, 3)), deep.amax((2, 3))], 1)
        return EncodedMaps(self.states(features), features, self.context(pooled))


def candidate_vectors(maps: EncodedMaps, *, candidates: int) -> Tensor:
    """What the maps say at the most ball-like places.

    Args:
        maps: of n frames.
        candidates: how many local maxima of the ball map to look at, best first.

    Returns:
        (n, candidates * (7 + c)): for each, x and y in -1..1 of the picture, its five state logits, its features.

    """
    ball = maps.states[:, :1]
    peaks = torch.where(ball >= F.max_pool2d(ball, 5, 1, 2), ball, ball - 1e4)
    n, _, height, width = peaks.shape
    best = torch.topk(peaks.reshape(n, -1), candidates, dim=1).indices
    x = (best % width).to(ball.dtype) * (2.0 / width) + (1.0 / width - 1.0)
    y = torch.div(best, width, rounding_mode="floor").to(ball.dtype) * (2.0 / height) + (1.0 / height - 1.0)
    cells = torch.cat([maps.states / 8.0, maps.features], 1).flatten(2)
    picked = torch.gather(cells, 2, best.unsqueeze(1).expand(-1, cells.shape[1], -1))
    return torch.cat([x.unsqueeze(1), y.unsqueeze(1), picked], 1).transpose(1, 2).flatten(1)


class _DilatedBlock(nn.Module):
    """A residual dilated convolution without padding: it shortens its input by ``2 * dilation``."""

    def __init__(self, channels: int, *, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Conv1d(channels, channels, 3, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)
        self.norm = nn.BatchNorm1d(channels)
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, length) to (n, c, length - 2 * dilation)."""
        inner = self.mix(self.dropout(F.gelu(self.conv(self.norm(x)))))
        return x[..., self.dilation : x.shape[-1] - self.dilation] + inner


class TemporalHead(nn.Module):
    """Frame vectors over time to class logits; each output sees ``radius`` frames to either side."""

    def __init__(
        self, inputs: int, outputs: int, *, channels: int, dilations: tuple[int, ...], dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.dilations = dilations
        self.radius = sum(dilations)
        self.norm = nn.BatchNorm1d(inputs)
        self.dropout = nn.Dropout1d(dropout / 2)
        self.embed = nn.Conv1d(inputs, channels, 1)
        self.blocks = nn.Sequential(*(_DilatedBlock(channels, dilation=d, dropout=dropout) for d in dilations))
        self.classify = nn.Conv1d(channels, outputs, 1)
        with torch.no_grad():
            self.classify.bias.fill_(-2.5)  # type: ignore[union-attr]

    def forward(self, vectors: Tensor) -> Tensor:
        """(n, length, inputs) to logits (n, length - 2 * radius, outputs)."""
        x = self.embed(self.dropout(self.norm(vectors.transpose(1, 2))))
        return self.classify(F.gelu(self.blocks(x))).transpose(1, 2)


class BallSpotter(nn.Module):
    """Encoder and temporal head joined: the spotting protocol of :mod:`touchline.models.protocols`.

    Args:
        num_classes: how many classes of events it scores.
        stem, width, deep: channels of the encoder at a half, a quarter and an eighth of the picture.
        context: length of the whole-picture part of a frame's vector.
        candidates: how many ball-like places a frame's vector describes.
        channels, dilations: of the temporal network; its reach is the sum of the dilations, in frames.
        dropout: in the temporal network, while training.

    """

    stack_offsets: tuple[int, ...] = (-1, 0, 1)

    def __init__(
        self,
        *,
        num_classes: int = 2,
        stem: int = 12,
        width: int = 24,
        deep: int = 48,
        context: int = 16,
        candidates: int = 3,
        channels: int = 64,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 16),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if num_classes < 1 or candidates < 1:
            raise ValueError(f"num_classes={num_classes} and candidates={candidates} must be 1 or more")
        self.num_classes = num_classes
        self.candidates = candidates
        self.vector_size = candidates * (2 + len(BALL_STATES) + width) + context
        self.encoder = BallEncoder(stem=stem, width=width, deep=deep, context=context)
        self.head = TemporalHead(
            self.vector_size, num_classes, channels=channels, dilations=tuple(dilations), dropout=dropout
        )
        self.feature_offsets: tuple[int, ...] = tuple(range(-self.head.radius, self.head.radius + 1))

    def encode(self, stacks: Tensor) -> Tensor:
        """Frames (n, 3, h, w) in 0..1, each with the one before and after it, to vectors (n, vector_size)."""
        maps = self.encoder(stacks)
        return torch.cat([candidate_vectors(maps, candidates=self.candidates), maps.context], 1)

    def decode(self, features: Tensor) -> Tensor:
        """Windows of vectors (n, 2 * radius + 1, vector_size) to logits (n, num_classes) of their centres."""
        return self.head(features)[:, 0]

    def forward(self, stacks: Tensor) -> Tensor:
        """One window of consecutive stacks (2 * radius + 1, 3, h, w) to its centre's logits (num_classes,)."""
        return self.decode(self.encode(stacks).unsqueeze(0))[0]
