"""CALF: capsules for the context of events, and a fixed number of detections per chunk.

Cioppa et al., "A Context-Aware Loss Function for Action Spotting in Soccer Videos", CVPR 2020. Parameters have the
published network's names. Its batch norm runs over time, so a network works for one chunk length only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.specs.stream_outputs import NEVER, ChunkOutput, DenseOutput

Decoding = Literal["argmax", "shared"]
DECODINGS: tuple[Decoding, ...] = get_args(Decoding)
ABSENT = -100.0
"""The logit of a sample without a detection, under ``decoding="argmax"``."""
FAINTEST = -30.0
"""The lowest logit of a detection under ``decoding="argmax"``, far above that of a sample without one."""

_PYRAMID = ((7, 8), (3, 16), (2, 32), (1, 64))
"""Levels of the temporal pyramid: (divisor of the receptive field, channels)."""


class Calf(nn.Module):
    """A head that segments a chunk of features and detects events in it.

    Args:
        width: width of the features.
        num_classes: number of classes.
        chunk: samples in a chunk.
        receptive_field: samples seen by the widest convolution.
        capsule: values that represent a class at a sample.
        detections: maximum number of events in a chunk.
        decoding: how detections become dense scores. ``"shared"``: a detection counts for every class by confidence
            times class probability, and the stronger one wins at a sample. ``"argmax"``, as published: it counts for
            its likeliest class by its confidence alone, and the last one wins at a sample.

    """

    def __init__(
        self,
        width: int,
        num_classes: int,
        *,
        chunk: int = 240,
        receptive_field: int = 80,
        capsule: int = 16,
        detections: int = 15,
        decoding: Decoding = "shared",
    ) -> None:
        super().__init__()
        if chunk < 16 or chunk % 8:
            raise ValueError(f"chunk={chunk} must be a multiple of 8, at least 16")
        if not 2 <= receptive_field < chunk:
            raise ValueError(f"receptive_field={receptive_field} must be 2 or more and below the chunk's {chunk}")
        if decoding not in DECODINGS:
            raise ValueError(f"decoding={decoding!r} must be one of {DECODINGS}")
        self.width, self.num_classes, self.chunk, self.decoding = width, num_classes, chunk, decoding
        self.piece, self.receptive_field, self.capsule, self.detections = chunk, receptive_field, capsule, detections
        self.conv_1 = nn.Conv2d(1, 128, (1, width))
        self.conv_2 = nn.Conv2d(128, 32, 1)
        sizes = [math.ceil(receptive_field / divisor) for divisor, _ in _PYRAMID]
        self.conv_p_1, self.conv_p_2, self.conv_p_3, self.conv_p_4 = (
            nn.Conv2d(32, channels, (size, 1)) for size, (_, channels) in zip(sizes, _PYRAMID, strict=True)
        )
        self.conv_seg = nn.Conv2d(32 + sum(c for _, c in _PYRAMID), capsule * num_classes, (3, 1))
        self.batch_seg = nn.BatchNorm2d(chunk, momentum=0.1, eps=0.001)
        self.conv_spot_1 = nn.Conv2d(num_classes * (capsule + 1), 32, (3, 1))
        self.conv_spot_2 = nn.Conv2d(32, 16, (3, 1))
        self.conv_conf = nn.Conv2d(16 * (chunk // 8 - 1), 2 * detections, 1)
        self.conv_class = nn.Conv2d(16 * (chunk // 8 - 1), num_classes * detections, 1)
        self._initialise()

    def _initialise(self) -> None:
        """Initialise weights to preserve a signal's scale from layer to layer (He et al., 2015), and capsules short.

        With PyTorch's default weights the signal shrinks fiftyfold on its way, and units die before detections learn
        from them. Capsules start about as short as they should be far from events; otherwise the loss spends its first
        thousand steps on shortening them only, and leaves a network that has stopped discriminating.
        """
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(cast(Tensor, module.bias))
        for last in (self.conv_conf, self.conv_class):
            nn.init.normal_(last.weight, std=0.02)
        nn.init.constant_(self.batch_seg.weight, 0.25)

    def forward(self, tokens: Tensor) -> ChunkOutput:
        """Return the segmentation and detections of chunks (n, chunk, width)."""
        x = F.relu(self.conv_2(F.relu(self.conv_1(tokens[:, None]))))
        pyramid = [F.relu(_same(x, conv)) for conv in (self.conv_p_1, self.conv_p_2, self.conv_p_3, self.conv_p_4)]
        capsules = _same(torch.cat([x, *pyramid], dim=1), self.conv_seg)
        shaped = capsules.permute(0, 2, 3, 1).reshape(len(tokens), self.chunk, self.capsule, self.num_classes)
        inner = torch.sigmoid(self.batch_seg(shaped)) - 0.5
        # a least length, so that the square root has a finite gradient everywhere
        segmentation = (inner.square().sum(dim=2) * 4 / self.capsule).clamp_min(1e-12).sqrt()
        return ChunkOutput(segmentation, self._detect(capsules, segmentation))

    def _detect(self, capsules: Tensor, segmentation: Tensor) -> Tensor:
        joined = torch.cat([capsules, (1 - segmentation).transpose(1, 2)[..., None]], dim=1)
        x = _halved(F.relu(joined))
        x = _halved(F.relu(_same(x, self.conv_spot_1)))
        x = _halved(F.relu(_same(x, self.conv_spot_2))).reshape(len(capsules), -1, 1, 1)
        places = torch.sigmoid(self.conv_conf(x).reshape(len(x), self.detections, 2))
        classes = self.conv_class(x).reshape(len(x), self.detections, self.num_classes).softmax(dim=2)
        return torch.cat([places, classes], dim=2)

    @torch.inference_mode()
    def dense(self, tokens: Tensor) -> DenseOutput:
        """Return detections in (n, t, width), any t, as logits at their samples.

        Chunks overlap by the receptive field; half of it at either end of a chunk is left to the neighbouring chunk,
        so that each sample belongs to one chunk.
        """
        count = tokens.shape[1]
        short = max(self.chunk - count, 0)
        padded = F.pad(tokens, (0, 0, 0, short))
        published = self.decoding == "argmax"
        nothing = ABSENT if published else NEVER
        logits = torch.full((len(tokens), count + short, self.num_classes), nothing, device=tokens.device)
        margin = self.receptive_field // 2
        starts = self._starts(count + short)
        for start, rows in zip(starts, self._rows(starts, count + short), strict=True):
            low = 0 if start == 0 else margin
            high = self.chunk if start == starts[-1] else self.chunk - margin
            found = self(padded[:, rows.to(tokens.device)]).detections
            place = self._place_published if published else self._place
            place(logits[:, start : start + self.chunk], found, low=low, high=high)
        return DenseOutput(logits[:, :count])

    def _starts(self, count: int) -> list[int]:
        step, last = self.chunk - 2 * (self.receptive_field // 2), count - self.chunk
        return [*range(0, last, step), last]

    def _rows(self, starts: list[int], count: int) -> Iterator[Tensor]:
        """Yield the samples of each chunk.

        The published code cuts one chunk more than it places if the samples are 2 to ``receptive_field`` more than a
        multiple of the step. The chunk placed last is then not the one that ends with the samples, but the one before,
        which starts later and repeats the last sample; ``"argmax"`` repeats this to give the published scores.
        """
        step = self.chunk - 2 * (self.receptive_field // 2)
        cut = len(range(0, count - 1, step))
        for number, start in enumerate(starts):
            late = self.decoding == "argmax" and 0 < start == starts[-1] and number < cut - 1
            yield torch.arange(self.chunk).add(number * step if late else start).clamp_max(count - 1)

    def _place(self, logits: Tensor, found: Tensor, *, low: int, high: int) -> None:
        """Write detections (n, k, 2 + classes) into the logits (n, chunk, classes); the stronger wins at a sample."""
        at = (found[:, :, 1] * self.chunk).floor().long().clamp_max(self.chunk - 1)
        value = torch.logit((found[:, :, :1] * found[:, :, 2:]).clamp(1e-5, 1 - 1e-5))
        value = value.masked_fill(((at < low) | (at >= high))[:, :, None], NEVER)
        rows = at[:, :, None].expand_as(value)
        logits.copy_(logits.scatter_reduce(1, rows, value, reduce="amax"))

    def _place_published(self, logits: Tensor, found: Tensor, *, low: int, high: int) -> None:
        """Replace the logits (n, chunk, classes) from ``low`` to ``high`` by detections; the last wins at a sample."""
        at = (found[:, :, 1] * (self.chunk - 1)).floor().long()
        label = found[:, :, 2:].argmax(dim=2)
        value = torch.logit(found[:, :, 0].double()).clamp(FAINTEST, -FAINTEST).to(logits.dtype)
        alone = torch.full_like(logits, ABSENT)
        each = torch.arange(len(found), device=found.device)
        for number in range(found.shape[1]):
            alone[each, at[:, number], label[:, number]] = value[:, number]
        logits[:, low:high] = alone[:, low:high]


def _same(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """Apply a convolution over time with padding, so that the output is as long as the input."""
    size = int(conv.kernel_size[0])
    before = (size - 1) // 2
    return torch.as_tensor(conv(F.pad(x, (0, 0, before, size - 1 - before))))


def _halved(x: Tensor) -> Tensor:
    return F.max_pool2d(x, (3, 1), stride=(2, 1))
