"""Losses of stream heads: windows, CALF's two losses, and dense heads with displacement and spread."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.models.networks.heads.context import middle_weight
from touchline.models.specs.stream_outputs import ChunkOutput, DenseOutput, WindowOutput

HIT_MARGIN = 0.1
MISS_MARGIN = 0.9
POSITION_WEIGHT = 5.0
EMPTY_WEIGHT = 0.5
PLACE_WEIGHT = 0.5
UNKNOWN = -1e4
"""The logit, among the labels of a sample, of one about which nobody knows."""


def window_loss(output: WindowOutput, targets: Tensor) -> Tensor:
    """Mean binary cross-entropy of window labels (n, 1 + classes)."""
    return F.binary_cross_entropy_with_logits(output.logits, targets)


def context_aware_loss(score: Tensor, signed: Tensor, edges: Tensor) -> Tensor:
    """CALF's loss of every score, unreduced, (..., classes).

    Far from an event a score should be low; just before it there is no target; just after it the score should be
    high; in between the target fades.

    Args:
        score: 0 to 1, (..., classes).
        signed: samples since the event, negative before it; same shape.
        edges: (4, classes): far before, just before, just after, far after.

    """
    score = score.clamp(1e-6, 1 - 1e-6)
    far_before, before, after, far_after = edges

    def low(kept: Tensor | float) -> Tensor:
        """Return the loss for a low target, from which a share ``kept`` (0 to 1) of the score is exempt."""
        return (math.log(MISS_MARGIN) - torch.log(1 - score + score * kept)).clamp_min(0)

    rising = ((signed - far_before) / (before - far_before)).clamp(0, 1)
    falling = ((far_after - signed) / (far_after - after)).clamp(0, 1)
    high = (math.log(1 - HIT_MARGIN) - torch.log(score + (1 - score) * (signed / after).clamp(0, 1))).clamp_min(0)
    loss = torch.where((signed < far_before) | (signed >= far_after), low(0.0), torch.zeros_like(score))
    loss = torch.where((signed >= far_before) & (signed < before), low(rising), loss)
    loss = torch.where((signed >= 0) & (signed < after), high, loss)
    return torch.where((signed >= after) & (signed < far_after), low(falling), loss)


def matched_detections(predicted: Tensor, targets: Tensor) -> Tensor:
    """Match detections to targets, (n, k) indices: the closest pair in position first; -1 for unmatched."""
    distance = (targets[:, :, None, 1] - predicted[:, None, :, 1]).abs()
    blocked = torch.full_like(distance, float("inf"))
    distance = torch.where(targets[:, :, None, 0] > 0, distance, blocked)
    found = torch.full(predicted.shape[:2], -1, dtype=torch.long, device=predicted.device)
    count, rows = predicted.shape[1], torch.arange(len(predicted), device=predicted.device)
    for _ in range(int((targets[:, :, 0] > 0).sum(dim=1).max())):
        least, flat = distance.flatten(1).min(dim=1)
        real = torch.isfinite(least)
        target, detection = flat[real] // count, flat[real] % count
        found[rows[real], detection] = target
        distance[rows[real], target] = float("inf")
        distance[rows[real], :, detection] = float("inf")
    return found


def detection_loss(predicted: Tensor, targets: Tensor) -> Tensor:
    """CALF's loss of detections (n, k, 2 + classes) against at most as many targets, summed over the batch."""
    with torch.no_grad():
        matched = matched_detections(predicted, targets)
    rows = torch.arange(len(predicted), device=predicted.device)[:, None]
    truth = targets[rows, matched.clamp_min(0)]
    real = (matched >= 0).to(predicted.dtype)
    confidence = predicted[:, :, 0]
    hit = (
        POSITION_WEIGHT * (truth[:, :, 1] - predicted[:, :, 1]).square()
        + (1 - confidence).square()
        + (truth[:, :, 2:] - predicted[:, :, 2:]).square().sum(dim=2)
    )
    return (real * hit + (1 - real) * EMPTY_WEIGHT * confidence.square()).sum()


def chunk_loss(
    output: ChunkOutput, signed: Tensor, targets: Tensor, edges: Tensor, *, segmentation_weight: float
) -> Tensor:
    """Return CALF's combined loss per chunk."""
    segmentation = context_aware_loss(output.segmentation, signed, edges).sum()
    detections = detection_loss(output.detections, targets)
    return (segmentation_weight * segmentation + detections) / len(targets)


def dense_loss(
    output: DenseOutput,
    away: Tensor,
    *,
    radius: float,
    focal: float,
    positive_weight: float,
    which_weight: float = 1.0,
    known: Tensor | None = None,
) -> Tensor:
    """Focal cross-entropy of nearness; for near events also cross-entropy of labels and Laplace likelihood of position.

    The cross-entropy over labels is a separate term: otherwise a small part of the loss would have to separate similar
    labels. Samples have higher weight the farther they are from the ends of their piece, since the evidence may lie
    outside; windows are blended with the same weights when a whole video is processed.

    Args:
        output: of a head with displacement and spread.
        away: samples to the nearest event (n, t, classes).
        radius: samples within which an event is near.
        focal: exponent; 0 for plain cross-entropy.
        positive_weight: of near samples.
        which_weight: of the cross-entropy over labels.
        known: weights (n, t, classes) of the samples, 0 where nobody knows the truth; None knows everything.

    """
    near = (away.abs() <= radius).to(output.logits.dtype)
    entropy = F.binary_cross_entropy_with_logits(output.logits, near, reduction="none")
    missed = (near - output.logits.sigmoid()).abs().pow(focal) if focal else 1.0
    seen = middle_weight(away.shape[1]).to(near)[None, :, None]
    seen = seen if known is None else seen * known
    counted = seen * near
    total = counted.sum().clamp_min(1)
    loss = (seen * (1 + (positive_weight - 1) * near) * missed * entropy).sum() / total
    among = output.logits if known is None else output.logits.masked_fill(known == 0, UNKNOWN)
    loss = loss - which_weight * (counted * among.log_softmax(dim=2)).sum() / total
    if output.displacement is None or output.log_spread is None:
        return loss
    error = (away - output.displacement).abs().clamp_max(10 * radius)
    # weighted by the spread (Seitzer et al., ICLR 2022); confident samples would otherwise dominate the gradient
    weight = counted * output.log_spread.detach().exp()
    place = weight * (error * torch.exp(-output.log_spread) + output.log_spread)
    return loss + PLACE_WEIGHT * place.sum() / total
