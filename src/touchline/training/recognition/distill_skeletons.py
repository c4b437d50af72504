"""A small network of joint sequences with and without its teacher: :mod:`touchline.training.recognition.distill` for
joints.

Run it with ``touchline distill recipes/distill-skeletons.yaml``. Every match is held out in turn, as
:mod:`touchline.training.recognition.skeletons` does; what the teacher says of two mixed sequences is the mixture of
what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from touchline.core.errors import InputError
from touchline.formats.clips.predictions import write_clip_predictions
from touchline.formats.clips.skeleton_sets import SkeletonSet, read_skeleton_set
from touchline.formats.files.atomic import write_json_atomic
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.recognition import ROUNDS, confusion_matrix, report
from touchline.training.recipe import StrictSettings
from touchline.training.recognition import distillation_losses as losses
from touchline.training.recognition.distill_table import ROLES, DistillResult, DistillRow, result_of, row_of
from touchline.training.recognition.skeleton_augment import SkeletonAugment
from touchline.training.recognition.skeletons import (
    Floats,
    SkeletonOptimizer,
    SkeletonRecipe,
    Teaching,
    class_numbers,
    measure,
    predict,
    save_skeletons,
    train_one,
)

_LOSSES: dict[str, Callable[..., torch.Tensor]] = {
    "soft-targets": losses.soft_targets,
    "soft-targets-mean": losses.soft_targets_mean,
    "standardised": losses.standardised,
    "correlation": losses.correlation,
}


class SkeletonNetwork(StrictSettings):
    """One network of joint sequences and how it learns, as in ``SkeletonRecipe``."""

    network: dict[str, Any]
    optimizer: SkeletonOptimizer = SkeletonOptimizer()


class SkeletonDistillation(StrictSettings):
    """What the student takes over.

    Attributes:
        loss: of logits, see :mod:`touchline.training.recognition.distillation_losses`.
        kd_weight, ce_weight: of the teacher's part and the labels'.
        temperature: of the loss.

    """

    loss: Literal["soft-targets", "soft-targets-mean", "standardised", "correlation"] = "soft-targets"
    kd_weight: float = Field(default=0.7, ge=0)
    ce_weight: float = Field(default=0.3, ge=0)
    temperature: float = Field(default=2.0, gt=0)


class DistillSkeletonsRecipe(StrictSettings):
    """A recipe of ``task: distill-skeletons``.

    Attributes:
        name: of the student's model file.
        data_root, file, labels, mirror, augment, fps: as in ``SkeletonRecipe``.
        teacher, student: the two networks.
        distillation: what is taken over.

    """

    task: str = "distill-skeletons"
    name: str = "skeleton-student"
    data_root: Path
    file: str
    labels: list[str] = Field(min_length=2)
    mirror: list[int]
    augment: SkeletonAugment = SkeletonAugment()
    fps: float | None = None
    teacher: SkeletonNetwork
    student: SkeletonNetwork
    distillation: SkeletonDistillation = SkeletonDistillation()
    licence: str = "Apache-2.0"
    description: str = ""

    def of(self, role: SkeletonNetwork) -> SkeletonRecipe:
        """The recipe that trains one of the networks alone."""
        shared = self.model_dump(exclude={"task", "teacher", "student", "distillation"})
        return SkeletonRecipe.model_validate({**shared, **role.model_dump()})


def distill_skeletons(recipe: Mapping[str, Any], *, out: Path) -> DistillResult:
    """Do what a recipe of ``task: distill-skeletons`` asks; finished networks are not trained again.

    Args:
        recipe: the content of the recipe file.
        out: folder for everything that comes out, ``table.json`` among it.

    Raises:
        InputError: the data cannot be used, or are of a single match.

    """
    settings = DistillSkeletonsRecipe.model_validate(dict(recipe))
    data = read_skeleton_set(settings.data_root / settings.file)
    truth = class_numbers(data, settings.of(settings.student))
    matches = sorted(set(data.groups.tolist()))
    if len(matches) < 2:
        raise InputError(f"{settings.data_root / settings.file}: only the group {matches}; one has to be held out")
    values = {role: np.zeros((len(data), len(settings.labels))) for role in ROLES}
    networks: dict[str, Any] = {}
    for match in matches:
        held = data.groups == match
        networks = _without(data, truth, np.flatnonzero(~held), settings, out=out / f"without_{match}")
        for role in ROLES:
            values[role][held] = predict(networks[role], data.sequences[held])
    measured = {role: _measured(role, data, truth, values[role], labels=settings.labels, out=out) for role in ROLES}
    rows = tuple(_row(role, networks[role], data, measured=measured[role]) for role in ROLES)
    student = settings.of(settings.student)
    model = save_skeletons(networks["distilled"], student, data, measured=measured["distilled"], out=out)
    result = result_of(rows, truth=truth, values=values, groups=data.groups.tolist(), model=model)
    write_json_atomic(out / "table.json", asdict(result))
    return result


def _without(
    data: SkeletonSet,
    truth: npt.NDArray[np.int64],
    learn: npt.NDArray[np.int64],
    settings: DistillSkeletonsRecipe,
    *,
    out: Path,
) -> dict[str, Any]:
    """Teacher, student alone and student distilled, without one match."""
    teacher = train_one(data, truth, learn, settings=settings.of(settings.teacher), out=out / "teacher")
    wanted, asks = settings.of(settings.student), settings.distillation
    teaching = Teaching(
        probabilities=torch.from_numpy(predict(teacher, data.sequences)).float(),
        loss=partial(_LOSSES[asks.loss], temperature=asks.temperature),
        kd_weight=asks.kd_weight,
        ce_weight=asks.ce_weight,
    )
    return {
        "teacher": teacher,
        "student": train_one(data, truth, learn, settings=wanted, out=out / "student"),
        "distilled": train_one(data, truth, learn, settings=wanted, out=out / "distilled", teaching=teaching),
    }


def _measured(
    role: str, data: SkeletonSet, truth: npt.NDArray[np.int64], values: Floats, *, labels: list[str], out: Path
) -> dict[str, Any]:
    """Write held-out probabilities as CSV, and what they are worth as JSON; return the latter."""
    groups, said = data.groups.tolist(), values.argmax(axis=1)
    ids = [f"{group}/{number}" for number, group in enumerate(groups)]
    write_clip_predictions(out / f"{role}.csv", ids=ids, classes=labels, values=values)
    macro = over_groups(
        lambda drawn: report(confusion_matrix(truth[drawn], said[drawn], classes=len(labels))).macro_f1,
        groups,
        rounds=ROUNDS,
    )
    measured = {
        **measure(truth, values, groups=groups, labels=labels),
        "macro_f1_interval": [macro.low, macro.high],
    }
    write_json_atomic(out / f"{role}.json", measured)
    return measured


def _row(role: str, network: Any, data: SkeletonSet, *, measured: Mapping[str, Any]) -> DistillRow:
    one = torch.from_numpy(data.sequences[:1])
    return row_of(role, network, measured=measured, run_once=lambda: network(one))
