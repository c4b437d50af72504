"""The settings of a slow-fusion recipe: the meaning and the default of each key of the YAML file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from touchline.core.labels import LABEL_SETS, labels_named
from touchline.models.specs.spec import PeakSpec
from touchline.training.recipe import StrictSettings
from touchline.training.spotting.augment import AugmentSettings
from touchline.training.spotting.targets import CENTRE_FRAMES


class FrameConfig(StrictSettings):
    """The frames that a network is trained on: luma of this size, letterboxed, ``fps`` per second."""

    width: int = Field(default=1280, gt=0)
    height: int = Field(default=736, gt=0)
    fps: float = Field(default=25.0, gt=0)


class DataConfig(StrictSettings):
    """The training videos of a stage, in folders below ``data_root``, one per game.

    Attributes:
        games: folders, or patterns with ``*``; with ``by_fold`` their order is the order of folds.
        exclude: folders or patterns to exclude.
        validation: folders or patterns held out for validation; they are removed from ``games``.
        by_fold: train once per fold, holding out the fold's one game.
        videos: file of each half; a whole match in one file is half 1.
        labels_file: SoccerNet label file in each folder; by default that of the label set in ``labels``, if it has one.
        labels: name of a label set, or the labels themselves.
        label_map: labels to rename first; ``""`` drops a label, ``*`` stands for every label not otherwise known.
        visible_only: drop actions marked as not visible.
        target_frames: number of frames at the centre of a clip whose actions are its target.

    """

    games: list[str] = Field(min_length=1)
    exclude: list[str] = Field(default_factory=list)
    validation: list[str] = Field(default_factory=list)
    by_fold: bool = False
    videos: dict[int, str] = Field(default_factory=lambda: {1: "720p.mp4"})
    labels_file: str = "Labels-ball.json"
    labels: Annotated[list[str], BeforeValidator(labels_named), Field(min_length=1)]
    label_map: dict[str, str] = Field(default_factory=dict)
    visible_only: bool = False
    target_frames: int = Field(default=CENTRE_FRAMES, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _files_of_set(cls, values: Any) -> Any:
        labels = values.get("labels") if isinstance(values, dict) else None
        named = LABEL_SETS.get(labels) if isinstance(labels, str) else None
        return {"labels_file": named.file_names[0], **values} if named is not None and named.file_names else values


class SamplingConfig(StrictSettings):
    """The sampling of clips; see :mod:`touchline.training.spotting.sampling`.

    Attributes:
        samples_per_epoch: clips per epoch.
        action_share: share of clips centred near an action.
        class_weights: weight by label; 1 if not given.
        hard_negatives: an earlier stage whose out-of-fold scores identify hard background.
        shake: probability that the frames of a clip are jittered.

    """

    samples_per_epoch: int = Field(default=6000, gt=0)
    action_share: float = Field(default=0.5, gt=0, le=1)
    class_weights: dict[str, float] = Field(default_factory=dict)
    hard_negatives: str | None = None
    shake: float = Field(default=0.25, ge=0, le=1)


class OptimizerConfig(StrictSettings):
    """The optimiser, its schedule and the loss.

    Attributes:
        kind: ``adamw``, or ``sgd`` with Nesterov momentum.
        base_lr, min_lr: for a step of ``lr_batch`` clips; both are scaled with the clips per step.
        weight_decay, momentum: as in PyTorch.
        warmup_epochs, epochs: epochs of linear warm-up, then of cosine decay.
        batch_size: clips per batch.
        accumulate: number of batches per step, whose gradients are averaged before the weights change.
        ema_decay: of the averaged weights, which are the ones kept.
        gamma, alpha: of the focal loss.
        precision: arithmetic of forward and backward; ``auto`` is bf16 on CUDA, and ``auto`` and ``fp16`` are fp32 on
            the CPU.
        compile: compile the network, on CUDA.

    """

    kind: Literal["adamw", "sgd"] = "adamw"
    base_lr: float = Field(default=3e-4, gt=0)
    min_lr: float = Field(default=3e-6, ge=0)
    lr_batch: int = Field(default=4, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    warmup_epochs: int = Field(default=6, ge=0)
    epochs: int = Field(default=30, ge=0)
    batch_size: int = Field(default=4, gt=0)
    accumulate: int = Field(default=1, ge=1)
    ema_decay: float = Field(default=0.999, ge=0, lt=1)
    gamma: float = Field(default=1.2, ge=0)
    alpha: float | None = Field(default=None, ge=0, le=1)
    precision: Literal["auto", "fp32", "fp16", "bf16"] = "auto"
    compile: bool = False


class ValidationConfig(StrictSettings):
    """The measurements on the held-out games, and their consequences.

    Attributes:
        every_epochs: epochs between measurements of average precision on actions and the midpoints between them; 0 for
            none.
        keep: whether the ``last`` or the ``best`` weights become the model.
        dense: score the whole held-out games at the end: mAP, and the scores from which hard negatives are taken.
        metric: variant of the mAP.

    """

    every_epochs: int = Field(default=1, ge=0)
    keep: Literal["last", "best"] = "last"
    dense: bool = True
    metric: str = "at1"

    @model_validator(mode="after")
    def _best_needs_validation(self) -> ValidationConfig:
        if self.keep == "best" and not self.every_epochs:
            raise ValueError("keep: best needs every_epochs of 1 or more")
        return self


class StageConfig(StrictSettings):
    """One training run; a recipe is a chain of these.

    Attributes:
        init: an earlier stage of the recipe, or a model file, to start from; a head of another shape starts afresh.
        encoder_weights: a safetensors file with ImageNet weights of the 2-D encoder, under timm's names.
        freeze: parts of the network whose weights are fixed; their batch statistics and dropout stay active.
        network: constructor arguments of the slow-fusion spotter, except the number of classes.

    """

    data: DataConfig
    init: str | None = None
    encoder_weights: str | None = None
    freeze: list[str] = Field(default_factory=list)
    network: dict[str, Any] = Field(default_factory=dict)
    sampling: SamplingConfig = SamplingConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    validation: ValidationConfig = ValidationConfig()
    augment: AugmentSettings = AugmentSettings()


class LoaderConfig(StrictSettings):
    """The decoding and caching of frames.

    Attributes:
        workers: number of decoding threads; 0 decodes between steps.
        cache_gb: maximum disk space for decoded frames; videos beyond it are decoded again for each clip.
        cache_folder: folder of the cache; ``cache`` in the run's folder by default.

    """

    workers: int = Field(default=2, ge=0)
    cache_gb: float = Field(default=4.0, ge=0)
    cache_folder: str | None = None


class SlowFusionRecipe(StrictSettings):
    """A recipe for slow-fusion spotters.

    Attributes:
        data_root: folder that contains the games' folders; recipes leave it open, users set it.
        folds: the folds that the stages ``by_fold`` run.
        run: the stages to run; all if empty.
        checkpoint_every: steps between checkpoints.
        log_every: steps between rows in the log.
        templates: anything, for YAML anchors; ignored.

    """

    task: Literal["slow-fusion"]
    name: str
    description: str = ""
    seed: int = Field(default=0, ge=0)
    data_root: str | None = None
    frame: FrameConfig = FrameConfig()
    peaks: PeakSpec = PeakSpec()
    loader: LoaderConfig = LoaderConfig()
    folds: list[int] = Field(default_factory=lambda: [0])
    run: list[str] = Field(default_factory=list)
    checkpoint_every: int = Field(default=500, gt=0)
    log_every: int = Field(default=50, gt=0)
    templates: dict[str, Any] = Field(default_factory=dict)
    stages: dict[str, StageConfig] = Field(min_length=1)

    @model_validator(mode="after")
    def _stages_exist(self) -> SlowFusionRecipe:
        names = list(self.stages)
        for name in self.run:
            if name not in names:
                raise ValueError(f"run names unknown stage {name!r}; the stages are {names}")
        for at, (name, stage) in enumerate(self.stages.items()):
            source = stage.sampling.hard_negatives
            if source is not None and source not in names[:at]:
                raise ValueError(f"stage {name!r} takes hard negatives from {source!r}, which is not an earlier stage")
        return self
