"""A small network of joint sequences with and without its teacher: :mod:`touchline.training.recognition.distill` for
joints.

Run it with ``touchline distill recipes/distill-skeletons.yaml``. Every match is held out in turn, as
:mod:`touchline.training.recognition.skeletons` does; what the teacher says of two mixed sequences is the mixture of
what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.training.plan import Progress
from touchline.training.recognition.clip_splits import Indices
from touchline.training.recognition.distill_table import DistillResult, DistillRow, compare_roles
from touchline.training.recognition.distillation_losses import OF_LOGITS
from touchline.training.recognition.skeleton_settings import DistillSkeletonsRecipe, SkeletonNetwork
from touchline.training.recognition.skeleton_trial import SkeletonTrial, predict, read_skeleton_trial
from touchline.training.recognition.skeletons import Teaching, save_skeletons, train_one


def distill_skeletons(
    recipe: Mapping[str, Any], *, out: Path, device: str = "cpu", progress: Progress | None = None
) -> DistillResult:
    """Train teacher and students of a recipe, or go on where an earlier run in ``out`` stopped.

    Args:
        recipe: the content of the recipe file, of ``task: distill-skeletons``.
        out: folder for everything that comes out, ``table.json`` among it.
        device: where to train, ``"cpu"`` or ``"cuda"``.
        progress: called after every step.

    Raises:
        InputError: the data cannot be used, or are of a single match.

    """
    settings = DistillSkeletonsRecipe.model_validate(dict(recipe))
    trial = read_skeleton_trial(settings)

    def train(folder: str, rows: Indices) -> dict[str, SkeletonNet]:
        return _train_roles(trial, rows, settings, out=out / folder, device=device, progress=progress)

    def save(student: SkeletonNet, row: DistillRow, measured: Mapping[str, Any]) -> Path:
        return save_skeletons(student, settings.of(settings.student), trial.data, measured=measured, out=out)

    return compare_roles(trial, train, save, out=out)


def _train_roles(
    trial: SkeletonTrial,
    learn: Indices,
    settings: DistillSkeletonsRecipe,
    *,
    out: Path,
    device: str,
    progress: Progress | None,
) -> dict[str, SkeletonNet]:
    """Teacher, student alone and student distilled, without one match."""

    def train(role: str, network: SkeletonNetwork, teaching: Teaching | None = None) -> SkeletonNet:
        return train_one(
            trial.data,
            trial.truth,
            learn,
            settings=settings.of(network),
            out=out / role,
            device=device,
            teaching=teaching,
            progress=progress,
        )

    teacher, student = train("teacher", settings.teacher), train("student", settings.student)
    teaching = _teaching(trial, teacher, settings)
    return {"teacher": teacher, "student": student, "distilled": train("distilled", settings.student, teaching)}


def _teaching(trial: SkeletonTrial, teacher: SkeletonNet, settings: DistillSkeletonsRecipe) -> Teaching:
    """What the teacher of a fold asks."""
    asked = settings.distillation
    return Teaching(
        probabilities=torch.from_numpy(predict(teacher, trial.data.sequences)).float(),
        loss=partial(OF_LOGITS[asked.loss], temperature=asked.temperature),
        kd_weight=asked.kd_weight,
        ce_weight=asked.ce_weight,
        asks=settings.model_dump(mode="json", include={"teacher", "distillation"}, exclude_defaults=True),
    )
