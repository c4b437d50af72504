"""An ensemble of clip networks whose probabilities are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class ClipEnsemble(nn.Module):
    """The mean of its members' probabilities, as logits.

    Args:
        members: networks with the same classes.

    """

    def __init__(self, members: Sequence[Any]) -> None:
        super().__init__()
        if not members:
            raise ValueError("members is empty; an ensemble needs at least one")
        self.members = nn.ModuleList(members)
        self.num_classes = int(members[0].num_classes)

    def forward(self, clips: Tensor) -> Tensor:
        """Return the log of mean probabilities (n, classes) of clips (n, 3, t, h, w), normalised."""
        probabilities = [torch.softmax(member(clips).float(), dim=1) for member in self.members]
        return torch.stack(probabilities).mean(dim=0).clamp_min(1e-9).log()
