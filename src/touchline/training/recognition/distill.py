"""A student with and without its teacher on the same clips: the gain of distillation, with intervals.

Run it with ``touchline distill RECIPE``. For every fold a teacher is trained on the labels; its outputs for the
training clips are computed once; one student is trained on the labels alone, another on both. All are measured on
clips of groups that none of them saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.core.arrays import Indices
from touchline.core.errors import UsageError
from touchline.models.networks.clip_ensemble import ClipEnsemble
from touchline.models.store import save_model
from touchline.training.family import Family, Job, PlannedRun
from touchline.training.recognition import distillation_losses as losses
from touchline.training.recognition.clip_networks import check_weights, config_of, plan_network
from touchline.training.recognition.clip_trial import ClipTrial, read_clip_trial
from touchline.training.recognition.distill_table import DistillResult, DistillRow, compare_roles
from touchline.training.recognition.examples.teacher import FROZEN, FrozenTeacher
from touchline.training.recognition.recogniser import ClipTeaching, StudentLoss, train_members
from touchline.training.recognition.recogniser_settings import Distillation, DistillRecipe, NetworkSettings
from touchline.training.recognition.teacher_cache import TeacherSays, ask_teacher

_OF_FEATURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "distances": losses.distances,
    "angles": losses.angles,
    "feature-cosine": losses.feature_cosine,
}


def distill(settings: DistillRecipe, job: Job) -> DistillResult:
    """Train the teacher and both students of every fold, or resume an earlier run in ``job.out``.

    Args:
        settings: the recipe.
        job: its folder gets all results, including ``table.json``.

    Raises:
        InputError: the data are unusable, or leak.
        UsageError: a student with several members, or a teacher with several for a loss of features.

    """
    _check_members(settings)
    check_weights(settings.teacher, settings.student, clip=settings.clip)
    trial, out = read_clip_trial(settings, job), job.out
    frozen = None
    if settings.teacher.architecture == FROZEN:
        frozen = FrozenTeacher(settings.teacher, trial.clips, spec=trial.spec, device=job.device)

    def save(student: Any, row: DistillRow, measured: Mapping[str, Any]) -> Path:
        config = config_of(settings, settings.student, labels=trial.clips.labels, measured=asdict(row))
        return save_model(out / settings.name, student, config, half=True)

    return compare_roles(
        trial,
        lambda folder, rows: _train_roles(trial, rows, settings, folder, job, frozen=frozen),
        save,
        out=out,
        leaks=trial.leaks.describe() if trial.leaks else "",
        by_frame=trial.frames_right if settings.by_frame else None,
    )


def train(settings: DistillRecipe, job: Job) -> Path:
    """Run :func:`distill`; return the model file of the distilled student."""
    return Path(distill(settings, job).model)


def plan(settings: DistillRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe."""
    roles = {"teacher": settings.teacher, "student": settings.student, "distilled student": settings.student}
    return [plan_network(f"{role} of each fold", network) for role, network in roles.items()]


def _train_roles(
    trial: ClipTrial, learn: Indices, settings: DistillRecipe, folder: str, job: Job, *, frozen: FrozenTeacher | None
) -> dict[str, Any]:
    """Train the teacher, the plain student and the distilled student of one fold."""

    def train(role: str, network: NetworkSettings, teaching: ClipTeaching | None = None) -> Any:
        return train_members(
            network,
            trial.clips,
            learn,
            spec=trial.spec,
            out=job.out / folder / role,
            device=job.device,
            teaching=teaching,
            progress=job.progress,
        )

    teacher = train("teacher", settings.teacher) if frozen is None else frozen.fit(learn)
    student = train("student", settings.student)
    teaching = _teaching(trial, teacher, student, settings, path=job.out / folder / "teacher_says.npz")
    return {"teacher": teacher, "student": student, "distilled": train("distilled", settings.student, teaching)}


def _teaching(trial: ClipTrial, teacher: Any, student: Any, settings: DistillRecipe, *, path: Path) -> ClipTeaching:
    """Return the teaching of a fold's teacher; its outputs for every clip are cached in ``path``."""
    asked = settings.distillation
    teachers = list(teacher.members) if isinstance(teacher, ClipEnsemble) else [teacher]
    says = ask_teacher(teachers, trial.clips, spec=trial.spec, features=asked.loss in _OF_FEATURES, path=path)
    loss = student_loss(
        asked,
        student_size=student.feature_size,
        teacher_size=says.features.shape[1],
        label_smoothing=settings.student.optimizer.label_smoothing,
    )
    asks = settings.model_dump(mode="json", include={"teacher", "distillation"}, exclude_defaults=True)
    return ClipTeaching(says, loss, asks)


def _check_members(settings: DistillRecipe) -> None:
    if settings.student.members > 1:
        raise UsageError(f"student.members={settings.student.members} must be 1: a student is one network")
    if settings.teacher.members > 1 and settings.distillation.loss in _OF_FEATURES:
        raise UsageError(
            f"distillation.loss={settings.distillation.loss} compares features, and those of "
            f"teacher.members={settings.teacher.members} networks cannot be averaged; take a loss of logits, or 1"
        )


def student_loss(
    settings: Distillation, *, student_size: int, teacher_size: int, label_smoothing: float = 0.0
) -> StudentLoss:
    """Make the loss of a distilled student: the weighted sum of the teacher's and the labels' terms.

    Args:
        settings: the loss and its parameters.
        student_size: feature size of the student; if the teacher's differs, ``feature-cosine`` compares them through a
            fixed random projection, which approximately preserves angles.
        teacher_size: feature size of the teacher; 0 if features are not needed.
        label_smoothing: of the labels' term.

    """
    generator = torch.Generator().manual_seed(0)
    projection = torch.randn(student_size, teacher_size, generator=generator) / max(1, teacher_size) ** 0.5

    def asked(logits: Tensor, features: Tensor, says: TeacherSays, labels: Tensor) -> Tensor:
        if settings.loss in _OF_FEATURES:
            theirs = says.features.to(features.device)
            project = settings.loss == "feature-cosine" and student_size != teacher_size
            return _OF_FEATURES[settings.loss](
                features @ projection.to(features.device) if project else features, theirs
            )
        theirs, t = says.logits.to(logits.device), settings.temperature
        if settings.loss == "decoupled":
            return losses.decoupled(logits, theirs, labels, temperature=t)
        return losses.OF_LOGITS[settings.loss](logits, theirs, temperature=t)

    def loss(logits: Tensor, features: Tensor, says: TeacherSays, labels: Tensor) -> Tensor:
        distilled = asked(logits, features, says, labels)
        classified = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        return losses.blend(distilled, classified, kd_weight=settings.kd_weight, ce_weight=settings.ce_weight)

    return loss


FAMILY = Family("distill", DistillRecipe, train, plan, distill=distill)
