"""What recipes say of training and distilling recognisers of clips."""

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
    """Which clips, and who learns from which.

    Attributes:
        kind: layout of the collection.
        path: folder or CSV file below ``data_root``.
        labels: the classes in the order of the outputs; alphabetical without it (SpaceJam has its own order).
        groups: CSV with ``id,group`` beside the recipe or absolute, for collections that do not say it themselves.
        split: ``"folds"`` is grouped cross-validation; ``"own"`` the collection's; ``"last-fifth"`` SoccerKDNet's;
            ``"legacy"`` SpaceJam's, which leaks.
        folds: how many.
        seed: of the folds.
        reference_copies: whether poor classes get the reference's four turned and shifted copies, for learning only.

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
    """How long and how fast a network learns.

    Attributes:
        steps: of the optimiser.
        batch: clips in a step.
        kind: AdamW, Adam, or SGD with momentum 0.9.
        base_lr: highest rate; it warms up over a twentieth of the steps and falls as a cosine.
        weight_decay: of all weights.
        label_smoothing, mixup: as usual; ``mixup`` is the parameter of the Beta distribution, 0 for none.
        balance: 0 draws clips alike, 1 classes alike.
        train_only: parts of parameter names that learn; everything without it. Batch norm of the rest stands still.
        precision: ``"bf16"`` computes convolutions in bfloat16.
        seed: of weights, order and changes.

    """

    steps: int = Field(default=400, ge=1)
    batch: int = Field(default=24, ge=2)
    kind: Literal["adamw", "adam", "sgd"] = "adamw"
    base_lr: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.05, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup: float = Field(default=0.4, ge=0)
    balance: float = Field(default=0.5, ge=0, le=1)
    train_only: list[str] | None = None
    precision: Literal["f32", "bf16"] = "bf16"
    seed: int = 0


class NetworkSettings(StrictSettings):
    """One network and how it learns.

    Attributes:
        architecture: a key of ``architectures.ARCHITECTURES``.
        network: its arguments besides the classes.
        weights: a model file to begin from, whose head is replaced where the classes differ; fresh ones without it.
        members: networks that are trained with other seeds and averaged.
        augment: how clips are changed.
        optimizer: how it learns.

    """

    architecture: str = "action-net"
    network: dict[str, Any] = Field(default_factory=dict)
    weights: str | None = None
    members: int = Field(default=1, ge=1)
    augment: AugmentSettings = AugmentSettings()
    optimizer: ClipOptimizer = ClipOptimizer()


class ClipRecipe(StrictSettings):
    """What every recipe that trains recognisers of clips says.

    Attributes:
        name: of the model file that comes out.
        data_root: folder that ``data.path`` lies in.
        data: which clips.
        clip: what the network sees.
        licence, description: of the model file.
        needs: what to get, for the message where ``data_root`` is not there.

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
        model: the network and how it learns.
        train_on_all: whether a last network, trained on every clip, is written; if not, the first fold's is.

    """

    task: str = "recogniser"
    name: str = "recogniser"
    model: NetworkSettings = NetworkSettings()
    train_on_all: bool = True


class TeachingWeights(StrictSettings):
    """How much the teacher's part of the loss counts, and how much the labels'."""

    kd_weight: float = Field(default=0.7, ge=0)
    ce_weight: float = Field(default=0.3, ge=0)


class Distillation(TeachingWeights):
    """What the student takes over.

    Attributes:
        loss: which, see :mod:`touchline.training.recognition.distillation_losses`.
        kd_weight, ce_weight: of the teacher's part and the labels'.
        temperature: of those losses that have one.

    """

    loss: LossName = "soft-targets"
    temperature: float = Field(default=4.0, gt=0)


class DistillRecipe(ClipRecipe):
    """A recipe of ``task: distill``: a teacher, and a student alone and distilled, on the same folds.

    Attributes:
        teacher, student: the two networks.
        distillation: what is taken over.

    """

    task: str = "distill"
    name: str = "student"
    teacher: NetworkSettings
    student: NetworkSettings
    distillation: Distillation = Distillation()
