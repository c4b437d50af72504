"""What recipes say of training and distilling recognisers of joint sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from touchline.training.recipe import StrictSettings
from touchline.training.recognition.recogniser_settings import TeachingWeights
from touchline.training.recognition.skeleton_augment import SkeletonAugment


class SkeletonOptimizer(StrictSettings):
    """How long and how fast each member learns.

    Attributes:
        steps: of the optimiser.
        batch: sequences in a step.
        base_lr: highest rate; it warms up over a tenth of the steps, 100 at most, and falls as a cosine.
        weight_decay: of AdamW.
        label_smoothing, mixup: as usual; ``mixup`` is the parameter of the Beta distribution, 0 for none.
        balance: 0 draws sequences alike, 1 classes alike.
        seed: of weights, order and changes.

    """

    steps: int = Field(default=1500, ge=1)
    batch: int = Field(default=64, ge=2)
    base_lr: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup: float = Field(default=0.5, ge=0)
    balance: float = Field(default=0.5, ge=0, le=1)
    seed: int = 0


class SkeletonNetwork(StrictSettings):
    """One network of joint sequences and how it learns.

    Attributes:
        network: arguments of :class:`~touchline.models.networks.skeleton_net.SkeletonNet` besides classes and joints.
        optimizer: how members learn.

    """

    network: dict[str, Any]
    optimizer: SkeletonOptimizer = SkeletonOptimizer()


class SkeletonData(StrictSettings):
    """What every recipe that trains on joint sequences says.

    Attributes:
        name: of the model file that comes out.
        data_root: folder of the data.
        file: the labelled sequences in it.
        labels: the classes in the order of the outputs.
        mirror: partner of every joint on the other side of the body.
        augment: how sequences are changed.
        fps: moments a second; None where nobody knows.
        licence, description: of the model file.

    """

    name: str
    data_root: Path
    file: str
    labels: list[str] = Field(min_length=2)
    mirror: list[int]
    augment: SkeletonAugment = SkeletonAugment()
    fps: float | None = None
    licence: str = "Apache-2.0"
    description: str = ""


class SkeletonRecipe(SkeletonData, SkeletonNetwork):
    """A recipe of ``task: skeleton``: what :class:`SkeletonData` and :class:`SkeletonNetwork` say."""

    task: str = "skeleton"
    name: str = "skeletons"


class SkeletonDistillation(TeachingWeights):
    """What the student takes over.

    Attributes:
        loss: of logits, see :mod:`touchline.training.recognition.distillation_losses`.
        kd_weight, ce_weight: of the teacher's part and the labels'.
        temperature: of the loss.

    """

    loss: Literal["soft-targets", "soft-targets-mean", "standardised", "correlation"] = "soft-targets"
    temperature: float = Field(default=2.0, gt=0)


class DistillSkeletonsRecipe(SkeletonData):
    """A recipe of ``task: distill-skeletons``.

    Attributes:
        teacher, student: the two networks.
        distillation: what is taken over.

    """

    task: str = "distill-skeletons"
    name: str = "skeleton-student"
    teacher: SkeletonNetwork
    student: SkeletonNetwork
    distillation: SkeletonDistillation = SkeletonDistillation()

    def of(self, role: SkeletonNetwork) -> SkeletonRecipe:
        """The recipe that trains one of the networks alone."""
        shared = self.model_dump(exclude={"task", "teacher", "student", "distillation"})
        return SkeletonRecipe.model_validate({**shared, **role.model_dump()})
