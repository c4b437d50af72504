"""Shifts of channels between neighbouring frames, which let an encoder of single pictures see motion.

``tsm`` moves an eighth of the channels one frame back and another eighth one frame ahead (Lin et al., 2019). ``gsm``
multiplies what it moves by a gate that it calculates from the frames around, and leaves the rest where it was
(Sudhakaran et al., CVPR 2020). ``gsf`` also weighs the moved against the rest, channel by channel (Sudhakaran et al.,
2023). A causal shift takes from earlier frames only.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ShiftKind = Literal["none", "tsm", "gsm", "gsf"]
_TSM_SHARE = 8


def shifted_channels(channels: int) -> int:
    """Return how many of a layer's input channels a gated shift sees: a quarter, up to a multiple of four."""
    return math.ceil(channels // 4 / 4) * 4


def moved(x: Tensor, by: int) -> Tensor:
    """Return (b, t, ...) with each frame's values moved ``by`` frames later; what comes from outside is zero."""
    if by == 0:
        return x
    count = min(abs(by), x.shape[1])
    nothing = torch.zeros_like(x[:, :count])
    return torch.cat([nothing, x[:, : x.shape[1] - count]] if by > 0 else [x[:, count:], nothing], dim=1)


def _moved_frames(x: Tensor, by: int, *, frames: int) -> Tensor:
    """Return (b * t, ...) moved in time, as :func:`moved` does."""
    return moved(x.reshape(-1, frames, *x.shape[1:]), by).reshape(x.shape)


class PlainShift(nn.Module):
    """The shift without gates or parameters."""

    def __init__(self, channels: int, *, causal: bool) -> None:
        super().__init__()
        self.fold = channels // _TSM_SHARE
        self.steps = (2, 1) if causal else (-1, 1)
        self.reach = (max(self.steps), -min(0, *self.steps))

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Map (b * frames, c, h, w) to the same shape."""
        first, second, rest = x[:, : self.fold], x[:, self.fold : 2 * self.fold], x[:, 2 * self.fold :]
        parts = [_moved_frames(one, by, frames=frames) for one, by in zip((first, second), self.steps, strict=True)]
        return torch.cat([*parts, rest], dim=1)


class GatedShift(nn.Module):
    """The gated shift of the first quarter of the channels; with ``fused``, the moved is weighed against the rest.

    Frames stay where they are in memory, one after another, and only what is shifted is touched: the convolution over
    time and place is one over place for each of its three moments, whose small results are moved and added.

    Args:
        channels: channels of the input.
        fused: learn how to weigh what was moved against what stayed, as GSF does.
        causal: take from earlier frames only: one half of the channels from two frames before, the other from one.

    Attributes:
        reach: frames before and after that an output depends on.

    """

    def __init__(self, channels: int, *, fused: bool, causal: bool) -> None:
        super().__init__()
        self.fold = shifted_channels(channels)
        self.causal = causal
        self.steps = (2, 1) if causal else (-1, 1)
        self.norm = nn.BatchNorm2d(self.fold)
        self.gate = nn.Conv3d(self.fold, 2, 3, padding=(0, 1, 1), groups=2)
        self.weigh = nn.ModuleList([nn.Conv2d(2, 1, 3, padding=(1, 0)) for _ in range(2)]) if fused else None
        gate_before, gate_after = (2, 0) if causal else (1, 1)
        before = max(self.steps) + gate_before + (2 if fused and causal else 1 if fused else 0)
        after = max(0, -min(self.steps)) + gate_after + (1 if fused and not causal else 0)
        self.reach = (before, after)
        self.reset()

    def reset(self) -> None:
        """Set untrained weights. A plain gate is shut, so that the network starts as one of single pictures."""
        self.gate.reset_parameters()
        if self.weigh is None:
            nn.init.zeros_(self.gate.weight)
            nn.init.zeros_(self.gate.bias)  # type: ignore[arg-type]
        else:
            for part in self.weigh:
                part.reset_parameters()  # type: ignore[operator]

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Map (b * frames, c, h, w) to the same shape."""
        seen, half = x[:, : self.fold], self.fold // 2
        gates = self._gates(F.relu(self.norm(seen)), frames=frames)
        parts = [
            self._mixed(seen[:, :half], gates[:, :1], number=0, frames=frames),
            self._mixed(seen[:, half:], gates[:, 1:], number=1, frames=frames),
        ]
        return torch.cat([*parts, x[:, self.fold :]], dim=1)

    def _gates(self, x: Tensor, *, frames: int) -> Tensor:
        """Return the gates (b * t, 2, h, w): the convolution over time and place, -1 to 1."""
        weight = self.gate.weight.transpose(1, 2).reshape(-1, self.fold // 2, 3, 3)
        moments = F.conv2d(x, weight, padding=1, groups=2).reshape(-1, frames, 2, 3, *x.shape[2:])
        before = 2 if self.causal else 1
        total = sum(moved(moments[:, :, :, tap], before - tap) for tap in range(3))
        assert isinstance(total, Tensor) and self.gate.bias is not None
        return torch.tanh(total.flatten(0, 1) + self.gate.bias.view(1, 2, 1, 1))

    def _mixed(self, x: Tensor, gate: Tensor, *, number: int, frames: int) -> Tensor:
        """Return one half of the channels (b * t, c, h, w), the gated part of each frame moved in time."""
        gated = gate * x
        stays, goes = x - gated, _moved_frames(gated, self.steps[number], frames=frames)
        if self.weigh is None:
            mixed = goes + stays
        else:
            share = self._share(goes, stays, number=number, frames=frames)
            mixed = stays + (goes - stays) * share
        pairs = mixed.reshape(len(x), 2, -1, *x.shape[2:])
        return pairs.transpose(1, 2).reshape(x.shape)

    def _share(self, goes: Tensor, stays: Tensor, *, number: int, frames: int) -> Tensor:
        """Return the share (b * t, c, 1, 1) of what was moved, from the means of both over the picture."""
        assert self.weigh is not None
        means = torch.stack([goes.mean((2, 3)), stays.mean((2, 3))], dim=1).reshape(-1, frames, 2, goes.shape[1])
        over_time = F.pad(means.permute(0, 2, 3, 1), (2, 0) if self.causal else (1, 1))
        share = torch.sigmoid(self.weigh[number](over_time)).squeeze(1)
        return share.transpose(1, 2).reshape(len(goes), -1, 1, 1)


def make_shift(kind: ShiftKind, channels: int, *, causal: bool) -> PlainShift | GatedShift:
    """Return the shift of a kind other than ``"none"``.

    Raises:
        ValueError: an unknown kind.

    """
    if kind == "tsm":
        return PlainShift(channels, causal=causal)
    if kind in ("gsm", "gsf"):
        return GatedShift(channels, fused=kind == "gsf", causal=causal)
    raise ValueError(f"shift={kind!r} is unknown; choose none, tsm, gsm or gsf")
