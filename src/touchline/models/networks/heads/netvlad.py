"""Aggregation of descriptors over time: NetVLAD, and NetRVLAD, its form without residuals.

NetVLAD is Arandjelović et al., CVPR 2016; its use as learnable pooling over video is Miech et al., 2017. Parameters
have the names of the published SoccerNet heads, so that their checkpoints load.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_WINDOWS_AT_ONCE = 32
_SMALL = 1e-12


class NetVlad(nn.Module):
    """Soft assignment of descriptors to clusters, and the sum of each cluster's residuals to its centre.

    Args:
        width: width of a descriptor.
        clusters: number of clusters.
        residual: False sums the descriptors themselves (NetRVLAD), without cluster centres.

    """

    def __init__(self, width: int, *, clusters: int, residual: bool = True) -> None:
        super().__init__()
        if width < 1 or clusters < 1:
            raise ValueError(f"width={width} and clusters={clusters} must be 1 or more")
        scale = 1 / math.sqrt(width)
        self.width, self.count, self.residual = width, clusters, residual
        self.clusters = nn.Parameter(scale * torch.randn(width, clusters))
        if residual:
            self.clusters2 = nn.Parameter(scale * torch.randn(1, width, clusters))

    def forward(self, x: Tensor) -> Tensor:
        """Aggregate descriptors (n, t, width) to vectors (n, width * clusters) of length 1."""
        x = F.normalize(x, p=2.0, dim=2)
        assigned = (x @ self.clusters).softmax(dim=2)
        total = x.transpose(1, 2) @ assigned
        if self.residual:
            total = total - assigned.sum(dim=1, keepdim=True) * self.clusters2
        return F.normalize(F.normalize(total, p=2.0, dim=1).flatten(1), p=2.0, dim=1)

    def sliding(self, x: Tensor, *, window: int) -> Iterator[Tensor]:
        """Aggregate every window of descriptors (t, width); yield some windows at a time, (windows, clusters, width).

        Descriptors are assigned once, not once for every window they are in, and windows are summed by one product.
        """
        x = F.normalize(x, p=2.0, dim=1)
        assigned = (x @ self.clusters).softmax(dim=1)
        last = len(x) - window + 1
        for start in range(0, last, _WINDOWS_AT_ONCE):
            count = min(_WINDOWS_AT_ONCE, last - start)
            part = slice(start, start + count + window - 1)
            offset = torch.arange(count + window - 1) - torch.arange(count)[:, None]
            inside = ((offset >= 0) & (offset < window)).to(x)
            shares = inside[:, None, :] * assigned[part].T
            total = (shares.flatten(0, 1) @ x[part]).reshape(count, self.count, self.width)
            if self.residual:
                total -= shares.sum(dim=2, keepdim=True) * self.clusters2[0].T
            total /= torch.linalg.vector_norm(total, dim=2, keepdim=True).clamp_min(_SMALL)
            total /= torch.linalg.vector_norm(total, dim=(1, 2), keepdim=True).clamp_min(_SMALL)
            yield total
