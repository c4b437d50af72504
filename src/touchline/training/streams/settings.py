"""What a recipe of ``task: stream-head`` may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from touchline.synthetic.planted_streams import PlantedSettings


class StreamOptimizer(BaseModel):
    """How long and how fast a head learns.

    Attributes:
        steps: most of them.
        cpu_s: processor time after which training ends, whatever the step; None for no such end. The learning rate
            follows whichever of the two is further on.
        batch: pieces of recordings in a step.
        samples: length of such a piece, on the grid; a multiple of what the head looks at.
        base_lr, weight_decay, warmup: of AdamW; ``warmup`` is a share of the whole.
        at_events: share of pieces that are drawn around an event, of labels alike; the others lie anywhere.
        rounds: how often the head is measured on the validation recordings; the best counts.
        seed: of everything that is drawn.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=2000, ge=1)
    cpu_s: float | None = Field(default=None, gt=0)
    batch: int = Field(default=6, ge=1)
    samples: int = Field(default=480, ge=2)
    base_lr: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.05, ge=0, lt=1)
    at_events: float = Field(default=0.7, ge=0, le=1)
    rounds: int = Field(default=3, ge=1)
    seed: int = 0


class StreamLoss(BaseModel):
    """What the losses need.

    Attributes:
        radius_s: a sample this near to an event is one of it (context head).
        focal, positive_weight: of the context head's cross-entropy of every label by itself.
        which_weight: of its cross-entropy over labels, where an event is.
        segmentation_weight: of CALF's segmentation beside its detections. Published: 0.000367, for 187,000
            steps; within thousands, detections learn nothing under it.
        edges_s: far before, just before, just after, far after an event (CALF), for every label or by label.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    radius_s: float = Field(default=1.5, gt=0)
    focal: float = Field(default=1.0, ge=0)
    positive_weight: float = Field(default=4.0, gt=0)
    which_weight: float = Field(default=10.0, ge=0)
    segmentation_weight: float = Field(default=0.1, gt=0)
    edges_s: tuple[float, float, float, float] | dict[str, tuple[float, float, float, float]] = (-20, -10, 10, 20)


class StreamHeadRecipe(BaseModel):
    """A recipe of ``task: stream-head``.

    Attributes:
        name: of the model file that comes out.
        planted: settings of a planted set that is made for it; None where ``data_root`` holds a set.
        data_root: folder of a set of streams.
        streams: which of the set's streams are read; all where empty.
        head: ``"pooling"``, ``"calf"`` or ``"context"``; ``head_arguments`` are its own.
        fusion: where several streams meet.
        width: of the tokens.
        modality_dropout: chance that a stream is taken from a piece in training.
        optimizer, loss: how it learns.
        windows_s: widths of suppression to choose from, on the validation recordings.
        suppression: kinds to choose from.
        resamples: draws of recordings that intervals are made of.

    """

    model_config = ConfigDict(extra="forbid")

    task: str = "stream-head"
    name: str = "stream-head"
    planted: PlantedSettings | None = None
    data_root: Path | None = None
    streams: list[str] = Field(default_factory=list)
    head: Literal["pooling", "calf", "context"] = "context"
    head_arguments: dict[str, Any] = Field(default_factory=dict)
    fusion: Literal["early", "middle", "late"] = "middle"
    width: int = Field(default=64, ge=4)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    modality_dropout: float = Field(default=0.2, ge=0, lt=1)
    optimizer: StreamOptimizer = StreamOptimizer()
    loss: StreamLoss = StreamLoss()
    windows_s: list[float] = Field(default=[10.0, 20.0, 30.0], min_length=1)
    suppression: list[Literal["hard", "soft"]] = Field(default=["hard", "soft"], min_length=1)
    resamples: int = Field(default=200, ge=2)
    licence: str = "Apache-2.0"
    description: str = ""

    @model_validator(mode="after")
    def _check_data(self) -> Self:
        if (self.planted is None) == (self.data_root is None):
            raise ValueError("exactly one of planted and data_root says where the streams come from")
        return self
