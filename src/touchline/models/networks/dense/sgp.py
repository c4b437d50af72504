"""An encoder and decoder over time of scalable-granularity perception layers, as in T-DEED (Xarles et al., CVPRW 2024).

A layer sees a frame itself, a short and a long stretch of time around it, and the mean of the clip (Shi et al., CVPR
2023). Between layers the time is halved, and doubled again on the way up, where a mixer joins the two resolutions. In
a causal network every part looks back only: convolutions are padded before, means are running means, the groups of a
norm hold one moment, and a coarse moment stands for those that follow it.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_GROUPS = 16
_START = 0.1
"""Spread of untrained weights, as published."""
_FOLD = 4
"""Hidden values of the dense layers, in widths."""


class TimeConv(nn.Module):
    """A convolution over time of each channel on its own, with an odd kernel."""

    def __init__(self, width: int, kernel: int, *, causal: bool) -> None:
        super().__init__()
        self.pad = (kernel - 1, 0) if causal else (kernel // 2, kernel // 2)
        self.conv = nn.Conv1d(width, width, kernel, groups=width)
        nn.init.normal_(self.conv.weight, 0, _START)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, width, t) to the same shape."""
        return self.conv(F.pad(x, self.pad) if max(self.pad) else x)


class ChannelNorm(nn.Module):
    """Layer norm over the channels of each moment, for (b, width, t)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, width, t) to the same shape."""
        return F.layer_norm(x.transpose(1, 2), self.weight.shape, self.weight, self.bias).transpose(1, 2)


class GroupedNorm(nn.GroupNorm):
    """Group norm over (b, width, t); a causal one takes each moment on its own."""

    def __init__(self, width: int, *, causal: bool) -> None:
        super().__init__(_GROUPS, width)
        self.causal = causal

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, width, t) to the same shape."""
        if not self.causal:
            return super().forward(x)
        batch, width, moments = x.shape
        return super().forward(x.transpose(1, 2).reshape(-1, width)).reshape(batch, moments, width).transpose(1, 2)


class Views(nn.Module):
    """Two views of a clip: each moment against the whole clip, and a short and a long stretch around it."""

    def __init__(self, width: int, *, kernel: int, wide: int, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.norm = ChannelNorm(width)
        self.gate = TimeConv(width, kernel, causal=causal)
        self.near = TimeConv(width, kernel, causal=causal)
        self.wide = TimeConv(width, wide, causal=causal)
        self.instant = TimeConv(width, 1, causal=causal)
        self.overall = TimeConv(width, 1, causal=causal)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the stretches' and the instants' view, both (b, width, t), of a clip that was normed."""
        stretch = (self.near(x) + self.wide(x)) * self.gate(x)
        return stretch, self.instant(x) * F.relu(self.overall(self._mean(x)))

    def _mean(self, x: Tensor) -> Tensor:
        """Return the mean over time; of each moment and those before it, if the network is causal."""
        if not self.causal:
            return x.mean(-1, keepdim=True)
        return x.cumsum(-1) / torch.arange(1, x.shape[-1] + 1, dtype=x.dtype, device=x.device)


def _dense(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(width, _FOLD * width, 1), nn.GELU(), nn.Conv1d(_FOLD * width, width, 1))


class Layer(nn.Module):
    """One layer over time."""

    def __init__(self, width: int, *, kernel: int, wide: int, causal: bool) -> None:
        super().__init__()
        self.views = Views(width, kernel=kernel, wide=wide, causal=causal)
        self.group_norm = GroupedNorm(width, causal=causal)
        self.dense = _dense(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, width, t) to the same shape."""
        normed = self.views.norm(x)
        stretch, instant = self.views(normed)
        x = x + (instant + stretch + normed)
        return x + self.dense(self.group_norm(x))


class Mixer(nn.Module):
    """Joins a clip with one of half its time from further down."""

    def __init__(self, width: int, *, kernel: int, wide: int, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.fine = Views(width, kernel=kernel, wide=wide, causal=causal)
        self.coarse = Views(width, kernel=kernel, wide=wide, causal=causal)
        self.merge = nn.Conv1d(6 * width, width, 1)
        nn.init.normal_(self.merge.weight, 0, _START)
        nn.init.zeros_(self.merge.bias)  # type: ignore[arg-type]
        self.group_norm = GroupedNorm(width, causal=causal)
        self.dense = _dense(width)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Map (b, width, t) and (b, width, ceil(t / 2)) to (b, width, t)."""
        fine, coarse = self.fine.norm(fine), self.coarse.norm(coarse)
        coarse = self._stretched(coarse, moments=fine.shape[-1])
        fine_stretch, fine_instant = self.fine(fine)
        coarse_stretch, coarse_instant = self.coarse(coarse)
        parts = [fine_stretch, coarse_stretch, fine_instant, coarse_instant, fine, coarse]
        x = F.gelu(self.merge(torch.cat(parts, dim=1)))
        return x + self.dense(self.group_norm(x))

    def _stretched(self, coarse: Tensor, *, moments: int) -> Tensor:
        if self.causal:
            return coarse.repeat_interleave(2, dim=-1)[..., :moments]
        return F.interpolate(coarse, size=moments, mode="linear", align_corners=True)


class PyramidMixer(nn.Module):
    """The encoder and decoder over time.

    Args:
        width: values of a frame's features; a multiple of 16.
        clip_length: frames of a clip at most.
        levels: how often the time is halved.
        kernel: moments of the short stretch, odd.
        stretch: the long stretch in short ones.
        causal: look at earlier frames only.

    Attributes:
        out: values of a frame afterwards.

    """

    def __init__(self, width: int, *, clip_length: int, levels: int, kernel: int, stretch: float, causal: bool) -> None:
        super().__init__()
        if kernel % 2 == 0 or kernel < 1 or levels < 1 or width % _GROUPS:
            raise ValueError(
                f"kernel={kernel} must be odd, levels={levels} at least 1, and width={width} a multiple of {_GROUPS}"
            )
        wide = round((kernel + 1) * stretch)
        wide += wide % 2 == 0
        self.causal, self.levels, self.out = causal, levels, width
        self.position = nn.Parameter(torch.randn(clip_length, width) / clip_length)
        self.layers = nn.ModuleList(
            Layer(width, kernel=kernel, wide=wide, causal=causal) for _ in range(2 * levels + 1)
        )
        self.mixers = nn.ModuleList(Mixer(width, kernel=kernel, wide=wide, causal=causal) for _ in range(levels))

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, t, width) to (b, t, width)."""
        moments = features.shape[1]
        x = (features + self.position[:moments]).transpose(1, 2)
        passed = []
        for level in range(self.levels):
            x = self.layers[level](x)
            passed.append(x)
            x = self._halved(x, moments=math.ceil(moments / 2 ** (level + 1)))
        x = self.layers[self.levels](x)
        for level in reversed(range(self.levels)):
            x = self.mixers[level](passed[level], x)
            x = self.layers[2 * self.levels - level](x)
        return x.transpose(1, 2)

    def _halved(self, x: Tensor, *, moments: int) -> Tensor:
        """Keep the larger of two moments; a causal one takes a moment and the one before it."""
        if not self.causal:
            return F.adaptive_max_pool1d(x, moments)
        return F.max_pool1d(F.pad(x, (1, 0), value=-math.inf), 2, 2)
