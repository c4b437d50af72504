"""Losses of the keeper-pose network: joints in the wrong place, at the wrong depth, or of an impossible body."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.poses import BONES, MIRROR
from touchline.models.networks.pose_net import PoseMaps, cell_centres, expected_places

SPREAD = 1.3 / 32
"""Standard deviation of a joint's target, in crop sides: slightly more than the rounding of the published joints."""

PLACE_WEIGHT, DEPTH_WEIGHT, SEEN_WEIGHT, BONE_WEIGHT = 4.0, 8.0, 0.3, 1.0
_ROBUST = 0.03


@dataclass(frozen=True, slots=True)
class PoseBatch:
    """Crops with their truth.

    Attributes:
        crops: float32 (n, 3, side, side), 0 to 1.
        joints: float32 (n, 16, 3), in crop sides.
        inside, seen: float32 (n, 16), 0 or 1.
        trust: float32 (n,); 0 for a crop without a person.
        person: float32 (n,), 0 or 1.
        sure: float32 (n, 16), how far each joint's place is trusted; None counts every joint fully.
        deep: float32 (n, 16), how far its depth is trusted; None likewise.

    """

    crops: Tensor
    joints: Tensor
    inside: Tensor
    seen: Tensor
    trust: Tensor
    person: Tensor
    sure: Tensor | None = None
    deep: Tensor | None = None

    def to(self, device: torch.device) -> PoseBatch:
        """Move the batch to a device."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value.to(device) for name, value in values.items() if value is not None})


def pose_losses(maps: PoseMaps, batch: PoseBatch) -> dict[str, Tensor]:
    """Compute the weighted loss terms."""
    sure = torch.ones_like(batch.inside) if batch.sure is None else batch.sure
    weight = batch.inside * batch.trust[:, None] * (0.4 + 0.6 * batch.seen) * sure
    total = weight.sum().clamp(min=1.0)
    depth_weight = weight if batch.deep is None else weight * batch.deep
    places = expected_places(maps.heat, maps.depth)
    target = heat_targets(batch.joints[..., :2], size=maps.heat.shape[-1])
    log_share = maps.heat.flatten(2).log_softmax(-1)
    heat = (-(target * log_share).sum(-1) * weight).sum() / total
    apart = F.smooth_l1_loss(places[..., :2], batch.joints[..., :2], beta=_ROBUST, reduction="none").sum(-1)
    at_target = (target * maps.depth.flatten(2)).sum(-1)
    deep = sum(
        F.smooth_l1_loss(depth, batch.joints[..., 2], beta=_ROBUST, reduction="none")
        for depth in (at_target, places[..., 2])
    )
    seen = F.binary_cross_entropy_with_logits(maps.seen[:, :-1], batch.seen, reduction="none")
    person = F.binary_cross_entropy_with_logits(maps.seen[:, -1], batch.person)
    known = batch.person[:, None].expand_as(seen)
    return {
        "heat": heat,
        "place": PLACE_WEIGHT * (apart * weight).sum() / total,
        "depth": DEPTH_WEIGHT * 0.5 * (deep * depth_weight).sum() / depth_weight.sum().clamp(min=1.0),
        "seen": SEEN_WEIGHT * ((seen * known).sum() / known.sum().clamp(min=1.0) + person),
        "bones": BONE_WEIGHT * bone_loss(places, batch.joints, depth_weight),
    }


def heat_targets(places: Tensor, *, size: int) -> Tensor:
    """Return Gaussians (n, joints, size * size) around places (n, joints, 2) in crop sides, each summing to 1."""
    middles = cell_centres(size, like=places)
    x = torch.exp(-0.5 * ((middles - places[..., :1]) / SPREAD) ** 2)
    y = torch.exp(-0.5 * ((middles - places[..., 1:]) / SPREAD) ** 2)
    target = (y[..., :, None] * x[..., None, :]).flatten(2)
    return target / target.sum(-1, keepdim=True).clamp(min=1e-6)


def bone_loss(places: Tensor, joints: Tensor, weight: Tensor) -> Tensor:
    """Deviation of 3-D bone lengths from the published ones, and from the same bones on the other side."""
    first, second = torch.tensor(BONES, device=places.device).T
    known = (weight[:, first] > 0) & (weight[:, second] > 0)
    lengths = _lengths(places, first, second)
    wrong = F.smooth_l1_loss(lengths, _lengths(joints, first, second), beta=_ROBUST, reduction="none")
    mirror = torch.tensor(MIRROR, device=places.device)
    uneven = (lengths - _lengths(places, mirror[first], mirror[second])).abs()
    return ((wrong + 0.1 * uneven) * known).sum() / known.sum().clamp(min=1)


def _lengths(places: Tensor, first: Tensor, second: Tensor) -> Tensor:
    return ((places[:, first] - places[:, second]).square().sum(-1) + 1e-6).sqrt()
