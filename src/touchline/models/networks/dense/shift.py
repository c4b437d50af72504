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
    """Return (b, c, t, h, w) with each frame's values moved ``by`` frames later; what comes from outside is zero."""
    if by == 0:
        return x
    nothing = torch.zeros_like(x[:, :, : abs(by)])
    kept = x[:, :, : x.shape[2] - by] if by > 0 else x[:, :, -by:]
    return torch.cat([nothing, kept] if by > 0 else [kept, nothing], dim=2)[:, :, : x.shape[2]]


class PlainShift(nn.Module):
    """The shift without gates or parameters."""

    def __init__(self, channels: int, *, causal: bool) -> None:
        super().__init__()
        self.fold = channels // _TSM_SHARE
        self.steps = (2, 1) if causal else (-1, 1)
        self.reach = (max(self.steps), -min(0, *self.steps))

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, c, t, h, w) to the same shape."""
        first, second, rest = x[:, : self.fold], x[:, self.fold : 2 * self.fold], x[:, 2 * self.fold :]
        return torch.cat([moved(first, self.steps[0]), moved(second, self.steps[1]), rest], dim=1)


class GatedShift(nn.Module):
    """The gated shift of the first quarter of the channels; with ``fused``, the moved is weighed against the rest.

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
        self.norm = nn.BatchNorm3d(self.fold)
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

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, c, t, h, w) to the same shape."""
        seen = x[:, : self.fold]
        gates = torch.tanh(self.gate(self._padded(F.relu(self.norm(seen)))))
        half = self.fold // 2
        parts = [
            self._mixed(seen[:, :half], gates[:, :1], number=0),
            self._mixed(seen[:, half:], gates[:, 1:], number=1),
        ]
        return torch.cat([*parts, x[:, self.fold :]], dim=1)

    def _padded(self, x: Tensor) -> Tensor:
        """Pad the time of (b, c, t, ...) for a kernel of three."""
        before, after = (2, 0) if self.causal else (1, 1)
        return F.pad(x, (0,) * (2 * (x.ndim - 3)) + (before, after))

    def _mixed(self, x: Tensor, gate: Tensor, *, number: int) -> Tensor:
        """Return one half of the channels (b, c, t, h, w), the gated part of each frame moved in time."""
        gated = gate * x
        stays, goes = x - gated, moved(gated, self.steps[number])
        if self.weigh is None:
            mixed = goes + stays
        else:
            means = torch.stack([goes.mean((3, 4)), stays.mean((3, 4))], dim=1)
            share = torch.sigmoid(self.weigh[number](self._padded_means(means))).squeeze(1)[..., None, None]
            mixed = goes * share + stays * (1 - share)
        batch, channels, frames, height, width = mixed.shape
        pairs = mixed.reshape(batch, 2, channels // 2, frames, height, width)
        return pairs.transpose(1, 2).reshape(batch, channels, frames, height, width)

    def _padded_means(self, means: Tensor) -> Tensor:
        """Pad the time, the last axis of (b, 2, c, t), for a kernel of three."""
        return F.pad(means, (2, 0) if self.causal else (1, 1))


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
