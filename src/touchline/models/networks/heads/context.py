"""A head with minutes of context that predicts, at every sample, event classes, displacement and its uncertainty.

The mean over a window is subtracted first: over minutes it would drown what is remembered. Each block combines near
context, a depthwise convolution, with far context of one of two kinds: a state-space memory whose channels decay at
learnt rates, half of them over the past and half over the future (diagonal, as in S4D, Gu et al., 2022), or attention
with rotary positions (Su et al., 2021). The cost of the memory does not depend on the distance.

Dense classification with a displacement follows Soares et al., "Temporally Precise Action Spotting in Soccer Videos
Using Dense Detection Anchors", ICIP 2022; the spread beside it is the scale of a Laplace distribution.
"""

from __future__ import annotations

import math
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.specs.stream_outputs import DenseOutput

Far = Literal["memory", "attention"]
_SHORTEST, _LONGEST = 2.0, 300.0
"""Time constants of the memory's channels at initialisation, in samples."""
_RARE = 0.02
"""Probability of an event at a sample at initialisation."""


class _TimeNorm(nn.Module):
    """Normalisation of each channel over time; unlike a layer norm it leaves rare, strong moments strong."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(dim=1, keepdim=True)
        deviation = centred.square().mean(dim=1, keepdim=True).add(1e-6).sqrt()
        return centred / deviation * self.weight + self.bias


class _Memory(nn.Module):
    """Exponentially decaying running sums: half of the channels look back, half ahead.

    Inputs are gated, so that rare events are not drowned, and so are outputs.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter, self.keep, self.gate, self.out = (nn.Linear(width, width) for _ in range(4))
        spans = torch.logspace(math.log10(_SHORTEST), math.log10(_LONGEST), width // 2)
        self.log_span = nn.Parameter(torch.cat([spans, spans]).log())

    def forward(self, x: Tensor) -> Tensor:
        count, half = x.shape[1], x.shape[2] // 2
        keep = -1 / self.log_span.exp()
        kernel = torch.exp(torch.arange(count, device=x.device)[:, None] * keep)
        kernel = kernel * (1 - keep.exp()).sqrt()
        value = F.relu(self.enter(x)) * torch.sigmoid(self.keep(x))
        value = torch.cat([value[:, :, :half], value[:, :, half:].flip(1)], dim=2)
        size = 2 * count
        mixed = torch.fft.rfft(value, n=size, dim=1) * torch.fft.rfft(kernel, n=size, dim=0)
        remembered = torch.fft.irfft(mixed, n=size, dim=1)[:, :count]
        remembered = torch.cat([remembered[:, :, :half], remembered[:, :, half:].flip(1)], dim=2)
        return cast(Tensor, self.out(remembered * F.silu(self.gate(x))))


class _Attention(nn.Module):
    """Self-attention with rotary positions."""

    def __init__(self, width: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.joint = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        size = width // heads
        self.register_buffer("rates", 1.0 / (10_000 ** (torch.arange(0, size, 2) / size)), persistent=False)
        self.rates: Tensor

    def forward(self, x: Tensor) -> Tensor:
        n, t, width = x.shape
        query, key, value = self.joint(x).reshape(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        angles = torch.arange(t, device=x.device)[:, None] * self.rates
        turn = torch.cos(angles), torch.sin(angles)
        mixed = F.scaled_dot_product_attention(_turned(query, turn), _turned(key, turn), value)
        return cast(Tensor, self.out(mixed.transpose(1, 2).reshape(n, t, width)))


class _Block(nn.Module):
    """A residual block of near context, far context and a feed-forward layer."""

    def __init__(self, width: int, *, far: Far, heads: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.norm_near, self.norm_self = nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm_far = _TimeNorm(width) if far == "memory" else nn.LayerNorm(width)
        self.near = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.mix = nn.Linear(width, width)
        self.far = _Memory(width) if far == "memory" else _Attention(width, heads=heads)
        self.single = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        near = self.near(self.norm_near(x).transpose(1, 2)).transpose(1, 2)
        x = x + self.mix(F.gelu(near))
        x = x + self.far(self.norm_far(x))
        return x + self.drop(self.single(self.norm_self(x)))


class ContextHead(nn.Module):
    """A head that predicts events at every sample from a long window around it.

    Args:
        width: width of the features.
        num_classes: number of classes.
        window: samples seen at once.
        inner: width of the blocks.
        far: far context of a block, ``"memory"`` or ``"attention"``.
        layers: number of blocks.
        heads: heads of attention.
        kernel: samples of the near convolution, odd.
        reach: largest displacement, in samples.
        dropout: share of values dropped in training.

    """

    def __init__(
        self,
        width: int,
        num_classes: int,
        *,
        window: int = 320,
        inner: int = 64,
        far: Far = "memory",
        layers: int = 3,
        heads: int = 4,
        kernel: int = 9,
        reach: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if far not in ("memory", "attention"):
            raise ValueError(f"far={far!r} must be 'memory' or 'attention'")
        if inner % (2 * heads) or kernel % 2 == 0:
            raise ValueError(f"inner={inner} must be a multiple of 2 * heads={heads}, and kernel={kernel} odd")
        if window < 2 or reach < 1:
            raise ValueError(f"window={window} must be 2 or more and reach={reach} 1 or more")
        self.width, self.num_classes, self.window, self.reach = width, num_classes, window, reach
        self.piece = window
        self.enter = nn.Linear(width, inner)
        self.blocks = nn.ModuleList(
            _Block(inner, far=far, heads=heads, kernel=kernel, dropout=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(inner)
        self.classes, self.place = nn.Linear(inner, num_classes), nn.Linear(inner, 2 * num_classes)
        nn.init.constant_(self.classes.bias, math.log(_RARE / (1 - _RARE)))

    def forward(self, tokens: Tensor) -> DenseOutput:
        """Return the output at every sample of features (n, t, width), any t."""
        x = self.enter(tokens - tokens.mean(dim=1, keepdim=True))
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        place, spread = self.place(x).chunk(2, dim=2)
        return DenseOutput(self.classes(x), self.reach * torch.tanh(place), spread.clamp(-3.0, 3.0))

    @torch.inference_mode()
    def dense(self, tokens: Tensor) -> DenseOutput:
        """Return the output for a whole video (n, t, width): a centre-weighted mean over half-overlapping windows."""
        count = tokens.shape[1]
        if count <= self.window:
            return self(tokens)
        weight = middle_weight(self.window).to(tokens)[None, :, None]
        total = tokens.new_zeros(len(tokens), count, 3 * self.num_classes)
        weights = tokens.new_zeros(1, count, 1)
        for start in [*range(0, count - self.window, self.window // 2), count - self.window]:
            part = self(tokens[:, start : start + self.window])
            joined = torch.cat([part.logits, part.displacement, part.log_spread], dim=2)
            total[:, start : start + self.window] += joined * weight
            weights[:, start : start + self.window] += weight
        logits, displacement, spread = (total / weights).chunk(3, dim=2)
        return DenseOutput(logits, displacement, spread)


def middle_weight(count: int) -> Tensor:
    """Return triangular weights of the samples of a window, (count,): 0 to 1, largest in the middle."""
    ramp = torch.arange(1, count + 1) / (count // 2 + 1)
    return torch.minimum(ramp, ramp.flip(0))


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate pairs of values of (n, heads, t, size) by the angles of their positions."""
    cosine, sine = turn
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], dim=-1).flatten(-2)
