"""A small pose network: from a crop of one person to the position, depth and visibility of sixteen joints.

For each joint a heat map gives its position and a second map its depth at each cell (as in Zhou et al., "Towards 3D
Human Pose Estimation in the Wild", ICCV 2017); both are decoded as the mean around the heat map's strongest cell, which
gives sub-cell precision. The backbone is the people detector's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.pyramid import Pyramid

STRIDE = 4
"""Input pixels per cell of the heat maps, in both directions."""
_NEAR_CELLS = 3.0


class PoseMaps(NamedTuple):
    """The network's outputs for a batch.

    Attributes:
        heat: logits (n, joints, h / 4, w / 4) of each joint's position.
        depth: (n, joints, h / 4, w / 4), depth of the joint behind the pelvis if it is in the cell, in crop sides.
        seen: logits (n, joints + 1): of each joint being visible in the picture, then of there being a person.

    """

    heat: Tensor
    depth: Tensor
    seen: Tensor


class PoseNet(nn.Module):
    """A pose network that maps crops to maps of joints.

    Args:
        joints: number of joints.
        stem, widths, blocks, neck: sizes of the backbone, :class:`~touchline.models.networks.pyramid.Pyramid`.

    """

    def __init__(
        self,
        *,
        joints: int = 16,
        stem: int = 24,
        widths: tuple[int, int, int, int] = (32, 64, 128, 192),
        blocks: tuple[int, int, int, int] = (1, 2, 2, 2),
        neck: int = 64,
    ) -> None:
        super().__init__()
        if joints < 1:
            raise ValueError(f"joints={joints} must be 1 or more")
        self.num_classes = joints
        self.settings: dict[str, Any] = {
            "joints": joints,
            "stem": stem,
            "widths": list(widths),
            "blocks": list(blocks),
            "neck": neck,
        }
        self.trunk = Pyramid(stem=stem, widths=widths, blocks=blocks, neck=neck)
        self.heat = nn.Conv2d(neck, joints, 1)
        self.depth = nn.Conv2d(neck, joints, 1)
        self.dropout = nn.Dropout(0.2)
        self.seen = nn.Linear(widths[3] + neck, joints + 1)

    def forward(self, crops: Tensor) -> PoseMaps:
        """Return the maps of crops (n, 3, h, w), RGB in 0..1; h and w are multiples of 32."""
        fine, coarse = self.trunk.maps(crops)
        pooled = torch.cat([coarse.float().mean((2, 3)), fine.float().amax((2, 3))], 1)
        seen = self.seen(self.dropout(pooled))
        return PoseMaps(self.heat(fine).float(), self.depth(fine).float(), seen.float())


def cell_centres(size: int, *, like: Tensor) -> Tensor:
    """Return the centres of ``size`` cells along a side, as shares of its length."""
    return (torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) / size


def expected_places(heat: Tensor, depth: Tensor) -> Tensor:
    """Return mean position and depth (n, joints, 3) over whole heat maps, in crop sides; smooth, for training."""
    h, w = heat.shape[2:]
    weight = heat.flatten(2).softmax(-1).unflatten(-1, (h, w))
    return _means(weight, depth)


def strongest_places(heat: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Return the most likely position of each joint, a mean around the strongest cell only, and its strength.

    Returns:
        Places (n, joints, 3): x, y and depth in crop sides; and the share (n, joints), 0 to 1, of the heat map that
        lies around the strongest cell.

    """
    h, w = heat.shape[2:]
    weight = heat.flatten(2).softmax(-1).unflatten(-1, (h, w))
    spread = F.avg_pool2d(weight, 3, stride=1, padding=1)
    best = spread.flatten(2).argmax(-1)
    rows = torch.arange(h, device=heat.device, dtype=heat.dtype)[None, None, :, None]
    columns = torch.arange(w, device=heat.device, dtype=heat.dtype)[None, None, None, :]
    row = torch.div(best, w, rounding_mode="floor")[..., None, None]
    column = (best - torch.div(best, w, rounding_mode="floor") * w)[..., None, None]
    near = ((rows - row).abs() <= _NEAR_CELLS) & ((columns - column).abs() <= _NEAR_CELLS)
    weight = weight * near
    share = weight.sum((2, 3))
    return _means(weight / share[..., None, None].clamp(min=1e-6), depth), share


def _means(weight: Tensor, depth: Tensor) -> Tensor:
    h, w = weight.shape[2:]
    x = (weight.sum(2) * cell_centres(w, like=weight)).sum(-1)
    y = (weight.sum(3) * cell_centres(h, like=weight)).sum(-1)
    z = (weight * depth).sum((2, 3))
    return torch.stack([x, y, z], -1)


class PoseReader(nn.Module):
    """A pose network with its decoding as one graph: pixels in, joints out.

    Args:
        network: network that returns :class:`PoseMaps`.
        mirror: index of each joint's counterpart; the maps are averaged with those of the mirrored crop.

    """

    def __init__(self, network: nn.Module, *, mirror: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network
        self.mirror = list(mirror)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Find joints.

        Args:
            pixels: uint8 (n, h, w, 3), RGB.

        Returns:
            Positions (n, joints, 3) as in :func:`strongest_places`; the concentration of each heat map (n, joints); and
            probabilities of each joint being visible, then of there being a person (n, joints + 1).

        """
        crops = pixels.permute(0, 3, 1, 2).float() / 255.0
        heat, depth, seen = self.network(crops)
        other_heat, other_depth, other_seen = self.network(crops.flip(3))
        heat = (heat + other_heat.flip(3)[:, self.mirror]) / 2
        depth = (depth + other_depth.flip(3)[:, self.mirror]) / 2
        other_seen = torch.cat([other_seen[:, :-1][:, self.mirror], other_seen[:, -1:]], 1)
        places, share = strongest_places(heat, depth)
        return places, share, ((seen + other_seen) / 2).sigmoid()


class PeakReader(nn.Module):
    """A network with heat maps of values from 0 to 1, decoded by the highest cell of each, as for PoseHG3D.

    Args:
        network: network that returns :class:`PoseMaps`, whose ``seen`` is ignored.
        mirror: index of each joint's counterpart; only its length is used, as the mirrored crop is not evaluated.

    """

    def __init__(self, network: nn.Module, *, mirror: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network
        self.joints = len(mirror)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Find joints, see :meth:`PoseReader.forward`; the concentration is the highest cell's value."""
        heat, depth, _ = self.network(pixels.permute(0, 3, 1, 2).float() / 255.0)
        h, w = heat.shape[2:]
        height, best = heat.flatten(2).max(-1)
        row = torch.div(best, w, rounding_mode="floor")
        z = depth.flatten(2).gather(2, best[..., None])[..., 0]
        places = torch.stack([(best - row * w) / w, row / h, z], -1).float()
        seen = torch.cat([(height > 0).float(), (height.amax(1, keepdim=True) > 0).float()], 1)
        return places, height.clamp(0, 1), seen
