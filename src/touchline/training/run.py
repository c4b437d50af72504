"""Training of a model from a recipe file, for every task."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from touchline.core.errors import UsageError
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.atomic import make_folder, write_json_atomic
from touchline.models.runtime.device import choose_device
from touchline.training.distributed.folders import folder_of_process
from touchline.training.distributed.group import joined_group
from touchline.training.distributed.launch import Launch
from touchline.training.family import Family, Job, PlannedRun, load_family
from touchline.training.plan import Progress
from touchline.training.recipe import Recipe, check_settings, read_recipe, resolve_data_root

if TYPE_CHECKING:
    from touchline.training.recognition.distill_table import DistillResult

Result = TypeVar("Result")

DEFAULT_FOLDER = Path("runs")
TASKS = {
    "slow-fusion": "touchline.training.spotting.slow_fusion_plan:FAMILY",
    "ball-spotter": "touchline.training.spotting.ball_spotter:FAMILY",
    "dense-spotter": "touchline.training.dense.training:FAMILY",
    "spotter-corrections": "touchline.training.corrections.spotter:FAMILY",
    "detector-corrections": "touchline.training.corrections.detector:FAMILY",
    "head-corrections": "touchline.training.corrections.heads:FAMILY",
    "detector": "touchline.training.detection.detector:FAMILY",
    "pitch-finder": "touchline.training.pitch.pitch_finder:FAMILY",
    "skeleton": "touchline.training.recognition.skeletons:FAMILY",
    "recogniser": "touchline.training.recognition.recogniser:FAMILY",
    "stream-head": "touchline.training.streams.heads:FAMILY",
    "track-events": "touchline.training.track_events.training:FAMILY",
    "distill": "touchline.training.recognition.distill:FAMILY",
    "distill-skeletons": "touchline.training.recognition.distill_skeletons:FAMILY",
    "keeper-pose": "touchline.training.keeper.pose_run:FAMILY",
    "expected-saves": "touchline.training.keeper.expected_saves:FAMILY",
}
"""The allowed values of ``task:`` in a recipe, and the location of each family."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """The plan of a recipe: its settings with defaults and overrides filled in, and its runs."""

    task: str
    name: str
    out: Path
    device: str
    recipe_sha256: str
    settings: dict[str, Any]
    runs: tuple[PlannedRun, ...]


@dataclass(frozen=True, slots=True)
class _Request:
    """A requested recipe: read, validated, and with its family loaded."""

    recipe: Recipe
    family: Family[Any]
    settings: BaseModel
    device: str
    device_reason: str
    out: Path

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        overrides: Iterable[str],
        device: str,
        out: str | Path | None,
        to_distill: bool = False,
        corrections: Sequence[Path] = (),
    ) -> _Request:
        recipe = read_recipe(path, overrides=overrides)
        if recipe.task not in TASKS:
            near = did_you_mean(recipe.task, TASKS)
            raise UsageError(f"{recipe.path}: unknown task {recipe.task!r}; the tasks are {sorted(TASKS)}{near}")
        family = load_family(TASKS[recipe.task])
        if to_distill and family.distill is None:
            raise UsageError(
                f"{recipe.path}: task {recipe.task!r} is for `touchline train`; distilling needs task: distill or "
                "distill-skeletons"
            )
        if corrections:
            _require_corrections(family, recipe)
            recipe.settings["corrections"] = [str(bundle) for bundle in corrections]
        settings = check_settings(family.settings, recipe.settings, source=recipe.path)
        where, reason = _choose_device(family, device)
        folder = DEFAULT_FOLDER / _name(recipe) if out is None else Path(out)
        return cls(recipe, family, settings, where, reason, folder)

    def run(self, do: Callable[[Any, Job], Result], *, resume: bool, progress: Progress | None) -> Result:
        """Return what the family's function makes of the settings and the job; with torchrun, as one of many processes.

        Raises:
            UsageError: the family cannot be trained by several processes, or ``out`` belongs to another run.
            InputError: the data folder does not exist.

        """
        self._require_parallel()
        settings, recipe = self._with_data_root(), self.recipe
        with joined_group(self.device) as group:
            if self.family.claims_folder:
                group.from_first(lambda: _claim(self.out, self.settings, resume=resume))
            with folder_of_process(self.out, group=group) as folder:
                reported = progress if group.is_first else None
                job = Job(folder, self.device, reported, resume, recipe.path, recipe.sha256, self.out)
                return do(settings, job)

    def _require_parallel(self) -> None:
        size, reason = Launch.read().size, self.family.one_process
        if size > 1 and reason:
            raise UsageError(f"task {self.family.task!r} {reason}, not by {size}; start it without torchrun")

    def _with_data_root(self) -> BaseModel:
        """Return the settings with the data folder, which must exist."""
        settings, source = self.settings, self.recipe.path
        data_root = getattr(settings, "data_root", None)
        if not self.family.needs_data_root and data_root is None:
            return settings
        needs = getattr(settings, "needs", "")
        root = resolve_data_root(None if data_root is None else str(data_root), source=source, needs=needs)
        return settings.model_copy(update={"data_root": root})


def run_recipe(
    path: str | Path,
    *,
    overrides: Iterable[str] = (),
    device: str = "auto",
    out: str | Path | None = None,
    resume: bool = True,
    progress: Progress | None = None,
    corrections: Sequence[Path] = (),
) -> Path:
    """Train the model that a recipe describes.

    Args:
        path: the recipe.
        overrides: ``a.b=c`` settings on top of it.
        device: ``auto``, ``cpu`` or ``cuda``.
        out: output folder; ``runs/NAME`` by default.
        resume: continue an earlier run in ``out``.
        progress: called after every step.
        corrections: reviewed bundles to learn from, for recipes that do.

    Returns:
        The model file.

    Raises:
        UsageError: unknown keys, tasks or devices, a device that the task cannot use, or corrections for a recipe that
            does not learn from any.
        InputError: the recipe or its data are unusable.

    """
    request = _Request.read(path, overrides=overrides, device=device, out=out, corrections=corrections)
    return request.run(request.family.train, resume=resume, progress=progress)


def plan_recipe(
    path: str | Path,
    *,
    overrides: Iterable[str] = (),
    device: str = "auto",
    out: str | Path | None = None,
    corrections: Sequence[Path] = (),
) -> TrainingPlan:
    """Plan what :func:`run_recipe` would do; needs no data and trains nothing."""
    import torch

    request = _Request.read(path, overrides=overrides, device=device, out=out, corrections=corrections)
    recipe, family = request.recipe, request.family
    runs = tuple(family.plan(request.settings, torch.device(request.device)))
    settings = request.settings.model_dump(mode="json", exclude=set(family.unlisted))
    return TrainingPlan(recipe.task, _name(recipe), request.out, request.device_reason, recipe.sha256, settings, runs)


def distill_recipe(
    path: str | Path,
    *,
    overrides: Iterable[str] = (),
    device: str = "auto",
    out: str | Path | None = None,
    resume: bool = True,
    progress: Progress | None = None,
) -> DistillResult:
    """Run a distillation recipe; arguments and errors as for :func:`run_recipe`.

    Raises:
        UsageError: the recipe is for another task.

    """
    request = _Request.read(path, overrides=overrides, device=device, out=out, to_distill=True)
    assert request.family.distill is not None
    return request.run(request.family.distill, resume=resume, progress=progress)


def _require_corrections(family: Family[Any], recipe: Recipe) -> None:
    """Refuse corrections for a task that does not learn from any."""
    if "corrections" not in family.settings.model_fields:
        raise UsageError(
            f"{recipe.path}: task {recipe.task!r} does not learn from corrections; use the recipe spotting-corrections"
            ", detector-corrections for the people detector, or head-corrections for a head over feature streams"
        )


def _name(recipe: Recipe) -> str:
    return str(recipe.settings.get("name") or recipe.path.stem)


def _choose_device(family: Family[Any], device: str) -> tuple[str, str]:
    """Return the device and the reason for it.

    Raises:
        UsageError: an unknown device, or a GPU for a family that cannot use one.

    """
    if family.cpu_only and device == "cuda":
        raise UsageError(f"task {family.task!r} is computed by NumPy and cannot use --device cuda; use cpu or auto")
    where, reason = choose_device(device)
    return ("cpu", "cpu: computed by NumPy") if family.cpu_only else (where, reason)


def _claim(out: Path, settings: BaseModel, *, resume: bool) -> None:
    """Claim a folder for a run of these settings, or continue the run of the same settings in it.

    Raises:
        UsageError: it holds a run with other settings, or any run and ``resume`` is False.

    """
    make_folder(out)
    path = out / "settings.json"
    wanted = settings.model_dump(mode="json")
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        before = None
    if any(out.iterdir()) and not (resume and _same(before, settings)):
        raise UsageError(f"{out}: holds an earlier run{_differences(before, wanted)}; name an empty folder with --out")
    write_json_atomic(path, wanted)


def _same(before: object, settings: BaseModel) -> bool:
    """Return whether the settings of an earlier run are the same; keys that they lack had their default."""
    try:
        return type(settings).model_validate(before) == settings
    except ValidationError:
        return False


def _differences(before: object, wanted: dict[str, Any]) -> str:
    """Describe which settings differ."""
    if not isinstance(before, dict) or before == wanted:
        return ""
    names = sorted(name for name in {*before, *wanted} if before.get(name) != wanted.get(name))
    return f" with another {', '.join(names)}"
