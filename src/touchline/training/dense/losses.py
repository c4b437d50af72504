"""The losses of a dense spotter: classes of frames, displacement, and team; targets may be mixtures of two clips."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.models.networks.dense.spotter import DenseLogits
from touchline.training.dense.batches import ClipTargets
from touchline.training.dense.settings import DenseLoss


def loss_terms(said: DenseLogits, targets: ClipTargets, loss: DenseLoss) -> dict[str, Tensor]:
    """Compute the loss terms of a batch; a head learns from the clips of its own label set only."""
    terms = {}
    for head, target in targets.classes.items():
        logits = said.classes[head][targets.rows(head)]
        share = len(logits) / len(targets.heads)
        if loss.kind == "softmax":
            value = softmax_loss(logits, target, foreground_weight=loss.foreground_weight)
        else:
            value = focal_loss(logits, target, gamma=loss.gamma, foreground_weight=loss.foreground_weight)
        terms[f"classes_{head}"] = share * value
    if said.displacement is not None:
        terms["displacement"] = loss.displacement * displacement_loss(said.displacement[..., 0], targets.displacement)
    if said.team is not None:
        terms["team"] = loss.team * team_loss(said.team, targets.team)
    return terms


def softmax_loss(logits: Tensor, target: Tensor, *, foreground_weight: float) -> Tensor:
    """Cross-entropy of frames with heavier foreground classes, averaged over frames, as in E2E-Spot.

    Args:
        logits: (n, frames, classes + 1), background first.
        target: shares of the classes, same shape; each frame's sum to 1.
        foreground_weight: weight of every class but the background.

    """
    weight = torch.full((logits.shape[-1],), foreground_weight, device=logits.device)
    weight[0] = 1.0
    return -(target * weight * logits.float().log_softmax(-1)).sum(-1).mean()


def focal_loss(logits: Tensor, target: Tensor, *, gamma: float, foreground_weight: float) -> Tensor:
    """Sigmoid focal loss of each class against the background, summed over classes and averaged over frames.

    The logit of a class is its output minus the background's, so that a network trained with this loss is decoded by
    the same softmax.

    Args:
        logits: (n, frames, classes + 1), background first.
        target: shares of the classes, same shape.
        gamma: exponent that plays down what is already certain.
        foreground_weight: weight of a class where it is present.

    """
    odds = (logits[..., 1:] - logits[..., :1]).float()
    present, share = target[..., 1:], odds.sigmoid()
    hit = present * (1 - share) ** gamma * F.logsigmoid(odds) * foreground_weight
    miss = (1 - present) * share**gamma * F.logsigmoid(-odds)
    return -(hit + miss).sum(-1).mean()


def displacement_loss(found: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of displacements (n, frames), in frames squared; background frames learn 0, as in T-DEED."""
    return (found.float() - target).square().mean()


def team_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of the team over frames of events whose team is known; 0 if there is none.

    Args:
        logits: (n, frames, teams).
        target: shares of the teams, same shape; all 0 where there is no event or its team is unknown.

    """
    known = target.sum(-1)
    entropy = -(target * logits.float().log_softmax(-1)).sum(-1)
    return entropy.sum() / known.sum().clamp_min(1.0)
