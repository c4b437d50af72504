"""What heads over feature streams give back, and how several streams' outputs become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

NEVER = -12.0
"""The logit of what is certainly not there."""


@dataclass(frozen=True, slots=True, eq=False)
class WindowOutput:
    """What a window holds: ``logits`` (n, 1 + classes), the first of them "nothing"."""

    logits: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class ChunkOutput:
    """What CALF says of a chunk.

    Attributes:
        segmentation: (n, t, classes), 0 to 1: how near each moment is to an event.
        detections: (n, k, 2 + classes): confidence, position in the chunk, probability of each class; all 0 to 1.

    """

    segmentation: Tensor
    detections: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class DenseOutput:
    """What holds at every sample.

    Attributes:
        logits: (n, t, classes): an event of the class is here or very near.
        displacement: (n, t, classes), in samples: how much later it is than the sample; None where a head has none.
        log_spread: (n, t, classes): logarithm of the usual error of the displacement in samples; None likewise.

    """

    logits: Tensor
    displacement: Tensor | None = None
    log_spread: Tensor | None = None


def stream_weights(preference: Tensor, present: Tensor) -> Tensor:
    """Shares (streams, n, classes) of streams in a common answer, 1 in total.

    Args:
        preference: (streams, classes), any numbers.
        present: bool (streams, n); where no stream is present, all are taken.

    """
    usable = present | ~present.any(dim=0, keepdim=True)
    masked = preference[:, None, :].masked_fill(~usable[:, :, None], float("-inf"))
    return masked.softmax(dim=0)


def merge_windows(outputs: Sequence[WindowOutput], preference: Tensor, present: Tensor) -> WindowOutput:
    """Weighted mean of logits; ``preference`` is (streams, 1 + classes)."""
    weights = stream_weights(preference, present)
    return WindowOutput((torch.stack([one.logits for one in outputs]) * weights).sum(dim=0))


def merge_chunks(outputs: Sequence[ChunkOutput], preference: Tensor, present: Tensor) -> ChunkOutput:
    """Weighted mean of segmentations, and all detections, those of absent streams without confidence."""
    weights = stream_weights(preference, present)
    segmentation = (torch.stack([one.segmentation for one in outputs]) * weights[:, :, None]).sum(dim=0)
    usable = (present | ~present.any(dim=0, keepdim=True)).to(segmentation.dtype)
    kept = [
        torch.cat([one.detections[:, :, :1] * usable[number][:, None, None], one.detections[:, :, 1:]], dim=2)
        for number, one in enumerate(outputs)
    ]
    return ChunkOutput(segmentation, torch.cat(kept, dim=1))


def merge_dense(outputs: Sequence[DenseOutput], preference: Tensor, present: Tensor) -> DenseOutput:
    """Weighted means of logits, displacements and spreads."""
    weights = stream_weights(preference, present)[:, :, None]

    def mean(parts: list[Tensor | None]) -> Tensor | None:
        known = [part for part in parts if part is not None]
        return (torch.stack(known) * weights).sum(dim=0) if len(known) == len(parts) else None

    logits = (torch.stack([one.logits for one in outputs]) * weights).sum(dim=0)
    return DenseOutput(logits, mean([one.displacement for one in outputs]), mean([one.log_spread for one in outputs]))


def strongest_dense(outputs: Sequence[DenseOutput], present: Tensor) -> DenseOutput:
    """The highest logit of any present stream (for heads whose answers are single spikes)."""
    usable = present | ~present.any(dim=0, keepdim=True)
    logits = torch.stack([one.logits for one in outputs])
    return DenseOutput(logits.masked_fill(~usable[:, :, None, None], NEVER).amax(dim=0))
