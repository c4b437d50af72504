"""Losses of spotters."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def focal_loss(logits: Tensor, targets: Tensor, *, gamma: float = 1.2, alpha: float | None = None) -> Tensor:
    """Compute the mean sigmoid focal loss: cross-entropy with easy entries weighted down.

    Each entry's binary cross-entropy is multiplied by ``(1 - p)**gamma``, p being the probability given to the truth,
    and by ``alpha`` (truth 1) or ``1 - alpha`` (truth 0) when alpha is given. Targets between 0 and 1 (from mix-up)
    blend linearly.

    Args:
        logits: any shape, before the sigmoid.
        targets: same shape, 0 to 1.
        gamma: 0 gives plain cross-entropy; larger values emphasise misclassified entries.
        alpha: weight of the positive entries; None weights both alike.

    Returns:
        The mean over all entries, a scalar.

    """
    if logits.shape != targets.shape:
        raise ValueError(f"logits of shape {tuple(logits.shape)} and targets of shape {tuple(targets.shape)} differ")
    targets = targets.to(logits.dtype)
    loss = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    if gamma:
        probability = logits.sigmoid()
        truth = probability * targets + (1.0 - probability) * (1.0 - targets)
        loss = loss * (1.0 - truth).clamp_min(0.0) ** gamma
    if alpha is not None:
        loss = loss * (alpha * targets + (1.0 - alpha) * (1.0 - targets))
    return loss.mean()
