"""A recurrent network over time, as in E2E-Spot (Hong et al., ECCV 2022)."""

from __future__ import annotations

from torch import Tensor, nn

MOST_HIDDEN = 768
"""Hidden values of a direction at most, as published."""


class RecurrentMixer(nn.Module):
    """A GRU in both directions; a causal one runs forward only.

    Args:
        width: values of a frame's features.
        causal: look at earlier frames only.

    Attributes:
        out: values of a frame afterwards.

    """

    def __init__(self, width: int, *, causal: bool) -> None:
        super().__init__()
        hidden = min(width, MOST_HIDDEN)
        self.gru = nn.GRU(width, hidden, batch_first=True, bidirectional=not causal)
        self.out = hidden if causal else 2 * hidden

    def forward(self, features: Tensor) -> Tensor:
        """Map (b, t, width) to (b, t, out)."""
        mixed, _ = self.gru(features)
        return mixed
