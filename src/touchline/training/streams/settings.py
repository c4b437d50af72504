"""The settings of a recipe with ``task: stream-head``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from touchline.synthetic.planted_streams import PlantedSettings


class StreamOptimizer(BaseModel):
    """Length and learning rate of the training.

    Attributes:
        steps: maximum number of optimiser steps.
        cpu_s: processor time after which training ends, at any step; None for no limit. The learning rate follows
            whichever of the two limits is closer.
        batch: pieces per batch.
        accumulate: number of batches per step, whose gradients are averaged before the weights change.
        samples: length of a piece, in grid samples; a multiple of the head's own piece length.
        base_lr, weight_decay, warmup: of AdamW; ``warmup`` is a share of the run.
        at_events: share of pieces drawn around an event, with labels drawn uniformly; the others lie anywhere.
        rounds: number of measurements on the validation recordings; the best one is kept.
        seed: of all sampling.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=2000, ge=1)
    cpu_s: float | None = Field(default=None, gt=0)
    batch: int = Field(default=6, ge=1)
    accumulate: int = Field(default=1, ge=1)
    samples: int = Field(default=480, ge=2)
    base_lr: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.05, ge=0, lt=1)
    at_events: float = Field(default=0.7, ge=0, le=1)
    rounds: int = Field(default=3, ge=1)
    seed: int = 0


class StreamLoss(BaseModel):
    """Parameters of the losses.

    Attributes:
        radius_s: a sample within this time of an event counts as near (context head).
        focal, positive_weight: of the context head's cross-entropy per label.
        which_weight: of its cross-entropy over labels near an event.
        segmentation_weight: of CALF's segmentation loss relative to its detection loss. Published: 0.000367, for
            187,000 steps; within a few thousand steps the detections learn nothing with it.
        edges_s: far before, just before, just after, far after an event (CALF), for all labels or by label.

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
        name: of the resulting model file.
        planted: settings of a generated planted set; None if ``data_root`` holds a set.
        data_root: folder of a set of streams.
        streams: the streams of the set that are used; all if empty.
        head: ``"pooling"``, ``"calf"`` or ``"context"``; ``head_arguments`` are its arguments.
        fusion: stage at which several streams are joined.
        width: of the tokens.
        modality_dropout: probability that a stream is dropped from a training piece.
        optimizer, loss: of the training.
        windows_s: suppression widths to choose from on the validation recordings.
        suppression: kinds of suppression to choose from.
        resamples: number of bootstrap samples for the intervals.

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
            raise ValueError("set exactly one of planted and data_root as the source of the streams")
        return self
