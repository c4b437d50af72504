"""From a recipe file to a trained model, whatever the task."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ValidationError
from torch.utils.flop_counter import FlopCounterMode

from touchline.core.errors import UsageError
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.models.runtime.device import choose_device
from touchline.training.recipe import Recipe, check_settings, read_recipe, resolve_data_root
from touchline.training.spotting.slow_fusion_settings import SlowFusionRecipe, StageConfig
from touchline.training.spotting.trainer import Progress, autocast_type

if TYPE_CHECKING:
    from touchline.training.recognition.distill_table import DistillResult
    from touchline.training.recognition.recogniser_settings import NetworkSettings

DEFAULT_FOLDER = Path("runs")
BACKWARD_COST = 3.0
"""Forward and backward together, in forwards."""
SUSTAINED_SHARE = 0.3
"""Share of a matrix product's speed that such networks reach in training."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What one run of a recipe would take; ``estimated_s`` counts arithmetic only and is None where unknown."""

    name: str
    parameters: int
    trained_parameters: int
    steps: int
    estimated_s: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What a recipe would do: its settings with defaults and overrides filled in, and its runs."""

    task: str
    name: str
    out: Path
    device: str
    recipe_sha256: str
    settings: dict[str, Any]
    runs: tuple[PlannedRun, ...]


def run_recipe(
    path: str | Path,
    *,
    overrides: Iterable[str] = (),
    device: str = "auto",
    out: str | Path | None = None,
    resume: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Train what a recipe describes.

    Args:
        path: the recipe.
        overrides: ``a.b=c`` settings on top of it.
        device: ``auto``, ``cpu`` or ``cuda``.
        out: folder for everything that comes out; ``runs/NAME`` by default.
        resume: go on where an earlier run in ``out`` stopped.
        progress: told after every step, where the task says so.

    Returns:
        The model file.

    Raises:
        UsageError: unknown keys, tasks or devices.
        InputError: the recipe or its data cannot be used.

    """
    recipe = read_recipe(path, overrides=overrides)
    train = _task(recipe).train
    where, _ = choose_device(device)
    return train(recipe, _out(recipe, out), where, resume, progress)


def plan_recipe(
    path: str | Path, *, overrides: Iterable[str] = (), device: str = "auto", out: str | Path | None = None
) -> TrainingPlan:
    """What :func:`run_recipe` would do; needs no data and trains nothing."""
    recipe = read_recipe(path, overrides=overrides)
    task = _task(recipe)
    where, reason = choose_device(device)
    settings, runs = task.plan(recipe, where)
    return TrainingPlan(recipe.task, _name(recipe), _out(recipe, out), reason, recipe.sha256, settings, tuple(runs))


def _name(recipe: Recipe) -> str:
    return str(recipe.settings.get("name") or recipe.path.stem)


def _out(recipe: Recipe, out: str | Path | None) -> Path:
    return DEFAULT_FOLDER / _name(recipe) if out is None else Path(out)


def _train_slow_fusion(
    recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None
) -> Path:
    from touchline.training.spotting.slow_fusion import train_slow_fusion

    settings = check_settings(SlowFusionRecipe, recipe.settings, source=recipe.path)
    return train_slow_fusion(recipe, settings, out=out, device=device, resume=resume, progress=progress)


def _plan_slow_fusion(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.training.spotting.slow_fusion import list_runs

    settings = check_settings(SlowFusionRecipe, recipe.settings, source=recipe.path)
    speeds: dict[torch.dtype, float] = {}
    planned: dict[str, PlannedRun] = {}
    runs = []
    for run in list_runs(settings, out=Path()):
        if run.name not in planned:
            planned[run.name] = _plan_stage(run.stage, settings, device, speeds)
        one = planned[run.name]
        runs.append(PlannedRun(run.label, one.parameters, one.trained_parameters, one.steps, one.estimated_s))
    return settings.model_dump(mode="json", exclude={"templates"}), runs


def _plan_stage(
    stage: StageConfig, settings: SlowFusionRecipe, device: torch.device, speeds: dict[torch.dtype, float]
) -> PlannedRun:
    from touchline.training.spotting.slow_fusion_network import build_network, count_parameters

    network = build_network(stage)
    total, trained = count_parameters(network)
    config = stage.optimizer
    steps = (stage.sampling.samples_per_epoch // config.batch_size) * (config.warmup_epochs + config.epochs)
    meta = network.to("meta")
    frames = torch.zeros(1, len(network.clip_offsets), settings.frame.height, settings.frame.width, device="meta")
    with FlopCounterMode(display=False) as counter:
        meta(frames)
    flops = counter.get_total_flops() * BACKWARD_COST * config.batch_size * steps
    dtype = autocast_type(config.precision, device=device) or torch.float32
    if dtype not in speeds:
        speeds[dtype] = _flops_per_second(device, dtype)
    return PlannedRun("", total, trained, steps, flops / (speeds[dtype] * SUSTAINED_SHARE))


def _flops_per_second(device: torch.device, dtype: torch.dtype) -> float:
    """Speed of a matrix product, measured now."""
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


def _train_ball_spotter(
    recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None
) -> Path:
    from touchline.training.spotting.ball_spotter import BallSpotterRecipe, train

    settings = check_settings(BallSpotterRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path)
    _claim(out, settings, resume=resume)
    return train(recipe.settings, out=out, device=device.type)


def _plan_ball_spotter(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.models.networks.ball_spotter import BallSpotter
    from touchline.training.spotting.ball_spotter import BallSpotterRecipe
    from touchline.training.spotting.slow_fusion_network import count_parameters

    settings = check_settings(BallSpotterRecipe, recipe.settings, source=recipe.path)
    total, trained = count_parameters(BallSpotter(**{"num_classes": len(settings.labels), **settings.network}))
    steps = settings.encoder.steps + settings.temporal.steps
    names = [f"held-out-{number}" for number in range(len(settings.held_out))] + ["all"]
    return settings.model_dump(mode="json"), [PlannedRun(name, total, trained, steps) for name in names]


def _train_detector(recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None) -> Path:
    from touchline.training.detection.detector import DetectorRecipe, train

    settings = check_settings(DetectorRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path)
    _claim(out, settings, resume=resume)
    return train(recipe.settings, out=out, device=device.type)


def _plan_detector(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.models.networks.detector import PeopleDetector
    from touchline.training.detection.detector import DetectorRecipe, list_runs
    from touchline.training.spotting.slow_fusion_network import count_parameters

    settings = check_settings(DetectorRecipe, recipe.settings, source=recipe.path)
    total, trained = count_parameters(PeopleDetector(**settings.network))
    runs = [PlannedRun(name, total, trained, settings.optimizer.steps) for name in list_runs(settings)]
    return settings.model_dump(mode="json"), runs


def _train_pitch_finder(
    recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None
) -> Path:
    from touchline.training.pitch.pitch_finder import PitchRecipe, train

    settings = check_settings(PitchRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path)
    _claim(out, settings, resume=resume)
    return train(recipe.settings, out=out, device=device.type)


def _plan_pitch_finder(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.models.networks.pitch_net import PitchNet
    from touchline.training.pitch.pitch_finder import PitchRecipe, list_runs
    from touchline.training.spotting.slow_fusion_network import count_parameters

    settings = check_settings(PitchRecipe, recipe.settings, source=recipe.path)
    total, trained = count_parameters(PitchNet(**settings.network))
    runs = [PlannedRun(name, total, trained, settings.training.steps) for name in list_runs(settings)]
    return settings.model_dump(mode="json"), runs


def _train_skeletons(recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None) -> Path:
    from touchline.training.recognition.skeletons import SkeletonRecipe, train

    settings = check_settings(SkeletonRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path)
    _claim(out, settings, resume=resume)
    return train(recipe.settings, out=out, device=device.type)


def _plan_skeletons(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.models.networks.skeleton_net import SkeletonNet
    from touchline.training.recognition.skeletons import SkeletonRecipe
    from touchline.training.spotting.slow_fusion_network import count_parameters

    settings = check_settings(SkeletonRecipe, recipe.settings, source=recipe.path)
    network = SkeletonNet(len(settings.labels), joints=len(settings.mirror), **settings.network)
    total, trained = count_parameters(network)
    steps = settings.optimizer.steps * len(network.views)
    return settings.model_dump(mode="json"), [PlannedRun("each held-out group, then all", total, trained, steps)]


def _train_recogniser(recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None) -> Path:
    from touchline.training.recognition.recogniser import train
    from touchline.training.recognition.recogniser_settings import RecogniserRecipe

    settings = check_settings(RecogniserRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path, needs=settings.needs)
    _claim(out, settings, resume=resume)
    return train(recipe.settings, out=out, device=device.type, recipe_folder=recipe.path.parent)


def _plan_recogniser(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.training.recognition.recogniser_settings import RecogniserRecipe

    settings = check_settings(RecogniserRecipe, recipe.settings, source=recipe.path)
    return settings.model_dump(mode="json"), [_plan_network("each fold, then all", settings.model)]


def _plan_network(name: str, settings: NetworkSettings) -> PlannedRun:
    from touchline.models.architectures import ARCHITECTURES
    from touchline.training.recognition.recogniser import freeze
    from touchline.training.spotting.slow_fusion_network import count_parameters

    with torch.device("meta"):
        network = ARCHITECTURES[settings.architecture].build(num_classes=2, **settings.network)
    freeze(network, keep=settings.optimizer.train_only)
    total, trained = count_parameters(network)
    return PlannedRun(name, total, trained, settings.optimizer.steps * settings.members)


def _train_stream_head(
    recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None
) -> Path:
    from touchline.training.streams.heads import train
    from touchline.training.streams.settings import StreamHeadRecipe

    settings = check_settings(StreamHeadRecipe, recipe.settings, source=recipe.path)
    values = dict(recipe.settings)
    if settings.planted is None:
        values["data_root"] = resolve_data_root(str(settings.data_root), source=recipe.path)
    _claim(out, settings, resume=resume)
    return train(values, out=out, device=device.type, progress=progress)


def _plan_stream_head(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.training.streams.heads import plan_head
    from touchline.training.streams.settings import StreamHeadRecipe

    settings = check_settings(StreamHeadRecipe, recipe.settings, source=recipe.path)
    total, trained = plan_head(settings)
    estimated_s = settings.optimizer.cpu_s
    return settings.model_dump(mode="json"), [
        PlannedRun(settings.name, total, trained, settings.optimizer.steps, estimated_s)
    ]


def _train_distilled(recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None) -> Path:
    return Path(_distill(recipe, out, device, resume).model)


def _distill(recipe: Recipe, out: Path, device: torch.device, resume: bool) -> DistillResult:
    from touchline.training.recognition.distill import distill
    from touchline.training.recognition.recogniser_settings import DistillRecipe

    settings = check_settings(DistillRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path, needs=settings.needs)
    _claim(out, settings, resume=resume)
    return distill(recipe.settings, out=out, device=device.type, recipe_folder=recipe.path.parent)


def _plan_distilled(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.training.recognition.recogniser_settings import DistillRecipe

    settings = check_settings(DistillRecipe, recipe.settings, source=recipe.path)
    runs = [_plan_network("teacher of each fold", settings.teacher)]
    runs += [_plan_network(f"{name} of each fold", settings.student) for name in ("student", "distilled student")]
    return settings.model_dump(mode="json"), runs


def _train_distilled_skeletons(
    recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None
) -> Path:
    return Path(_distill_skeletons(recipe, out, device, resume).model)


def _distill_skeletons(recipe: Recipe, out: Path, device: torch.device, resume: bool) -> DistillResult:
    from touchline.training.recognition.distill_skeletons import DistillSkeletonsRecipe, distill_skeletons

    settings = check_settings(DistillSkeletonsRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path)
    _claim(out, settings, resume=resume)
    return distill_skeletons(recipe.settings, out=out)


def _plan_distilled_skeletons(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.models.networks.skeleton_net import SkeletonNet
    from touchline.training.recognition.distill_skeletons import DistillSkeletonsRecipe
    from touchline.training.spotting.slow_fusion_network import count_parameters

    settings = check_settings(DistillSkeletonsRecipe, recipe.settings, source=recipe.path)
    runs = []
    for name, role in (("teacher", "teacher"), ("student", "student"), ("distilled student", "student")):
        one = getattr(settings, role)
        network = SkeletonNet(len(settings.labels), joints=len(settings.mirror), **one.network)
        total, trained = count_parameters(network)
        steps = one.optimizer.steps * len(network.views)
        runs.append(PlannedRun(f"{name} without each group", total, trained, steps))
    return settings.model_dump(mode="json"), runs


_DISTILLERS = {"distill": _distill, "distill-skeletons": _distill_skeletons}


def distill_recipe(
    path: str | Path,
    *,
    overrides: Iterable[str] = (),
    device: str = "auto",
    out: str | Path | None = None,
    resume: bool = True,
) -> DistillResult:
    """Do what a recipe that distils describes; arguments and errors as :func:`run_recipe`.

    Raises:
        UsageError: the recipe is for another task.

    """
    recipe = read_recipe(path, overrides=overrides)
    if recipe.task not in _DISTILLERS:
        raise UsageError(
            f"{recipe.path}: task {recipe.task!r} is for `touchline train`; distilling needs task: distill or "
            "distill-skeletons"
        )
    where, _ = choose_device(device)
    return _DISTILLERS[recipe.task](recipe, _out(recipe, out), where, resume)


def _train_expected_saves(
    recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None
) -> Path:
    from touchline.training.keeper.expected_saves import ExpectedSavesRecipe, train

    settings = check_settings(ExpectedSavesRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path)
    _claim(out, settings, resume=resume)
    return train(recipe.settings, out=out, device=device.type, progress=progress)


def _plan_expected_saves(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.goalkeeping.shots import CURVES
    from touchline.goalkeeping.splines import basis_count
    from touchline.training.keeper.expected_saves import ExpectedSavesRecipe

    settings = check_settings(ExpectedSavesRecipe, recipe.settings, source=recipe.path)
    count = 3 + len(CURVES) * basis_count(settings.knots)
    return settings.model_dump(mode="json"), [PlannedRun("folds", count, count, settings.folds * settings.repeats)]


def _train_keeper_pose(
    recipe: Recipe, out: Path, device: torch.device, resume: bool, progress: Progress | None
) -> Path:
    from touchline.training.keeper.pose import KeeperPoseRecipe
    from touchline.training.keeper.pose_run import train

    settings = check_settings(KeeperPoseRecipe, recipe.settings, source=recipe.path)
    resolve_data_root(recipe.settings["data_root"], source=recipe.path)
    _claim(out, settings, resume=resume)
    return train(recipe.settings, out=out, device=device.type)


def _plan_keeper_pose(recipe: Recipe, device: torch.device) -> tuple[dict[str, Any], list[PlannedRun]]:
    from touchline.models.networks.pose_net import PoseNet
    from touchline.training.keeper.pose import KeeperPoseRecipe
    from touchline.training.spotting.slow_fusion_network import count_parameters

    settings = check_settings(KeeperPoseRecipe, recipe.settings, source=recipe.path)
    total, trained = count_parameters(PoseNet(**settings.network))
    names = [f"fold_{held}" for held in settings.measured] + (["all"] if settings.train_on_all else [])
    runs = [PlannedRun("figures", total, trained, settings.first.steps)]
    return settings.model_dump(mode="json"), runs + [
        PlannedRun(name, total, trained, settings.then.steps) for name in names
    ]


def _claim(out: Path, settings: BaseModel, *, resume: bool) -> None:
    """Take a folder for a run of these settings, or go on with the one of the same settings that it holds.

    Raises:
        UsageError: it holds an earlier run of other settings, or of any where the run is to start over.

    """
    make_folder(out)
    path = out / "settings.json"
    wanted = settings.model_dump(mode="json")
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = None
    if any(out.iterdir()) and not (resume and _same(before, settings)):
        raise UsageError(f"{out}: holds an earlier run{_differences(before, wanted)}; name an empty folder with --out")
    write_json_atomic(path, wanted)


def _same(before: object, settings: BaseModel) -> bool:
    """Whether settings of an earlier run say the same; what they do not name had its default."""
    try:
        return type(settings).model_validate(before) == settings
    except ValidationError:
        return False


def _differences(before: object, wanted: dict[str, Any]) -> str:
    """Which settings differ, in words."""
    if not isinstance(before, dict) or before == wanted:
        return ""
    names = sorted(name for name in {*before, *wanted} if before.get(name) != wanted.get(name))
    return f" with another {', '.join(names)}"


@dataclass(frozen=True, slots=True)
class _Task:
    train: Callable[[Recipe, Path, torch.device, bool, Progress | None], Path]
    plan: Callable[[Recipe, torch.device], tuple[dict[str, Any], list[PlannedRun]]]


TASKS = {
    "slow-fusion": _Task(_train_slow_fusion, _plan_slow_fusion),
    "ball-spotter": _Task(_train_ball_spotter, _plan_ball_spotter),
    "detector": _Task(_train_detector, _plan_detector),
    "pitch-finder": _Task(_train_pitch_finder, _plan_pitch_finder),
    "skeleton": _Task(_train_skeletons, _plan_skeletons),
    "recogniser": _Task(_train_recogniser, _plan_recogniser),
    "stream-head": _Task(_train_stream_head, _plan_stream_head),
    "distill": _Task(_train_distilled, _plan_distilled),
    "distill-skeletons": _Task(_train_distilled_skeletons, _plan_distilled_skeletons),
    "keeper-pose": _Task(_train_keeper_pose, _plan_keeper_pose),
    "expected-saves": _Task(_train_expected_saves, _plan_expected_saves),
}
"""What ``task:`` in a recipe may say."""


def _task(recipe: Recipe) -> _Task:
    if recipe.task not in TASKS:
        raise UsageError(f"{recipe.path}: task {recipe.task!r} is unknown; there are {sorted(TASKS)}")
    return TASKS[recipe.task]
