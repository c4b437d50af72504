"""The settings of recipes that train and distil recognisers of joint sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from touchline.training.recipe import StrictSettings
from touchline.training.recognition.recogniser_settings import TeachingWeights
from touchline.training.recognition.skeleton_augment import SkeletonAugment


class SkeletonOptimizer(StrictSettings):
    """Length, learning rate and regularisation of the training of each member.

    Attributes:
        steps: number of optimiser steps.
        batch: sequences per batch.
        accumulate: number of batches per step, whose gradients are averaged before the weights change.
        base_lr: highest learning rate; linear warm-up over a tenth of the steps, at most 100, then cosine decay.
        weight_decay: of AdamW.
        label_smoothing, mixup: as usual; ``mixup`` is the parameter of the Beta distribution, 0 for none.
        balance: 0 samples sequences uniformly, 1 samples classes uniformly.
        seed: of weights, order and augmentation.

    """

    steps: int = Field(default=1500, ge=1)
    batch: int = Field(default=64, ge=2)
    accumulate: int = Field(default=1, ge=1)
    base_lr: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup: float = Field(default=0.5, ge=0)
    balance: float = Field(default=0.5, ge=0, le=1)
    seed: int = 0


class HandOptimizer(StrictSettings):
    """Length and learning rate of the training of the member that tells the playing hand.

    Attributes:
        steps: number of optimiser steps.
        batch: sequences per batch, each also mirrored.
        accumulate: number of batches per step, whose gradients are averaged before the weights change.
        base_lr: highest learning rate, as in :class:`SkeletonOptimizer`.
        weight_decay: of AdamW.

    """

    steps: int = Field(default=400, ge=1)
    batch: int = Field(default=32, ge=2)
    accumulate: int = Field(default=1, ge=1)
    base_lr: float = 2e-3
    weight_decay: float = 0.05


class SkeletonNetwork(StrictSettings):
    """One network of joint sequences and its training.

    Attributes:
        network: arguments of :class:`~touchline.models.networks.skeleton_net.SkeletonNet` except classes and joints.
        optimizer: settings of the members' training.

    """

    network: dict[str, Any]
    optimizer: SkeletonOptimizer = SkeletonOptimizer()


class SkeletonData(StrictSettings):
    """The settings that all recipes for joint sequences share.

    Attributes:
        name: of the resulting model file.
        data_root: folder of the data.
        file: the labelled sequences, relative to ``data_root``.
        labels: the classes in the order of the outputs.
        mirror: index of every joint's counterpart on the other side of the body.
        augment: augmentation of the sequences.
        fps: samples per second; None if unknown.
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
    """A recipe of ``task: skeleton``, the union of :class:`SkeletonData` and :class:`SkeletonNetwork`.

    Attributes:
        handed: the hand that everybody in the data plays with; a member then learns to tell it from mirrored copies.
            None if the actions look the same with either hand.
        hand: settings of that member's training.

    """

    task: str = "skeleton"
    name: str = "skeletons"
    handed: Literal["left", "right"] | None = None
    hand: HandOptimizer = HandOptimizer()


class SkeletonDistillation(TeachingWeights):
    """The distillation loss.

    Attributes:
        loss: a loss of logits, see :mod:`touchline.training.recognition.distillation_losses`.
        kd_weight, ce_weight: of the teacher's and the labels' terms.
        temperature: of the loss.

    """

    loss: Literal["soft-targets", "soft-targets-mean", "standardised", "correlation"] = "soft-targets"
    temperature: float = Field(default=2.0, gt=0)


class DistillSkeletonsRecipe(SkeletonData):
    """A recipe of ``task: distill-skeletons``.

    Attributes:
        teacher, student: the two networks.
        distillation: the distillation loss.

    """

    task: str = "distill-skeletons"
    name: str = "skeleton-student"
    teacher: SkeletonNetwork
    student: SkeletonNetwork
    distillation: SkeletonDistillation = SkeletonDistillation()

    def of(self, role: SkeletonNetwork) -> SkeletonRecipe:
        """Return the recipe that trains one of the networks alone."""
        shared = self.model_dump(exclude={"task", "teacher", "student", "distillation"})
        return SkeletonRecipe.model_validate({**shared, **role.model_dump()})
