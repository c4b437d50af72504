"""Heads that pool a window of features and classify it: max, mean, NetVLAD, NetRVLAD, and their ++ forms.

The ++ forms pool the halves before and after the window's middle separately (NetVLAD++, Giancola and Ghanem, CVPR
Workshops 2021). Parameters have the published heads' names.
"""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor, nn

from touchline.models.networks.heads.netvlad import NetVlad
from touchline.models.specs.stream_outputs import DenseOutput, WindowOutput

Pool = Literal["max", "mean", "netvlad", "netrvlad", "max++", "mean++", "netvlad++", "netrvlad++"]
POOLS: tuple[Pool, ...] = ("max", "mean", "netvlad", "netrvlad", "max++", "mean++", "netvlad++", "netrvlad++")


class _Max(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        """Pool (n, t, width) to (n, width)."""
        return x.amax(dim=1)


class _Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        """Pool (n, t, width) to (n, width)."""
        return x.mean(dim=1)


class PoolingHead(nn.Module):
    """A head that classifies a window of features.

    Args:
        width: width of the features.
        num_classes: number of classes besides "nothing", which is the first output.
        pool: kind of pooling, one of ``POOLS``.
        window: samples in a window; even if ``pool`` ends in ``++``.
        clusters: clusters of NetVLAD and NetRVLAD; a ++ form uses half of them for each side.
        project: width to which features are projected first; None leaves them unchanged.
        dropout: share of pooled values dropped in training.

    """

    def __init__(
        self,
        width: int,
        num_classes: int,
        *,
        pool: Pool = "netvlad++",
        window: int = 30,
        clusters: int = 64,
        project: int | None = None,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        if pool not in POOLS:
            raise ValueError(f"pool={pool!r} must be one of {POOLS}")
        if window < 2 or (pool.endswith("++") and window % 2):
            raise ValueError(f"window={window} must be 2 or more, and even for a ++ pool")
        self.width, self.num_classes, self.pool, self.window = width, num_classes, pool, window
        self.piece = window
        if project is not None:
            self.feature_extractor = nn.Linear(width, project)
        inner, sides = project or width, 2 if pool.endswith("++") else 1
        layers = [_pool_layer(pool.removesuffix("++"), inner, clusters=clusters // sides) for _ in range(sides)]
        if sides == 2:
            self.pool_layer_before, self.pool_layer_after = layers
        else:
            self.pool_layer = layers[0]
        pooled = inner * (clusters if "vlad" in pool else sides)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(pooled, num_classes + 1)

    def forward(self, tokens: Tensor) -> WindowOutput:
        """Return the logits of windows (n, window, width)."""
        return WindowOutput(self._pooled_logits(self._projected(tokens)))

    @torch.inference_mode()
    def dense(self, tokens: Tensor) -> DenseOutput:
        """Return logits at every sample of (n, t, width), each from the window around it; the ends are repeated."""
        projected = self._projected(tokens)
        before, after = self.window // 2, self.window - self.window // 2 - 1
        count = projected.shape[1]
        at = torch.arange(-before, count + after).clamp(0, max(count - 1, 0))
        return DenseOutput(torch.stack([self._sliding_logits(one[at]) for one in projected])[:, :, 1:])

    def _projected(self, tokens: Tensor) -> Tensor:
        return self.feature_extractor(tokens) if hasattr(self, "feature_extractor") else tokens

    def _pooled_logits(self, windows: Tensor) -> Tensor:
        if self.pool.endswith("++"):
            middle = self.window // 2
            halves = (self.pool_layer_before(windows[:, :middle]), self.pool_layer_after(windows[:, middle:]))
            pooled = torch.cat(halves, dim=1)
        else:
            pooled = self.pool_layer(windows)
        return cast(Tensor, self.fc(self.drop(pooled)))

    def _sliding_logits(self, x: Tensor) -> Tensor:
        """Return the logits (windows, 1 + classes) of every window of (t, width)."""
        if self.pool.endswith("++"):
            middle = self.window // 2
            sides = [(self.pool_layer_before, x[: len(x) - middle]), (self.pool_layer_after, x[middle:])]
        else:
            middle, sides = self.window, [(self.pool_layer, x)]
        logits: Tensor = self.fc.bias
        for (layer, part), weight in zip(sides, self.fc.weight.chunk(len(sides), dim=1), strict=True):
            logits = logits + _sliding_product(layer, part, weight, window=middle)
        return logits


def _sliding_product(layer: nn.Module, x: Tensor, weight: Tensor, *, window: int) -> Tensor:
    """Multiply the pooled windows of (t, width) by weights (outputs, pooled): (windows, outputs)."""
    if isinstance(layer, NetVlad):
        ordered = weight.reshape(len(weight), layer.width, layer.count).transpose(1, 2).flatten(1).T.contiguous()
        return torch.cat([part.flatten(1) @ ordered for part in layer.sliding(x, window=window)])
    return cast(Tensor, layer(x.unfold(0, window, 1).transpose(1, 2)) @ weight.T)


def _pool_layer(kind: str, width: int, *, clusters: int) -> nn.Module:
    if kind == "max":
        return _Max()
    if kind == "mean":
        return _Mean()
    return NetVlad(width, clusters=clusters, residual=kind == "netvlad")
