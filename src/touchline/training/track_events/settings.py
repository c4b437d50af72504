"""The settings of a recipe with ``task: track-events``."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from touchline.training.recipe import TrainingSettings


class TrackEventOptimizer(TrainingSettings):
    """Length and learning rate of the training.

    Attributes:
        batch: pieces per step.
        frames: length of a piece, analysed frames.
        at_events: share of pieces drawn around an event, with labels drawn uniformly; the others lie anywhere.

    """

    steps: int = Field(default=600, ge=1)
    base_lr: float = Field(default=3e-3, gt=0)
    weight_decay: float = Field(default=0.02, ge=0)
    ema_decay: float = Field(default=0.99, gt=0, lt=1)
    batch: int = Field(default=8, ge=1)
    frames: int = Field(default=192, ge=16)
    at_events: float = Field(default=0.5, ge=0, le=1)


class Variation(BaseModel):
    """How exact matches are varied and degraded.

    Attributes:
        copies: varied copies of each match.
        error_factor: range of the factor on the measured errors of the tracker.
        tempo: range of the factor on all times.
        body: range of the factor on the people's heights.
        tilt: range of the factor on the picture's height, as of a camera that looks down more or less.
        without_ball: share of the time without a ball, in whole spans.
        without_metres: share of the time without places on the pitch, in whole spans.
        span_s: range of the lengths of such spans, seconds.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    copies: int = Field(default=4, ge=1)
    error_factor: tuple[float, float] = (0.6, 2.5)
    tempo: tuple[float, float] = (0.85, 1.15)
    body: tuple[float, float] = (0.85, 1.2)
    tilt: tuple[float, float] = (0.75, 1.25)
    without_ball: float = Field(default=0.1, ge=0, lt=1)
    without_metres: float = Field(default=0.4, ge=0, lt=1)
    span_s: tuple[float, float] = (15.0, 60.0)


class TrackEventLoss(BaseModel):
    """Parameters of the losses.

    Attributes:
        spread_s: standard deviation of the target around an event, seconds.
        rare: largest weight of a rare label relative to a frequent one.
        positive: weight of frames at events.
        in_play, holder: weights of the further outputs.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    spread_s: float = Field(default=0.16, gt=0)
    rare: float = Field(default=8.0, ge=1)
    positive: float = Field(default=4.0, gt=0)
    in_play: float = Field(default=0.1, ge=0)
    holder: float = Field(default=0.1, ge=0)


class TrackEventRecipe(BaseModel):
    """A recipe of ``task: track-events``.

    Attributes:
        name: of the resulting model file.
        data_root: folder with one folder for each simulated match, as the simulator's ``label.py`` writes it.
        train: names of the matches to learn from; all that are not for validation if empty.
        validation: names of the matches that thresholds and calibration are chosen on.
        off_below: a label whose average precision on these is lower is off by default.
        network: further arguments of the network.

    """

    model_config = ConfigDict(extra="forbid")

    task: str = "track-events"
    name: str = "track-events"
    data_root: Path | None = None
    train: list[str] = Field(default_factory=list)
    validation: list[str] = Field(min_length=1)
    off_below: float = Field(default=0.5, ge=0, le=1)
    network: dict[str, int | float] = Field(default_factory=dict)
    optimizer: TrackEventOptimizer = TrackEventOptimizer()
    variation: Variation = Variation()
    loss: TrackEventLoss = TrackEventLoss()
    licence: str = "Apache-2.0"
    description: str = ""
