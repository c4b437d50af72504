"""Targets and losses of the detector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.tracks import BALL
from touchline.models.networks.detector import STRIDE, cell_boxes

_SPREAD = 0.54
"""Share of a box over which the heat of its centre spreads (TTFNet, section 3.2)."""
_BOX_HEAT = 0.2
"""Minimum heat at which a cell must predict its object's box."""
_BALL_BOX_HEAT = 0.3
_ROLE_HEAT = 0.5
_MOST_BALANCE = 12.0
BOX_WEIGHT = 3.0
SIMULATED_BOX_WEIGHT = 0.3
"""Simulated boxes enclose a body's volume, not its outline."""


@dataclass(frozen=True, slots=True, eq=False)
class DetectionTargets:
    """Heat (b, classes, h, w), boxes (b, 4, h, w) and their weight (b, h, w)."""

    heat: Tensor
    boxes: Tensor
    weight: Tensor


def detection_targets(boxes: Tensor, classes: Tensor, *, num_classes: int, width: int, height: int) -> DetectionTargets:
    """Make targets for boxes (b, m, 4) in pixels of frames of a given size; classes (b, m), -1 for none.

    The heat of a box is 1 in the cell of its centre and falls off as a Gaussian of the box's shape. Where boxes
    overlap, a cell belongs to the one with the most heat there.
    """
    columns, rows = width // STRIDE, height // STRIDE
    centre = ((boxes[..., :2] + boxes[..., 2:]) / 2 / STRIDE).floor()
    sigma = ((boxes[..., 2:] - boxes[..., :2]) / STRIDE * _SPREAD + 1.0) / 6.0
    sigma = sigma.clamp(min=0.45)
    x = torch.arange(columns, device=boxes.device)
    y = torch.arange(rows, device=boxes.device)
    along = torch.exp(-((x - centre[..., :1]) ** 2) / (2 * sigma[..., :1] ** 2))
    down = torch.exp(-((y - centre[..., 1:]) ** 2) / (2 * sigma[..., 1:] ** 2))
    present = (classes >= 0).to(along.dtype)[..., None, None]
    each = down[..., :, None] * along[..., None, :] * present
    heat = torch.stack([(each * (classes == c)[..., None, None]).amax(1) for c in range(num_classes)], 1)
    hottest, owner = each.max(1)
    index = owner.flatten(1)[..., None].expand(-1, -1, 4)
    owned = boxes.gather(1, index).transpose(1, 2).reshape(len(boxes), 4, rows, columns)
    return DetectionTargets(heat, owned, torch.where(hottest > _BOX_HEAT, hottest, 0.0))


def heat_loss(logits: Tensor, heat: Tensor, *, labelled: Tensor) -> Tensor:
    """Penalty-reduced focal loss (CornerNet, Law & Deng 2018, equation 1) of heat maps (b, classes, h, w).

    Classes that an image's source does not label are ignored, and so are cells of which nothing is known: ``labelled``
    is false there, (b, classes) or (b, classes, h, w).
    """
    probability = logits.sigmoid()
    centre = (heat > 0.999).float()
    hit = centre * (1 - probability) ** 2 * F.logsigmoid(logits)
    miss = (1 - centre) * (1 - heat) ** 4 * probability**2 * F.logsigmoid(-logits)
    known = (labelled if labelled.ndim == 4 else labelled[..., None, None]).float()
    return -((hit + miss) * known).sum() / (centre * known).sum().clamp(min=1.0)


def role_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Cross-entropy of roles (b, roles, h, w) where people are; rare roles count as much as common ones.

    ``heat`` (b, 1 + roles, h, w) has the ball first. Cells are weighted by their heat, so that a person's role is
    learned over the middle of the body and not in one cell alone.
    """
    warmest, role = heat[:, 1:].max(1)
    weight = torch.where(warmest > _ROLE_HEAT, warmest, 0.0)
    shares = torch.stack([(weight * (role == c)).sum() for c in range(logits.shape[1])])
    balance = torch.where(shares > 0, (shares.sum() / shares.clamp(min=1.0)).clamp(max=_MOST_BALANCE), 0.0)
    weight = weight * balance[role]
    each = F.cross_entropy(logits, role, reduction="none")
    return (each * weight).sum() / weight.sum().clamp(min=1.0)


def ball_targets(
    boxes: Tensor, classes: Tensor, *, stride: int, width: int, height: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Make targets for the ball at a fine stride: heat (b, 1, h, w), boxes (b, 4, h, w) and their weight (b, h, w).

    The heat falls off from the ball's exact place, not from its cell's centre, so that a ball between two cells is as
    near to each as it is; the nearest cell has heat 1.
    """
    present = (classes == BALL).to(boxes.dtype)
    most = max(int(present.sum(1).max()), 1)
    order = present.argsort(dim=1, descending=True, stable=True)[:, :most]
    present = present.gather(1, order)
    balls = boxes.gather(1, order[..., None].expand(-1, -1, 4))
    centre = (balls[..., :2] + balls[..., 2:]) / 2 / stride
    sigma = ((balls[..., 2:] - balls[..., :2]).mean(2, keepdim=True) / stride / 4).clamp(0.7, 2.5)
    x = torch.arange(width // stride, device=boxes.device) + 0.5
    y = torch.arange(height // stride, device=boxes.device) + 0.5
    along = torch.exp(-((x - centre[..., :1]) ** 2) / (2 * sigma**2))
    down = torch.exp(-((y - centre[..., 1:]) ** 2) / (2 * sigma**2))
    along = torch.where(along == along.amax(2, keepdim=True), 1.0, along)
    down = torch.where(down == down.amax(2, keepdim=True), 1.0, down)
    each = down[..., :, None] * along[..., None, :] * present[..., None, None]
    hottest, owner = each.max(1)
    owned = balls.gather(1, owner.flatten(1)[..., None].expand(-1, -1, 4)).transpose(1, 2)
    owned = owned.reshape(len(boxes), 4, *hottest.shape[1:])
    return hottest[:, None], owned, torch.where(hottest > _BALL_BOX_HEAT, hottest, 0.0)


def weighted_box_loss(found: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """1 - GIoU of boxes (b, 4, h, w), weighted (b, h, w)."""
    return ((1.0 - giou(found, wanted)) * weight).sum() / weight.sum().clamp(min=1.0)


def box_loss(sides: Tensor, targets: DetectionTargets, *, scale: Tensor) -> Tensor:
    """1 - GIoU (Rezatofighi et al. 2019), weighted by heat and by a factor (b,) per image."""
    weight = targets.weight * scale[:, None, None]
    return weighted_box_loss(cell_boxes(sides), targets.boxes, weight)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Compute the generalised IoU of boxes whose second axis is x0, y0, x1, y1."""
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    outer = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(1).clamp(min=1e-6)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - inner
    return inner / union.clamp(min=1e-6) - (outer - union) / outer
