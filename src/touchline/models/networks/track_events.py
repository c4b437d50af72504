"""A network that names events of play from geometry: people nearest to the ball, then dense convolutions over time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_FIRST = 3
"""People whose descriptions reach the network one by one, not only in the weighted mean of all."""


class TrackEventNet(nn.Module):
    """From features of frames and people to scores by class, in play, and who has the ball.

    Args:
        classes: number of event classes.
        frame_values: values of a frame.
        metre_values: values of a frame in metres.
        person_values: values of a person.
        width: channels over time.
        person_width: channels of a person.
        dilations: of the convolutions over time, one residual block each.
        dropout: share of channels that training drops in each block.

    """

    def __init__(
        self,
        *,
        classes: int,
        frame_values: int,
        metre_values: int,
        person_values: int,
        width: int = 80,
        person_width: int = 32,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.num_classes = classes
        self.person = nn.Sequential(
            nn.Linear(person_values, person_width), nn.ReLU(), nn.Linear(person_width, person_width), nn.ReLU()
        )
        self.weight = nn.Linear(person_width, 1)
        self.entry = nn.Linear(frame_values + metre_values + (_FIRST + 1) * person_width, width)
        self.blocks = nn.ModuleList(_Block(width, dilation=one, dropout=dropout) for one in dilations)
        self.events = nn.Linear(width, classes)
        self.in_play = nn.Linear(width, 1)
        self.holder = nn.Linear(width, person_width)
        self.nobody = nn.Linear(width, 1)

    def forward(self, frame: Tensor, metres: Tensor, people: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score the frames of some pieces.

        Args:
            frame: float (batch, n, frame_values).
            metres: float (batch, n, metre_values).
            people: float (batch, n, people, person_values).
            present: bool (batch, n, people).

        Returns:
            Logits (batch, n, classes) of the events, (batch, n) of the ball being in play, and (batch, n, people + 1)
            of who has the ball, the last one for nobody.

        """
        described = self.person(people) * present.unsqueeze(-1)
        weights = self.weight(described).squeeze(-1).masked_fill(~present, -1e4)
        pooled = (torch.softmax(weights, dim=-1).unsqueeze(-1) * described).sum(dim=-2)
        first = described[..., :_FIRST, :].flatten(-2)
        hidden = self.entry(torch.cat([frame, metres, first, pooled], dim=-1))
        for block in self.blocks:
            hidden = block(hidden)
        holder = (self.holder(hidden).unsqueeze(-2) * described).sum(dim=-1) / described.shape[-1] ** 0.5
        holder = torch.cat([holder.masked_fill(~present, -1e4), self.nobody(hidden)], dim=-1)
        return self.events(hidden), self.in_play(hidden).squeeze(-1), holder


class TrackEventScorer(nn.Module):
    """The network with its outputs as probabilities.

    Args:
        network: the network, which returns logits.

    """

    def __init__(self, network: TrackEventNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, metres: Tensor, people: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return probabilities in place of the logits of :meth:`TrackEventNet.forward`."""
        events, in_play, holder = self.network(frame, metres, people, present)
        return torch.sigmoid(events), torch.sigmoid(in_play), torch.softmax(holder, dim=-1)


class _Block(nn.Module):
    """A residual block: normalisation of each frame, a dense convolution over time, and a mixing of channels."""

    def __init__(self, width: int, *, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.over_time = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """Refine hidden values (batch, n, width)."""
        inner = torch.relu(self.over_time(self.norm(hidden).transpose(1, 2)).transpose(1, 2))
        refined: Tensor = hidden + self.dropout(self.mix(inner))
        return refined
