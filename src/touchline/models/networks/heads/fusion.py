"""Fusion of feature streams under one head: early, middle or late; any stream may be missing.

*Early* fusion joins the streams' tokens before the temporal model, *middle* fusion joins them after an encoder per
stream, *late* fusion merges the logits of one head per stream. A stream that is absent, as a whole or for some samples,
is replaced by a token learnt for its absence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.models.networks.heads.calf import Calf
from touchline.models.networks.heads.context import ContextHead
from touchline.models.networks.heads.pooling import PoolingHead
from touchline.models.specs.stream_outputs import (
    ChunkOutput,
    DenseOutput,
    WindowOutput,
    merge_chunks,
    merge_dense,
    merge_windows,
    strongest_dense,
)

Fusion = Literal["early", "middle", "late"]
FUSIONS: tuple[Fusion, ...] = ("early", "middle", "late")
HeadKind = Literal["pooling", "calf", "context"]
Head = PoolingHead | Calf | ContextHead
Output = WindowOutput | ChunkOutput | DenseOutput

_HEADS: dict[str, type[Head]] = {"pooling": PoolingHead, "calf": Calf, "context": ContextHead}
_MOST = 10.0
"""Features are clipped at this many standard deviations from their mean."""


class StreamEntry(nn.Module):
    """The input layer of a stream: features to tokens, with a learnt token for absent samples.

    The features' mean and standard deviation are part of the state; set them with :meth:`set_statistics`.
    """

    def __init__(self, width: int, *, tokens: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))
        self.mean: Tensor
        self.std: Tensor
        self.enter = nn.Linear(width, tokens)
        self.absent = nn.Parameter(torch.zeros(tokens))
        self.drop = nn.Dropout(dropout)

    @torch.no_grad()
    def set_statistics(self, mean: Tensor, std: Tensor) -> None:
        """Set mean and standard deviation of the features, (width,) each; a deviation of 0 counts as 1."""
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6, std, torch.ones_like(std)))

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return tokens (n, t, tokens) of features (n, t, width); samples not ``present``, bool (n, t), are absent."""
        standard = ((values - self.mean) / self.std).clamp(-_MOST, _MOST)
        tokens = self.drop(self.enter(torch.where(present[:, :, None], standard, torch.zeros_like(standard))))
        return torch.where(present[:, :, None], tokens, self.absent)


class StreamEncoder(nn.Module):
    """An encoder of one stream's tokens with local context: depthwise convolutions over time."""

    def __init__(self, width: int, *, layers: int, kernel: int = 5) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.near = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width) for _ in range(layers)
        )
        self.mix = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (n, t, width) to the same shape."""
        for norm, near, mix in zip(self.norms, self.near, self.mix, strict=True):
            x = x + mix(F.gelu(near(norm(x).transpose(1, 2)).transpose(1, 2)))
        return x


class FusedHead(nn.Module):
    """A head over one or more feature streams.

    Args:
        streams: width of each stream's features, by name.
        num_classes: number of classes.
        head: temporal model, ``"pooling"``, ``"calf"`` or ``"context"``.
        head_arguments: arguments of the temporal model besides width and classes.
        fusion: stage at which streams are fused; has no effect with one stream, except that ``"middle"`` encodes it.
        width: width of the tokens.
        encoder_layers: convolutions of each stream's encoder if ``fusion`` is ``"middle"``.
        dropout: share of token values dropped in training.

    """

    def __init__(
        self,
        streams: Mapping[str, int],
        num_classes: int,
        *,
        head: HeadKind = "context",
        head_arguments: Mapping[str, Any] | None = None,
        fusion: Fusion = "middle",
        width: int = 64,
        encoder_layers: int = 2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if not streams:
            raise ValueError("streams is empty; a head needs at least one")
        if fusion not in FUSIONS or head not in _HEADS:
            raise ValueError(f"fusion={fusion!r} must be one of {FUSIONS}, and head={head!r} one of {sorted(_HEADS)}")
        self.names, self.num_classes, self.kind = tuple(streams), num_classes, head
        self.fusion: Fusion = fusion
        self.entries = nn.ModuleDict(
            {name: StreamEntry(size, tokens=width, dropout=dropout) for name, size in streams.items()}
        )
        late = fusion == "late" and len(self.names) > 1
        arguments = dict(head_arguments or {})
        self.heads = nn.ModuleList(
            _HEADS[head](width, num_classes, **arguments) for _ in range(len(self.names) if late else 1)
        )
        self.piece = int(cast(Any, self.heads[0]).piece)
        if late:
            outputs = num_classes + (head == "pooling")
            self.preference = nn.Parameter(torch.zeros(len(self.names), outputs))
        elif fusion == "early" and len(self.names) > 1:
            self.join = nn.Linear(len(self.names) * width, width)
        elif fusion == "middle":
            self.encoders = nn.ModuleDict({n: StreamEncoder(width, layers=encoder_layers) for n in self.names})
            self.gates = nn.ModuleDict({n: nn.Linear(width, width) for n in self.names})

    def forward(self, values: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Output:
        """Return the temporal model's output for pieces of streams.

        Args:
            values: features (n, t, width) by stream; t is a multiple of ``piece`` and is split into pieces of it.
            present: mask bool (n, t) by stream, True where there are features.

        Returns:
            The output for n * t / piece pieces, those of one row consecutively.

        """
        tokens = [self._pieces(one) for one in self.tokens(values, present)]
        outputs = [head(one) for head, one in zip(self.heads, tokens, strict=True)]
        if len(outputs) == 1:
            return cast(Output, outputs[0])
        held = torch.stack([self._pieces(present[name]).any(dim=1) for name in self.names])
        return _MERGE[self.kind](outputs, self.preference, held)

    @torch.inference_mode()
    def dense(self, values: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> DenseOutput:
        """Return the output at every sample of whole streams (n, t, width), any t; arguments as in :meth:`forward`."""
        outputs = [
            cast(Head, head).dense(one) for head, one in zip(self.heads, self.tokens(values, present), strict=True)
        ]
        if len(outputs) == 1:
            return outputs[0]
        held = torch.stack([present[name].any(dim=1) for name in self.names])
        if self.kind == "calf":
            return strongest_dense(outputs, held)
        return merge_dense(outputs, self.preference[:, -self.num_classes :], held)

    def tokens(self, values: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the temporal models' inputs, (n, t, width) each: one in all, or one per stream in late fusion."""
        entered = [self.entries[name](values[name], present[name]) for name in self.names]
        if hasattr(self, "encoders"):
            return [self._gated(entered, present)]
        return [self.join(torch.cat(entered, dim=2))] if hasattr(self, "join") else entered

    def _gated(self, entered: list[Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """Return the mean of the streams' encoded tokens, weighted value by value by learnt gates."""
        encoded = [self.encoders[name](one) for name, one in zip(self.names, entered, strict=True)]
        gates = torch.stack([self.gates[name](one) for name, one in zip(self.names, encoded, strict=True)])
        held = torch.stack([present[name] for name in self.names])
        usable = held | ~held.any(dim=0, keepdim=True)
        weights = gates.masked_fill(~usable[..., None], float("-inf")).softmax(dim=0)
        return (torch.stack(encoded) * weights).sum(dim=0)

    def _pieces(self, x: Tensor) -> Tensor:
        if x.shape[1] % self.piece:
            raise ValueError(f"{x.shape[1]} samples are not a multiple of the piece length {self.piece}")
        return x.reshape(-1, self.piece, *x.shape[2:])


_MERGE: dict[str, Any] = {"pooling": merge_windows, "calf": merge_chunks, "context": merge_dense}


class PlainHead(nn.Module):
    """A head directly on the features of one stream, like the published heads.

    Args:
        streams: width of the only stream's features, by its name.
        num_classes: number of classes.
        head, head_arguments: as in :class:`FusedHead`.

    """

    def __init__(
        self,
        streams: Mapping[str, int],
        num_classes: int,
        *,
        head: HeadKind,
        head_arguments: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if len(streams) != 1:
            raise ValueError(f"streams={dict(streams)} must be exactly one stream")
        self.names, self.num_classes, self.kind = tuple(streams), num_classes, head
        width = next(iter(streams.values()))
        self.head = _HEADS[head](width, num_classes, **dict(head_arguments or {}))
        self.piece = self.head.piece

    def forward(self, values: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Output:
        """Return the output for pieces, see :meth:`FusedHead.forward`."""
        tokens = self._known(values, present)
        return cast(Output, self.head(tokens.reshape(-1, self.piece, tokens.shape[2])))

    @torch.inference_mode()
    def dense(self, values: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> DenseOutput:
        """Return the output at every sample, see :meth:`FusedHead.dense`."""
        return self.head.dense(self._known(values, present))

    def _known(self, values: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """Return the features, zero where absent."""
        name = self.names[0]
        return torch.where(present[name][:, :, None], values[name], torch.zeros_like(values[name]))
