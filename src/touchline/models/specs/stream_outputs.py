"""Outputs of heads over feature streams, and the merging of several streams' outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

NEVER = -12.0
"""The logit of an event that is certainly absent."""


@dataclass(frozen=True, slots=True, eq=False)
class WindowOutput:
    """The output for windows: ``logits`` (n, 1 + classes), the first class being "nothing"."""

    logits: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class ChunkOutput:
    """The output of CALF for chunks.

    Attributes:
        segmentation: (n, t, classes), 0 to 1: proximity of each moment to an event.
        detections: (n, k, 2 + classes): confidence, position in the chunk, probability of each class; all 0 to 1.

    """

    segmentation: Tensor
    detections: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class DenseOutput:
    """The output at every sample.

    Attributes:
        logits: (n, t, classes), of an event of the class at or very near the sample.
        displacement: (n, t, classes), offset of the event from the sample, in samples; None if a head predicts none.
        log_spread: (n, t, classes), logarithm of the displacement's expected error in samples; None likewise.

    """

    logits: Tensor
    displacement: Tensor | None = None
    log_spread: Tensor | None = None


def stream_weights(preference: Tensor, present: Tensor) -> Tensor:
    """Return the weights (streams, n, classes) of streams in their merged output; they sum to 1 over streams.

    Args:
        preference: (streams, classes), any values, of which a softmax over the present streams is taken.
        present: bool (streams, n); where no stream is present, all are used.

    """
    usable = present | ~present.any(dim=0, keepdim=True)
    masked = preference[:, None, :].masked_fill(~usable[:, :, None], float("-inf"))
    return masked.softmax(dim=0)


def merge_windows(outputs: Sequence[WindowOutput], preference: Tensor, present: Tensor) -> WindowOutput:
    """Merge windows by the weighted mean of logits; ``preference`` is (streams, 1 + classes)."""
    weights = stream_weights(preference, present)
    return WindowOutput((torch.stack([one.logits for one in outputs]) * weights).sum(dim=0))


def merge_chunks(outputs: Sequence[ChunkOutput], preference: Tensor, present: Tensor) -> ChunkOutput:
    """Merge chunks: the weighted mean of segmentations, and all detections, those of absent streams at confidence 0."""
    weights = stream_weights(preference, present)
    segmentation = (torch.stack([one.segmentation for one in outputs]) * weights[:, :, None]).sum(dim=0)
    usable = (present | ~present.any(dim=0, keepdim=True)).to(segmentation.dtype)
    kept = [
        torch.cat([one.detections[:, :, :1] * usable[number][:, None, None], one.detections[:, :, 1:]], dim=2)
        for number, one in enumerate(outputs)
    ]
    return ChunkOutput(segmentation, torch.cat(kept, dim=1))


def merge_dense(outputs: Sequence[DenseOutput], preference: Tensor, present: Tensor) -> DenseOutput:
    """Merge dense outputs by the weighted means of logits, displacements and log spreads."""
    weights = stream_weights(preference, present)[:, :, None]

    def mean(parts: list[Tensor | None]) -> Tensor | None:
        known = [part for part in parts if part is not None]
        return (torch.stack(known) * weights).sum(dim=0) if len(known) == len(parts) else None

    logits = (torch.stack([one.logits for one in outputs]) * weights).sum(dim=0)
    return DenseOutput(logits, mean([one.displacement for one in outputs]), mean([one.log_spread for one in outputs]))


def strongest_dense(outputs: Sequence[DenseOutput], present: Tensor) -> DenseOutput:
    """Merge dense outputs by the highest logit of any present stream (for heads whose outputs are single spikes)."""
    usable = present | ~present.any(dim=0, keepdim=True)
    logits = torch.stack([one.logits for one in outputs])
    return DenseOutput(logits.masked_fill(~usable[:, :, None, None], NEVER).amax(dim=0))
