"""The families of recognisers: of clips and of joint sequences, alone and distilled."""

from __future__ import annotations

from pathlib import Path

import torch

from touchline.models.architectures import ARCHITECTURES
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.training.family import Family, Job, PlannedRun, count_parameters, plan_runs
from touchline.training.recognition import distill, distill_skeletons, recogniser, skeletons
from touchline.training.recognition.distill_skeletons import DistillSkeletonsRecipe
from touchline.training.recognition.distill_table import DistillResult
from touchline.training.recognition.recogniser_settings import DistillRecipe, NetworkSettings, RecogniserRecipe
from touchline.training.recognition.skeletons import SkeletonRecipe


def _train_recogniser(settings: RecogniserRecipe, job: Job) -> Path:
    return recogniser.train(dict(settings), out=job.out, device=job.device, recipe_folder=job.recipe.parent)


def _plan_recogniser(settings: RecogniserRecipe, device: torch.device) -> list[PlannedRun]:
    return [_plan_network("each fold, then all", settings.model)]


def _plan_network(name: str, settings: NetworkSettings) -> PlannedRun:
    with torch.device("meta"):
        network = ARCHITECTURES[settings.architecture].build(num_classes=2, **settings.network)
    recogniser.freeze(network, keep=settings.optimizer.train_only)
    total, trained = count_parameters(network)
    return PlannedRun(name, total, trained, settings.optimizer.steps * settings.members)


def _train_skeletons(settings: SkeletonRecipe, job: Job) -> Path:
    return skeletons.train(dict(settings), out=job.out, device=job.device)


def _plan_skeletons(settings: SkeletonRecipe, device: torch.device) -> list[PlannedRun]:
    return [_plan_members("each held-out group, then all", settings)]


def _plan_members(name: str, settings: SkeletonRecipe) -> PlannedRun:
    network = SkeletonNet(len(settings.labels), joints=len(settings.mirror), **settings.network)
    return plan_runs(network, {name: settings.optimizer.steps * len(network.views)})[0]


def _distill(settings: DistillRecipe, job: Job) -> DistillResult:
    return distill.distill(dict(settings), out=job.out, device=job.device, recipe_folder=job.recipe.parent)


def _plan_distilled(settings: DistillRecipe, device: torch.device) -> list[PlannedRun]:
    runs = [_plan_network("teacher of each fold", settings.teacher)]
    return runs + [_plan_network(f"{name} of each fold", settings.student) for name in _STUDENTS]


def _distill_skeletons(settings: DistillSkeletonsRecipe, job: Job) -> DistillResult:
    return distill_skeletons.distill_skeletons(dict(settings), out=job.out)


def _plan_distilled_skeletons(settings: DistillSkeletonsRecipe, device: torch.device) -> list[PlannedRun]:
    runs = [_plan_members("teacher without each group", settings.of(settings.teacher))]
    student = settings.of(settings.student)
    return runs + [_plan_members(f"{name} without each group", student) for name in _STUDENTS]


_STUDENTS = ("student", "distilled student")

RECOGNISER = Family("recogniser", RecogniserRecipe, _train_recogniser, _plan_recogniser)
SKELETON = Family("skeleton", SkeletonRecipe, _train_skeletons, _plan_skeletons)
DISTILL = Family(
    "distill",
    DistillRecipe,
    lambda settings, job: Path(_distill(settings, job).model),
    _plan_distilled,
    distill=_distill,
)
DISTILL_SKELETONS = Family(
    "distill-skeletons",
    DistillSkeletonsRecipe,
    lambda settings, job: Path(_distill_skeletons(settings, job).model),
    _plan_distilled_skeletons,
    distill=_distill_skeletons,
)
