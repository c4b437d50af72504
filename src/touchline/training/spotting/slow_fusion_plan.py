"""The expected cost of a slow-fusion recipe's stages, from their arithmetic and this machine's measured speed."""

from __future__ import annotations

import time
from dataclasses import replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from touchline.training.family import Family, PlannedRun, count_parameters
from touchline.training.spotting.slow_fusion import train
from touchline.training.spotting.slow_fusion_network import build_network
from touchline.training.spotting.slow_fusion_settings import SlowFusionRecipe, StageConfig
from touchline.training.spotting.slow_fusion_stages import list_runs
from touchline.training.spotting.trainer import autocast_type

BACKWARD_COST = 3.0
"""Cost of forward and backward together, in forward passes."""
SUSTAINED_SHARE = 0.3
"""Share of a matrix product's speed that such networks reach in training."""


def plan(settings: SlowFusionRecipe, device: torch.device) -> list[PlannedRun]:
    """Plan the runs of a recipe, with their time on a device; stages that run by fold are planned once."""
    speeds: dict[torch.dtype, float] = {}
    planned: dict[str, PlannedRun] = {}
    runs = []
    for run in list_runs(settings):
        if run.name not in planned:
            planned[run.name] = _plan_stage(run.stage, settings, device, speeds)
        runs.append(replace(planned[run.name], name=run.label))
    return runs


def _plan_stage(
    stage: StageConfig, settings: SlowFusionRecipe, device: torch.device, speeds: dict[torch.dtype, float]
) -> PlannedRun:
    network = build_network(stage)
    total, trained = count_parameters(network)
    config = stage.optimizer
    clips = config.batch_size * config.accumulate
    steps = (stage.sampling.samples_per_epoch // clips) * (config.warmup_epochs + config.epochs)
    meta = network.to("meta")
    frames = torch.zeros(1, len(network.clip_offsets), settings.frame.height, settings.frame.width, device="meta")
    with FlopCounterMode(display=False) as counter:
        meta(frames)
    flops = counter.get_total_flops() * BACKWARD_COST * clips * steps
    dtype = autocast_type(config.precision, device=device) or torch.float32
    if dtype not in speeds:
        speeds[dtype] = _flops_per_second(device, dtype)
    return PlannedRun("", total, trained, steps, flops / (speeds[dtype] * SUSTAINED_SHARE))


def _flops_per_second(device: torch.device, dtype: torch.dtype) -> float:
    """Measure the speed of a matrix product."""
    size, rounds = (8192, 10) if device.type == "cuda" else (1024, 3)
    left = torch.ones(size, size, device=device, dtype=dtype)
    left @ left
    _wait(device)
    started_s = time.perf_counter()
    for _ in range(rounds):
        left @ left
    _wait(device)
    return rounds * 2.0 * size**3 / (time.perf_counter() - started_s)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


FAMILY = Family("slow-fusion", SlowFusionRecipe, train, plan, claims_folder=False, unlisted=frozenset({"templates"}))
