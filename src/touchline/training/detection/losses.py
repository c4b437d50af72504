"""The loss of the detector on a batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.tracks import BALL, GOALKEEPER, REFEREE
from touchline.models.networks.detector import STRIDE, DetectorMaps, PeopleDetector, cell_boxes
from touchline.training.detection.crops import DetectionBatch
from touchline.training.detection.targets import (
    BOX_WEIGHT,
    SIMULATED_BOX_WEIGHT,
    ball_targets,
    box_loss,
    detection_targets,
    heat_loss,
    role_loss,
    weighted_box_loss,
)

BALL_WEIGHT = 0.5
_RARE_ROLE = 4.0
_NEAR = 0.01
_SHAKE = 0.1
_MISSED = 0.05


def loss_terms(network: PeopleDetector, batch: DetectionBatch) -> dict[str, Tensor]:
    """Compute the loss terms on a batch."""
    height, width = batch.pictures.shape[2:]
    targets = detection_targets(batch.boxes, batch.classes, num_classes=network.num_classes, width=width, height=height)
    pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast(pictures.device.type, dtype=torch.bfloat16):
        maps = network.look(pictures)
        compared = None if network.compare is None else _compared_roles(network, maps, batch)
    exact = batch.labelled[:, GOALKEEPER:].all(1).float()  # simulated frames lack a role; real ones may lack the ball
    known = known_cells(targets.heat, batch.labelled)
    if network.ball is not None:
        known[:, BALL] = False
    terms = {
        "heat": heat_loss(maps.heat, targets.heat, labelled=known),
        "role": role_loss(maps.roles, targets.heat),
        "box": BOX_WEIGHT * box_loss(maps.sides, targets, scale=exact + (1 - exact) * SIMULATED_BOX_WEIGHT),
    }
    if network.ball is not None:
        terms |= _ball_terms(maps, batch)
    return terms if compared is None else terms | {"compare": compared}


def known_cells(heat: Tensor, labelled: Tensor) -> Tensor:
    """Return of which cells (b, classes, h, w) the truth is known.

    Where officials are visible but not labelled, whoever is not labelled may be one: only cells near labelled people
    are known to hold nobody else.
    """
    known = labelled[..., None, None].expand_as(heat).clone()
    near = heat[:, GOALKEEPER:].amax(1, keepdim=True) > _NEAR
    unsure = ~labelled[:, REFEREE, None, None, None]
    known[:, GOALKEEPER:] &= near | ~unsure
    return known


def _ball_terms(maps: DetectorMaps, batch: DetectionBatch) -> dict[str, Tensor]:
    height, width = batch.pictures.shape[2:]
    stride = maps.ball_stride
    heat, boxes, weight = ball_targets(batch.boxes, batch.classes, stride=stride, width=width, height=height)
    labelled = batch.labelled[:, BALL : BALL + 1]
    return {
        "ball": BALL_WEIGHT * heat_loss(maps.ball_heat, heat, labelled=labelled),
        "ball_box": weighted_box_loss(
            cell_boxes(maps.ball_sides, stride=stride), boxes, weight * labelled[..., None].float()
        ),
    }


def _compared_roles(network: PeopleDetector, maps: DetectorMaps, batch: DetectionBatch) -> Tensor:
    """Return the cross-entropy of the roles of the labelled people, compared with one another.

    They are found a little off their place, and a few not at all, as people are once the network looks for them.
    """
    assert network.compare is not None
    people = batch.classes >= GOALKEEPER
    extent = batch.boxes[..., 2:] - batch.boxes[..., :2]
    centre = (batch.boxes[..., :2] + batch.boxes[..., 2:]) / 2
    centre = centre + _SHAKE * extent * (torch.rand_like(centre) - 0.5)
    h, w = maps.fine.shape[2:]
    column = (centre[..., 0] / STRIDE).long().clamp(0, w - 1)
    row = (centre[..., 1] / STRIDE).long().clamp(0, h - 1)
    middle = torch.stack([column, row], 2).to(centre.dtype) * STRIDE + STRIDE / 2
    sides = torch.cat([middle - batch.boxes[..., :2], batch.boxes[..., 2:] - middle], 2).clamp(min=1.0)
    cells = row * w + column
    present = people & (torch.rand(people.shape, device=people.device) > _MISSED)
    judged = network.compare(maps.fine, cells, sides, present)
    dense = maps.roles.flatten(2).gather(2, cells[:, None].expand(-1, maps.roles.shape[1], -1)).transpose(1, 2)
    role = (batch.classes - GOALKEEPER).clamp(min=0)
    rare = (batch.classes == GOALKEEPER) | (batch.classes == REFEREE)
    weight = torch.where(rare, _RARE_ROLE, 1.0) * people
    each = F.cross_entropy((judged + dense.detach()).flatten(0, 1), role.flatten(), reduction="none")
    return (each * weight.flatten()).sum() / weight.sum().clamp(min=1.0)
