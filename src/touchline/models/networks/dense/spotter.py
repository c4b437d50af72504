"""Dense spotters: every frame is encoded once, and every frame gets its classes, its offset to the event and its team.

The family of E2E-Spot (Hong et al., ECCV 2022: shifts in all blocks, a GRU) and T-DEED (Xarles et al., CVPRW 2024:
fused shifts in the last stages, an encoder and decoder over time, displacements).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from touchline.models.networks.dense.places import PlaceEncoder
from touchline.models.networks.dense.recurrent import RecurrentMixer
from touchline.models.networks.dense.regnet import RegNetY, Shifted
from touchline.models.networks.dense.sgp import PyramidMixer
from touchline.models.networks.dense.shift import ShiftKind

TemporalKind = Literal["gru", "sgp"]
TEAMS = ("left", "right")
"""The teams of the team head, in the order of its logits."""


class DenseLogits(NamedTuple):
    """What a dense spotter says of every frame.

    Attributes:
        classes: of each head, logits (b, t, 1 + labels), the first of "nothing".
        displacement: (b, t, 1): frames from the event to this frame, so the event is at ``t - displacement``; None
            without that head.
        team: logits (b, t, 2) of the left and the right team; None without that head.

    """

    classes: tuple[Tensor, ...]
    displacement: Tensor | None
    team: Tensor | None


class DenseSpotter(nn.Module):
    """The network.

    Args:
        encoder: encoder of frames, a key of ``regnet.SHAPES``, or ``"places"`` for
            :class:`~touchline.models.networks.dense.places.PlaceEncoder`, which sees its neighbours without ``shift``.
        shift: how the encoder sees neighbouring frames: ``"none"``, ``"tsm"``, ``"gsm"`` or ``"gsf"``.
        shifted: which of its blocks do: ``"all"``, or ``"late"``, those of the last two stages.
        temporal: network over time: ``"gru"`` or ``"sgp"``.
        label_counts: labels of each head; "nothing" is added to each.
        displacement: predict where the event is from a frame nearby.
        team: predict the team of the event.
        clip_length: frames of a clip.
        causal: look at earlier frames only, apart from ``look_ahead``.
        look_ahead: frames that a causal network waits for before it speaks of a frame.
        levels: how often ``"sgp"`` halves the time.
        kernel: moments of the short stretch of ``"sgp"``, odd.
        stretch: its long stretch in short ones.
        dropout: share of values dropped before the heads in training.

    Attributes:
        num_classes: labels of all heads.
        settings: the arguments, as a model file records them.
        reach: frames before and after that a frame's features depend on.

    """

    def __init__(
        self,
        *,
        encoder: str = "regnety_002",
        shift: ShiftKind = "gsm",
        shifted: Shifted = "all",
        temporal: TemporalKind = "gru",
        label_counts: Sequence[int] = (17,),
        displacement: bool = False,
        team: bool = False,
        clip_length: int = 100,
        causal: bool = False,
        look_ahead: int = 0,
        levels: int = 2,
        kernel: int = 9,
        stretch: float = 4,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {
            "encoder": encoder,
            "shift": shift,
            "shifted": shifted,
            "temporal": temporal,
            "label_counts": list(label_counts),
            "displacement": displacement,
            "team": team,
            "clip_length": clip_length,
            "causal": causal,
            "look_ahead": look_ahead,
            "levels": levels,
            "kernel": kernel,
            "stretch": stretch,
            "dropout": dropout,
        }
        _check(label_counts, clip_length=clip_length, causal=causal, look_ahead=look_ahead)
        self.label_counts = tuple(label_counts)
        self.num_classes = sum(label_counts)
        self.clip_length, self.causal, self.look_ahead = clip_length, causal, look_ahead
        self.encoder: RegNetY | PlaceEncoder
        if encoder == "places":
            self.encoder = PlaceEncoder(causal=causal)
        else:
            self.encoder = RegNetY(encoder, shift=shift, shifted=shifted, causal=causal)
        self.reach = self.encoder.reach
        width = self.encoder.width
        self.temporal: RecurrentMixer | PyramidMixer
        if temporal == "gru":
            self.temporal = RecurrentMixer(width, causal=causal)
        elif temporal == "sgp":
            self.temporal = PyramidMixer(
                width, clip_length=clip_length, levels=levels, kernel=kernel, stretch=stretch, causal=causal
            )
        else:
            raise ValueError(f"temporal={temporal!r} is unknown; choose gru or sgp")
        self.dropout = nn.Dropout(dropout)
        out = self.temporal.out
        self.heads = nn.ModuleList(nn.Linear(out, 1 + count) for count in self.label_counts)
        self.displacement = nn.Linear(out, 1) if displacement else None
        self.team = nn.Linear(out, len(TEAMS)) if team else None

    def forward(self, pictures: Tensor) -> DenseLogits:
        """Return what the network says of every frame of clips (b, t, 3, h, w), normalised; t up to clip_length."""
        batch, frames = pictures.shape[:2]
        maps = self.frame_maps(pictures.flatten(0, 1))
        return self.decide(self.clip_features(maps.reshape(batch, frames, *maps.shape[1:])))

    def frame_maps(self, pictures: Tensor) -> Tensor:
        """Return what depends on single frames only, (n, ...), of pictures (n, 3, h, w), normalised."""
        return self.encoder.frame_maps(pictures)

    def clip_features(self, maps: Tensor) -> Tensor:
        """Return features (b, t, width) of consecutive frames from their maps (b, t, ...)."""
        return self.encoder.clip_features(maps)

    def decide(self, features: Tensor) -> DenseLogits:
        """Return what the network says of every frame from features (b, t, width)."""
        mixed = self.temporal(features)
        if self.look_ahead:
            # A frame is spoken of when look_ahead further ones were seen; the last ones with what there is.
            last = mixed[:, -1:].expand(-1, min(self.look_ahead, mixed.shape[1]), -1)
            mixed = torch.cat([mixed[:, self.look_ahead :], last], dim=1)
        return DenseLogits(
            tuple(head(self.dropout(mixed)) for head in self.heads),
            None if self.displacement is None else self.displacement(self.dropout(mixed)),
            None if self.team is None else self.team(self.dropout(mixed)),
        )


def _check(label_counts: Sequence[int], *, clip_length: int, causal: bool, look_ahead: int) -> None:
    if not label_counts or min(label_counts) < 1:
        raise ValueError(f"label_counts={label_counts} must name at least one head, each with a label")
    if clip_length < 1 or not 0 <= look_ahead < clip_length:
        raise ValueError(f"clip_length={clip_length} must be 1 or more, and look_ahead={look_ahead} less than that")
    if look_ahead and not causal:
        raise ValueError(f"look_ahead={look_ahead} is for causal networks; others see the whole clip")
