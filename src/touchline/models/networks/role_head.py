"""The roles of people, judged one person at a time by comparison with everybody else in the picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_LOOKS = ((0.5, 0.1), (0.35, 0.3), (0.65, 0.3), (0.5, 0.5), (0.5, 0.75), (0.5, 0.95))
"""Where in a box the features are read, in shares of its width and height: head, shirt, shorts, socks, feet."""
_WAVES = (1.0, 2.0, 4.0, 8.0)
_GEOMETRY = 4 + 4 * len(_WAVES)
_STANDARD_WIDTH = 1280.0
_HIDDEN = -1e4


class RoleHead(nn.Module):
    """A transformer over the people of a picture; each is described by its look, its place and its size.

    Args:
        channels: of the fine map.
        stride: picture pixels per cell of the fine map.
        roles: number of roles.
        width: channels of a person's description.
        layers: number of rounds of comparison.

    """

    def __init__(self, channels: int, *, stride: int, roles: int, width: int = 96, layers: int = 2) -> None:
        super().__init__()
        self.stride = stride
        self.describe = nn.Sequential(
            nn.Linear(channels * len(_LOOKS) + _GEOMETRY, width), nn.GELU(), nn.Linear(width, width)
        )
        self.compare = nn.ModuleList(_Comparison(width) for _ in range(layers))
        self.judge = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, roles))

    def forward(self, fine: Tensor, cells: Tensor, sides: Tensor, present: Tensor) -> Tensor:
        """Judge roles.

        Args:
            fine: map (n, channels, h, w).
            cells: int64 (n, k), the cell of the flattened map in which each person's centre lies.
            sides: (n, k, 4), pixels from the cell's centre to the box's left, upper, right and lower side.
            present: bool (n, k), who takes part in the comparison.

        Returns:
            Logits (n, k, roles), of those not present too.

        """
        n, k = cells.shape
        looks = _read(fine, cells, sides, stride=self.stride).reshape(n, k, -1)
        geometry = _geometry(cells, sides, size=(fine.shape[3], fine.shape[2]), stride=self.stride)
        people = self.describe(torch.cat([looks, geometry.to(looks.dtype)], 2))
        hidden = torch.where(present, 0.0, _HIDDEN).to(people.dtype)[:, None, None, :]
        for layer in self.compare:
            people = layer(people, hidden)
        judged: Tensor = self.judge(people)
        return judged.float()


class _Comparison(nn.Module):
    """A transformer layer over people."""

    def __init__(self, width: int, *, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.after = nn.LayerNorm(width)
        self.mix = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, people: Tensor, hidden: Tensor) -> Tensor:
        n, k, c = people.shape
        parts = self.query_key_value(self.before(people)).reshape(n, k, 3, self.heads, c // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=hidden.to(query.dtype))
        people = people + self.out(seen.transpose(1, 2).reshape(n, k, c))
        return people + self.mix(self.after(people))


def _read(fine: Tensor, cells: Tensor, sides: Tensor, *, stride: int) -> Tensor:
    """Read features (n, k, looks, channels) of a map (n, channels, h, w) at fixed places of the boxes.

    Cells are counted in integers: half-precision floats cannot number those of a whole picture.
    """
    n, channels, h, w = fine.shape
    shares = torch.tensor(_LOOKS, device=sides.device, dtype=sides.dtype)
    away = (sides[:, :, None, 2:] + sides[:, :, None, :2]) * shares - sides[:, :, None, :2]
    steps = (away / stride + 0.5).floor().long()
    column = (cells[..., None] % w + steps[..., 0]).clamp(0, w - 1)
    row = (torch.div(cells, w, rounding_mode="floor")[..., None] + steps[..., 1]).clamp(0, h - 1)
    index = (row * w + column).flatten(1)
    read = fine.permute(0, 2, 3, 1).flatten(1, 2).gather(1, index[..., None].expand(-1, -1, channels))
    return read.reshape(n, cells.shape[1], len(_LOOKS), channels)


def _geometry(cells: Tensor, sides: Tensor, *, size: tuple[int, int], stride: int) -> Tensor:
    """Return place and size (n, k, _GEOMETRY) of boxes in a map of a width and height."""
    column = cells % size[0] - size[0] // 2
    row = torch.div(cells, size[0], rounding_mode="floor") - size[1] // 2
    place = torch.stack([column, row], 2).to(sides.dtype) * (2 * stride / _STANDARD_WIDTH)
    extent = (sides[..., 2:] + sides[..., :2]).clamp(min=1.0).log() - 3.0
    waves = torch.tensor(_WAVES, device=sides.device, dtype=sides.dtype)
    turned = (place[..., None] * waves).flatten(2) * math.pi
    return torch.cat([place, extent, turned.sin(), turned.cos()], 2)
