"""The family of heads over feature streams."""

from __future__ import annotations

from pathlib import Path

import torch

from touchline.training.family import Family, Job, PlannedRun
from touchline.training.streams import heads
from touchline.training.streams.settings import StreamHeadRecipe


def _train(settings: StreamHeadRecipe, job: Job) -> Path:
    return heads.train(dict(settings), out=job.out, device=job.device, progress=job.progress)


def _plan(settings: StreamHeadRecipe, device: torch.device) -> list[PlannedRun]:
    total, trained = heads.plan_head(settings)
    optimizer = settings.optimizer
    return [PlannedRun(settings.name, total, trained, optimizer.steps, optimizer.cpu_s)]


FAMILY = Family("stream-head", StreamHeadRecipe, _train, _plan, needs_data_root=False)
