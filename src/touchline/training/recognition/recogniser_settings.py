"""The settings of recipes that train and distil clip recognisers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from touchline.models.specs.spec import ClipSpec
from touchline.training.recipe import StrictSettings
from touchline.training.recognition.clip_augment import AugmentSettings

LossName = Literal[
    "soft-targets",
    "soft-targets-mean",
    "decoupled",
    "standardised",
    "correlation",
    "distances",
    "angles",
    "feature-cosine",
]


class ClipData(StrictSettings):
    """The clips and their split.

    Attributes:
        kind: layout of the collection.
        path: folder or CSV file below ``data_root``.
        labels: the classes in the order of the outputs; alphabetical by default (SpaceJam has its own order).
        groups: CSV with ``id,group`` beside the recipe or absolute, for collections without groups of their own.
        split: ``"folds"`` is grouped cross-validation; ``"own"`` the collection's; ``"last-fifth"`` SoccerKDNet's;
            ``"legacy"`` SpaceJam's, which leaks.
        folds: number of folds.
        seed: of the folds.
        reference_copies: whether rare classes get the reference's four rotated and shifted copies, for training only.

    """

    kind: Literal["folders", "csv", "spacejam"] = "folders"
    path: str
    labels: list[str] | None = None
    groups: str | None = None
    split: Literal["folds", "own", "last-fifth", "legacy"] = "folds"
    folds: int = Field(default=5, ge=2)
    seed: int = 0
    reference_copies: bool = False


class ClipOptimizer(StrictSettings):
    """Length, learning rate and regularisation of the training of a network.

    Attributes:
        steps: number of optimiser steps.
        batch: clips per step.
        kind: AdamW, Adam, or SGD with momentum 0.9.
        base_lr: highest learning rate.
        schedule: ``"cosine"`` warms up over a twentieth of the steps, then decays along a cosine; ``"step"`` multiplies
            the rate by ``drop`` every ``drop_epochs`` passes over the training clips.
        drop_epochs, drop: of the schedule ``"step"``.
        weight_decay: of all weights.
        accumulate: number of batches per step, whose gradients are averaged before the weights change.
        label_smoothing, mixup: as usual; ``mixup`` is the parameter of the Beta distribution, 0 for none.
        balance: 0 samples clips uniformly, 1 samples classes uniformly.
        train_only: parts of the names of trainable parameters; all by default. Batch norms of the rest are frozen.
        precision: ``"bf16"`` computes convolutions in bfloat16.
        seed: of weights, order and augmentation.

    """

    steps: int = Field(default=400, ge=1)
    batch: int = Field(default=24, ge=2)
    kind: Literal["adamw", "adam", "sgd"] = "adamw"
    base_lr: float = Field(default=2e-3, gt=0)
    schedule: Literal["cosine", "step"] = "cosine"
    drop_epochs: int = Field(default=150, ge=1)
    drop: float = Field(default=0.1, gt=0, le=1)
    weight_decay: float = Field(default=0.05, ge=0)
    accumulate: int = Field(default=1, ge=1)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup: float = Field(default=0.4, ge=0)
    balance: float = Field(default=0.5, ge=0, le=1)
    train_only: list[str] | None = None
    precision: Literal["f32", "bf16"] = "bf16"
    seed: int = 0


class NetworkSettings(StrictSettings):
    """One network and its training.

    Attributes:
        architecture: a key of ``architectures.ARCHITECTURES``.
        network: its arguments, except the classes.
        weights: a model file to start from, whose head is replaced if the classes differ; random by default.
        members: number of networks that are trained with different seeds and averaged.
        augment: augmentation of the clips.
        optimizer: settings of the training.

    """

    architecture: str = "action-net"
    network: dict[str, Any] = Field(default_factory=dict)
    weights: str | None = None
    members: int = Field(default=1, ge=1)
    augment: AugmentSettings = AugmentSettings()
    optimizer: ClipOptimizer = ClipOptimizer()


class ClipRecipe(StrictSettings):
    """The settings that all recipes for clip recognisers share.

    Attributes:
        name: of the resulting model file.
        data_root: folder that ``data.path`` is relative to.
        data: the clips and their split.
        clip: input of the network.
        licence, description: of the model file.
        needs: what must be obtained first, for the message if ``data_root`` does not exist.

    """

    name: str
    data_root: Path
    data: ClipData
    clip: ClipSpec
    licence: str = "Apache-2.0"
    description: str = ""
    needs: str = ""


class RecogniserRecipe(ClipRecipe):
    """A recipe of ``task: recogniser``.

    Attributes:
        model: the network and its training.
        train_on_all: whether to train a last network on every clip and save it; if not, the first fold's is saved.

    """

    task: str = "recogniser"
    name: str = "recogniser"
    model: NetworkSettings = NetworkSettings()
    train_on_all: bool = True


class TeachingWeights(StrictSettings):
    """The weights of the teacher's and of the labels' terms in the loss."""

    kd_weight: float = Field(default=0.7, ge=0)
    ce_weight: float = Field(default=0.3, ge=0)


class Distillation(TeachingWeights):
    """The distillation loss.

    Attributes:
        loss: its name, see :mod:`touchline.training.recognition.distillation_losses`.
        kd_weight, ce_weight: of the teacher's and the labels' terms.
        temperature: of the losses that have one.

    """

    loss: LossName = "soft-targets"
    temperature: float = Field(default=4.0, gt=0)


class DistillRecipe(ClipRecipe):
    """A recipe of ``task: distill``: a teacher, a plain student and a distilled one, on the same folds.

    Attributes:
        teacher, student: the two networks.
        distillation: the distillation loss.
        by_frame: whether to measure single frames as well, as SoccerKDNet does: each is shown alone, and a clip counts
            as right if at least half of its frames are.

    """

    task: str = "distill"
    name: str = "student"
    teacher: NetworkSettings
    student: NetworkSettings
    distillation: Distillation = Distillation()
    by_frame: bool = False
