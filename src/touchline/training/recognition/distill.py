"""A student with and without its teacher, on the same clips: what distillation is worth, with intervals.

Run it with ``touchline distill RECIPE``. For every fold a teacher learns from the labels; what it says of the clips
that were learnt from is worked out once; a student learns from the labels alone, another from both. All are measured on
the clips of groups that none of them saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from touchline.core.errors import UsageError
from touchline.formats.files.atomic import write_json_atomic
from touchline.models.networks.clip_ensemble import ClipEnsemble
from touchline.models.specs.clip_input import ClipClassifier
from touchline.models.specs.spec import ClipSpec
from touchline.models.store import save_model
from touchline.training.recognition import distillation_losses as losses
from touchline.training.recognition.distill_table import ROLES, DistillResult, DistillRow, result_of, row_of
from touchline.training.recognition.recogniser import (
    Floats,
    StudentLoss,
    check_leaks,
    check_weights,
    config_of,
    predict,
    train_members,
    write_measured,
)
from touchline.training.recognition.recogniser_data import TrainingClips, folds_of, read_training_clips
from touchline.training.recognition.recogniser_settings import Distillation, DistillRecipe, NetworkSettings
from touchline.training.recognition.teacher_cache import TeacherSays, ask_teacher

_OF_LOGITS: dict[str, Callable[..., Tensor]] = {
    "soft-targets": losses.soft_targets,
    "soft-targets-mean": losses.soft_targets_mean,
    "standardised": losses.standardised,
    "correlation": losses.correlation,
}
_OF_FEATURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "distances": losses.distances,
    "angles": losses.angles,
    "feature-cosine": losses.feature_cosine,
}


def distill(
    recipe: Mapping[str, Any], *, out: Path, device: str = "cpu", recipe_folder: Path = Path()
) -> DistillResult:
    """Do what a recipe of ``task: distill`` asks; finished networks are not trained again.

    Args:
        recipe: the content of the recipe file.
        out: folder for everything that comes out, ``table.json`` among it.
        device: where to train.
        recipe_folder: where the recipe lies, for files beside it.

    Raises:
        InputError: the data cannot be used, or leak.
        UsageError: a student of several members, or a teacher of several for a loss of features.

    """
    settings = DistillRecipe.model_validate(dict(recipe))
    _check_members(settings)
    check_weights(settings.teacher, settings.student, clip=settings.clip)
    clips = read_training_clips(
        settings.data, root=settings.data_root, recipe_folder=recipe_folder, cache=out / "clips"
    )
    leaks = check_leaks(clips, settings, out=out)
    values = {role: np.full((len(clips), len(clips.labels)), np.nan) for role in ROLES}
    networks: dict[str, Any] = {}
    for number, fold in enumerate(folds_of(clips, settings.data)):
        networks = _fold(clips, fold.train, settings, out=out / f"fold_{number}", device=device)
        for role in ROLES:
            values[role][fold.test] = predict(networks[role], clips, fold.test, spec=settings.clip, device=device)
    rows = tuple(
        _row(role, networks[role], clips, values[role], settings.clip, out=out, device=device) for role in ROLES
    )
    config = config_of(
        settings.student,
        networks["distilled"],
        name=settings.name,
        clips=clips,
        spec=settings.clip,
        measured=asdict(rows[2]),
    )
    model = save_model(out / settings.name, networks["distilled"], config, half=True)
    result = result_of(
        rows,
        truth=clips.truth,
        values=values,
        groups=[item.kept_together for item in clips.items],
        model=model,
        leaks=leaks.describe() if leaks else "",
    )
    write_json_atomic(out / "table.json", asdict(result))
    return result


def _fold(
    clips: TrainingClips, learn: npt.NDArray[np.int64], settings: DistillRecipe, *, out: Path, device: str
) -> dict[str, Any]:
    """Teacher, student alone and student distilled of one fold."""

    def trained(role: str, wanted: NetworkSettings, **teaching: Any) -> Any:
        return train_members(wanted, clips, learn, spec=settings.clip, out=out / role, device=device, **teaching)

    teacher = trained("teacher", settings.teacher)
    of_features = settings.distillation.loss in _OF_FEATURES
    teachers = list(teacher.cpu().members) if isinstance(teacher, ClipEnsemble) else [teacher.cpu()]
    says = ask_teacher(teachers, clips, spec=settings.clip, features=of_features, path=out / "teacher_says.npz")
    student = trained("student", settings.student)
    loss = student_loss(
        settings.distillation,
        student_size=student.feature_size,
        teacher_size=says.features.shape[1],
        label_smoothing=settings.student.optimizer.label_smoothing,
    )
    distilled = trained("distilled", settings.student, says=says, student_loss=loss)
    return {"teacher": teacher.to(device), "student": student, "distilled": distilled}


def _check_members(settings: DistillRecipe) -> None:
    if settings.student.members > 1:
        raise UsageError(f"student.members={settings.student.members} has to be 1: a student is one network")
    if settings.teacher.members > 1 and settings.distillation.loss in _OF_FEATURES:
        raise UsageError(
            f"distillation.loss={settings.distillation.loss} compares features, and those of "
            f"teacher.members={settings.teacher.members} networks cannot be averaged; take a loss of logits, or 1"
        )


def student_loss(
    settings: Distillation, *, student_size: int, teacher_size: int, label_smoothing: float = 0.0
) -> StudentLoss:
    """The loss of a distilled student: the teacher's part and the labels', weighted.

    Args:
        settings: which, and how.
        student_size: features of the student; where the teacher's differ, ``feature-cosine`` compares them through a
            fixed random projection, which keeps angles about as they are.
        teacher_size: features of the teacher; 0 where none were asked for.
        label_smoothing: of the labels' part.

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
        return _OF_LOGITS[settings.loss](logits, theirs, temperature=t)

    def loss(logits: Tensor, features: Tensor, says: TeacherSays, labels: Tensor) -> Tensor:
        distilled = asked(logits, features, says, labels)
        classified = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        return losses.blend(distilled, classified, kd_weight=settings.kd_weight, ce_weight=settings.ce_weight)

    return loss


def _row(
    role: str, network: nn.Module, clips: TrainingClips, values: Floats, spec: ClipSpec, *, out: Path, device: str
) -> DistillRow:
    whole = ClipClassifier(network, spec=spec).eval().to(device)
    pixels = torch.zeros(1, spec.frames, spec.height, spec.width, 3, dtype=torch.uint8, device=device)
    measured = write_measured(clips, values, out=out, name=role)
    return row_of(role, network, measured=measured, run_once=lambda: whole(pixels).cpu())
