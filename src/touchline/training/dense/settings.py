"""The settings of a recipe of ``task: dense-spotter``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from touchline.core.labels import labels_named
from touchline.models.specs.dense_spec import DenseFrameSpec, SoftSuppressionSpec, WindowSpec
from touchline.training.dense.augment import AugmentSettings
from touchline.training.dense.footage import Colour
from touchline.training.recipe import StrictSettings

_NOT_IN_RECIPE = ("label_counts", "displacement", "clip_length")


class LabelledSet(StrictSettings):
    """One label set with its videos; the network has one head for each set.

    Attributes:
        labels: name of a label set, or the labels, in the order of the outputs.
        layout: ``soccernet``: a folder per game with videos and a label file; ``frames``: JSON lists of videos with
            frame-exact events, as E2E-Spot publishes them.
        train, choose: game folders or patterns below ``data_root`` (``soccernet``), or JSON files there (``frames``).
            Measurements during training are made on ``choose``, and the best weights there are kept.
        videos: ``soccernet``: file of each half.
        labels_file: ``soccernet``: label file in each folder.
        video_file: ``frames``: path of a video below ``data_root``; ``{video}`` stands for its name.
        label_map: labels to rename first; ``""`` drops a label, ``*`` stands for every label not otherwise known.
        visible_only: drop events marked as not visible.
        team: learn the team of each event.
        share: share of the clips of a batch, against the other sets.

    """

    labels: Annotated[tuple[str, ...], BeforeValidator(labels_named), Field(min_length=1)]
    layout: Literal["soccernet", "frames"] = "soccernet"
    train: list[str] = Field(min_length=1)
    choose: list[str] = Field(default_factory=list)
    videos: dict[int, str] = Field(default_factory=lambda: {1: "720p.mp4"})
    labels_file: str = "Labels-ball.json"
    video_file: str = "{video}.mp4"
    label_map: dict[str, str] = Field(default_factory=dict)
    visible_only: bool = False
    team: bool = False
    share: float = Field(default=1.0, gt=0)


class DenseOptimizer(StrictSettings):
    """Length, learning rate and arithmetic of the training.

    Attributes:
        epochs: number of epochs, warm-up included.
        epoch_clips: clips of an epoch.
        warmup_epochs: epochs of linear warm-up; cosine decay follows.
        base_lr: highest learning rate.
        start_lr_times: factor of the learning rate of weights that start from a trained network (``start``).
        weight_decay: of AdamW.
        batch: clips of a batch.
        accumulate: batches of an update, in each process.
        ema_decay: of the averaged weights, which are measured and kept; None for none.
        clip_norm: largest norm of the gradient; None for no limit.
        frozen_norms: keep the statistics of batch norms, which pays for networks that start from trained weights.
        precision: ``bf16`` arithmetic, or ``fp32``.
        hours: end the training after this time if it is not over before; the schedule follows.
        clock: whether ``hours`` are of the processor or on the ``wall``.
        rounds: measurements on ``choose`` videos, evenly spread over the training.
        save_every_s: seconds between checkpoints.
        seed: of the initial weights and of all draws.

    """

    epochs: int = Field(default=50, ge=1)
    epoch_clips: int = Field(default=5000, ge=1)
    warmup_epochs: float = Field(default=3, ge=0)
    base_lr: float = Field(default=8e-4, gt=0)
    start_lr_times: float = Field(default=1.0, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    batch: int = Field(default=8, ge=1)
    accumulate: int = Field(default=1, ge=1)
    ema_decay: float | None = Field(default=0.999, ge=0, lt=1)
    clip_norm: float | None = Field(default=None, gt=0)
    frozen_norms: bool = False
    precision: Literal["bf16", "fp32"] = "bf16"
    hours: float | None = Field(default=None, gt=0)
    clock: Literal["processor", "wall"] = "processor"
    rounds: int = Field(default=10, ge=0)
    save_every_s: float = Field(default=600, gt=0)
    seed: int = Field(default=0, ge=0)

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole training."""
        return max(1, self.epoch_clips // (self.batch * self.accumulate)) * self.epochs


class DenseLoss(StrictSettings):
    """The loss.

    Attributes:
        kind: ``softmax`` cross-entropy, or sigmoid ``focal`` loss.
        foreground_weight: weight of frames of events against the background.
        gamma: exponent of the focal loss.
        radius: frames to either side of an event that have its label.
        displacement: learn the signed distance to the event, with this weight; 0 for no such output.
        team: weight of the team's loss.

    """

    kind: Literal["softmax", "focal"] = "softmax"
    foreground_weight: float = Field(default=5.0, gt=0)
    gamma: float = Field(default=2.0, ge=0)
    radius: int = Field(default=0, ge=0)
    displacement: float = Field(default=0.0, ge=0)
    team: float = Field(default=1.0, ge=0)


class HeadFirst(StrictSettings):
    """Training of what follows the encoder alone, before everything is trained together.

    The encoder runs once over each training video and its mirror image; this pays where the encoder starts from
    trained weights, since a step then costs next to nothing.

    Attributes:
        steps: optimiser steps; 0 for none.
        batch: clips of a step.
        base_lr: highest learning rate; a twentieth of the steps is warm-up, then cosine decay.
        noise: standard deviation of noise added to the features.

    """

    steps: int = Field(default=0, ge=0)
    batch: int = Field(default=16, ge=1)
    base_lr: float = Field(default=1e-3, gt=0)
    noise: float = Field(default=0.1, ge=0)


class DenseRecipe(StrictSettings):
    """A recipe for a dense spotter.

    Attributes:
        name: of the resulting model file.
        data_root: folder with the data.
        needs: what must be obtained first, for messages.
        frame: size and sampling of the pictures, and so the model's clock. With ``colour: luma`` the trained model sees
            luma as decoded, which is all that ``encoder: places`` sees of grey pictures.
        colour: ``rgb``, or ``grey`` pictures, whose cache takes a third of the space.
        clip_frames: frames of a clip.
        event_share: share of training clips that contain an event for certain.
        network: arguments of :class:`~touchline.models.networks.dense.DenseSpotter`, except the labels, the clip length
            and the displacement, which follow from the rest.
        start: model to start from: a dense spotter's file, whose weights that fit are taken, or the built-in
            ``ball-spotter``, whose encoder ``encoder: places`` takes; None for random weights.
        freeze: parts of the network that are not trained, such as ``encoder.stem``.
        sets: the label sets by name, one head each.
        head_first: training of what follows the encoder alone, before the rest.
        mixup: parameter of the Beta distribution of the mixture of two clips; 0 for none.
        metric: metric on ``choose`` videos: ``at1``, ``tight``, ``loose``, or ``frames0`` and so on.
        windows, suppression, thresholds, team_weighs: decoding by the model, and in measurements.
        cache_folder: folder of decoded pictures; ``cache`` in the run's folder by default.

    """

    task: Literal["dense-spotter"] = "dense-spotter"
    name: str = "dense-spotter"
    description: str = ""
    licence: str = ""
    data_root: Path | None = None
    needs: str = ""
    frame: DenseFrameSpec
    colour: Colour = "rgb"
    clip_frames: int = Field(default=100, ge=4, le=1000)
    event_share: float = Field(default=0.5, ge=0, le=1)
    network: dict[str, Any] = Field(default_factory=dict)
    start: str | None = None
    freeze: list[str] = Field(default_factory=list)
    sets: dict[str, LabelledSet] = Field(min_length=1)
    augment: AugmentSettings = AugmentSettings()
    head_first: HeadFirst = HeadFirst()
    mixup: float = Field(default=0.2, ge=0)
    loss: DenseLoss = DenseLoss()
    optimizer: DenseOptimizer = DenseOptimizer()
    metric: str = "at1"
    windows: WindowSpec = WindowSpec()
    suppression: SoftSuppressionSpec = SoftSuppressionSpec()
    thresholds: dict[str, float] = Field(default_factory=dict)
    team_weighs: bool = False
    cache_folder: str | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> DenseRecipe:
        twice = sorted(set(self.network) & {*_NOT_IN_RECIPE, "team"})
        if twice:
            raise ValueError(f"network names {twice}, which follow from sets, clip_frames and loss; remove them there")
        if self.frame.colour == "luma" and (self.colour != "grey" or self.network.get("encoder") != "places"):
            raise ValueError(
                "frame.colour=luma needs colour=grey and network.encoder=places; other encoders see colours"
            )
        return self

    @property
    def has_team(self) -> bool:
        """Whether any set teaches the team."""
        return any(one.team for one in self.sets.values())

    @property
    def network_arguments(self) -> dict[str, Any]:
        """Arguments of the network."""
        return {
            **self.network,
            "label_counts": [len(one.labels) for one in self.sets.values()],
            "displacement": self.loss.displacement > 0,
            "team": self.has_team,
            "clip_length": self.clip_frames,
        }
