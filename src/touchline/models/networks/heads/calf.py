"""CALF: capsules for what surrounds an event, and a fixed number of detections a chunk.

Cioppa et al., "A Context-Aware Loss Function for Action Spotting in Soccer Videos", CVPR 2020. Parameters have the
published network's names. Its batch norm runs over time, so a network is bound to its chunk length.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.specs.stream_outputs import NEVER, ChunkOutput, DenseOutput

_PYRAMID = ((7, 8), (3, 16), (2, 32), (1, 64))
"""(what the receptive field is divided by, channels) of the temporal pyramid."""


class Calf(nn.Module):
    """Segmentation and detections of a chunk of features.

    Args:
        width: of the features.
        num_classes: how many.
        chunk: samples in a chunk.
        receptive_field: samples the widest convolution sees.
        capsule: numbers that stand for a class at a moment.
        detections: most events in a chunk.

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
    ) -> None:
        super().__init__()
        if chunk < 16 or chunk % 8:
            raise ValueError(f"chunk={chunk} must be a multiple of 8, at least 16")
        if not 2 <= receptive_field < chunk:
            raise ValueError(f"receptive_field={receptive_field} must be 2 or more and below the chunk's {chunk}")
        self.width, self.num_classes, self.chunk = width, num_classes, chunk
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
        """Weights that keep a signal's size from layer to layer (He et al., 2015), and short capsules.

        With PyTorch's own ones a signal shrinks fifty times on its way, and units die before detections learn from
        them. Capsules start about as short as they should be far from events: the loss would spend its first thousand
        steps on nothing but shortening them, and leave a network that no longer sees.
        """
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(cast(Tensor, module.bias))
        for last in (self.conv_conf, self.conv_class):
            nn.init.normal_(last.weight, std=0.02)
        nn.init.constant_(self.batch_seg.weight, 0.25)

    def forward(self, tokens: Tensor) -> ChunkOutput:
        """Of chunks (n, chunk, width)."""
        x = F.relu(self.conv_2(F.relu(self.conv_1(tokens[:, None]))))
        pyramid = [F.relu(_same(x, conv)) for conv in (self.conv_p_1, self.conv_p_2, self.conv_p_3, self.conv_p_4)]
        capsules = _same(torch.cat([x, *pyramid], dim=1), self.conv_seg)
        shaped = capsules.permute(0, 2, 3, 1).reshape(len(tokens), self.chunk, self.capsule, self.num_classes)
        inner = torch.sigmoid(self.batch_seg(shaped)) - 0.5
        # the smallest of lengths, so that the root has a slope everywhere
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
        """Detections of overlapping chunks of (n, t, width) as logits at their samples; each sample has one chunk.

        Chunks overlap by the receptive field, and half of it at either end of a chunk is left to its neighbour.
        """
        count = tokens.shape[1]
        short = max(self.chunk - count, 0)
        padded = F.pad(tokens, (0, 0, 0, short))
        logits = torch.full((len(tokens), count + short, self.num_classes), NEVER, device=tokens.device)
        margin = self.receptive_field // 2
        starts = self._starts(count + short)
        for start in starts:
            low = 0 if start == 0 else margin
            high = self.chunk if start == starts[-1] else self.chunk - margin
            found = self(padded[:, start : start + self.chunk]).detections
            self._place(logits[:, start : start + self.chunk], found, low=low, high=high)
        return DenseOutput(logits[:, :count])

    def _starts(self, count: int) -> list[int]:
        step, last = self.chunk - 2 * (self.receptive_field // 2), count - self.chunk
        return [*range(0, last, step), last]

    def _place(self, logits: Tensor, found: Tensor, *, low: int, high: int) -> None:
        """Write detections (n, k, 2 + classes) into the logits (n, chunk, classes), the stronger where two meet.

        A detection counts for every class with its share, where published code gives all of it to the likeliest one.
        """
        at = (found[:, :, 1] * self.chunk).floor().long().clamp_max(self.chunk - 1)
        value = torch.logit((found[:, :, :1] * found[:, :, 2:]).clamp(1e-5, 1 - 1e-5))
        value = value.masked_fill(((at < low) | (at >= high))[:, :, None], NEVER)
        rows = at[:, :, None].expand_as(value)
        logits.copy_(logits.scatter_reduce(1, rows, value, reduce="amax"))


def _same(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """A convolution over time whose output is as long as its input."""
    size = int(conv.kernel_size[0])
    before = (size - 1) // 2
    return torch.as_tensor(conv(F.pad(x, (0, 0, before, size - 1 - before))))


def _halved(x: Tensor) -> Tensor:
    return F.max_pool2d(x, (3, 1), stride=(2, 1))
