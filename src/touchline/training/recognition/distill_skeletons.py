"""A small network of joint sequences with and without its teacher, the counterpart of
:mod:`touchline.training.recognition.distill` for joints.

Run it with ``touchline distill recipes/distill-skeletons.yaml``. Every match is held out in turn, as in
:mod:`touchline.training.recognition.skeletons`; the teacher's output for two mixed sequences is the mixture of its
outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.core.arrays import Indices
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.training.family import Family, Job, PlannedRun
from touchline.training.recognition.distill_table import DistillResult, DistillRow, compare_roles
from touchline.training.recognition.distillation_losses import OF_LOGITS
from touchline.training.recognition.skeleton_settings import DistillSkeletonsRecipe, SkeletonNetwork
from touchline.training.recognition.skeleton_trial import SkeletonTrial, read_skeleton_trial
from touchline.training.recognition.skeletons import Teaching, plan_ensemble, save_skeletons, train_one


def distill(settings: DistillSkeletonsRecipe, job: Job) -> DistillResult:
    """Train the teacher and both students without each match, or resume an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets all results, including ``table.json``.

    Raises:
        InputError: the data are unusable, or contain a single match.

    """
    trial = read_skeleton_trial(settings)

    def save(student: SkeletonNet, row: DistillRow, measured: Mapping[str, Any]) -> Path:
        return save_skeletons(student, settings.of(settings.student), trial.data, measured=measured, out=job.out)

    def learn(folder: str, rows: Indices) -> dict[str, SkeletonNet]:
        return _train_roles(trial, rows, settings, folder, job)

    return compare_roles(trial, learn, save, out=job.out)


def train(settings: DistillSkeletonsRecipe, job: Job) -> Path:
    """Run :func:`distill`; return the model file of the distilled student."""
    return Path(distill(settings, job).model)


def plan(settings: DistillSkeletonsRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    roles = {"teacher": settings.teacher, "student": settings.student, "distilled student": settings.student}
    runs = (plan_ensemble(f"{role} without each group", settings.of(network)) for role, network in roles.items())
    return [run for of_role in runs for run in of_role]


def _train_roles(
    trial: SkeletonTrial, learn: Indices, settings: DistillSkeletonsRecipe, folder: str, job: Job
) -> dict[str, SkeletonNet]:
    """Train the teacher, the plain student and the distilled student without one match."""

    def train(role: str, network: SkeletonNetwork, teaching: Teaching | None = None) -> SkeletonNet:
        return train_one(
            trial.data,
            trial.truth,
            learn,
            settings=settings.of(network),
            out=job.out / folder / role,
            device=job.device,
            teaching=teaching,
            progress=job.progress,
        )

    teacher, student = train("teacher", settings.teacher), train("student", settings.student)
    teaching = _teaching(trial, teacher, settings)
    return {"teacher": teacher, "student": student, "distilled": train("distilled", settings.student, teaching)}


def _teaching(trial: SkeletonTrial, teacher: SkeletonNet, settings: DistillSkeletonsRecipe) -> Teaching:
    """Return the teaching of a fold's teacher."""
    asked = settings.distillation
    return Teaching(
        probabilities=torch.from_numpy(trial.predict(teacher, np.arange(len(trial.truth)))).float(),
        loss=partial(OF_LOGITS[asked.loss], temperature=asked.temperature),
        kd_weight=asked.kd_weight,
        ce_weight=asked.ce_weight,
        asks=settings.model_dump(mode="json", include={"teacher", "distillation"}, exclude_defaults=True),
    )


FAMILY = Family("distill-skeletons", DistillSkeletonsRecipe, train, plan, distill=distill)
