"""The interface of a model family to recipes: its task, its settings, its training function and its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch
from pydantic import BaseModel
from torch import nn

from touchline.training.plan import Progress

if TYPE_CHECKING:
    from touchline.training.recognition.distill_table import DistillResult

Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Job:
    """The place and the options of one training job.

    Attributes:
        out: output folder; exists. Of several processes, each has its own, and the first one's is kept.
        device: training device, ``"cpu"`` or ``"cuda"``.
        progress: called after every step.
        resume: resume from checkpoints in ``out``.
        recipe: path of the recipe; relative file names in it refer to its folder.
        recipe_sha256: SHA-256 of that file.
        shared: folder that all processes share, for what is decoded once; ``out`` if None.

    """

    out: Path
    device: str = "cpu"
    progress: Progress | None = None
    resume: bool = True
    recipe: Path = Path("recipe.yaml")
    recipe_sha256: str = ""
    shared: Path | None = None

    def cache(self, name: str) -> Path:
        """Return a folder of what all processes read; fill it within ``current_group().first_before_others()``."""
        return (self.shared or self.out) / name


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """The cost of one run of a recipe; ``estimated_s`` counts arithmetic only, and is None if unknown."""

    name: str
    parameters: int
    trained_parameters: int
    steps: int
    estimated_s: float | None = None


@dataclass(frozen=True, slots=True)
class Family(Generic[Settings]):
    """A family of models that a recipe can train.

    Attributes:
        task: value of ``task:`` in a recipe.
        settings: pydantic model of the recipe.
        train: trains a model from settings and returns the model file.
        plan: returns the runs of a recipe on a device; needs no data.
        needs_data_root: whether a recipe must name the data folder; an optional data folder is checked if it is named.
        claims_folder: whether ``out`` belongs to a single recipe; if not, the family separates its runs itself.
        cpu_only: whether the family cannot use a GPU.
        one_process: why several processes cannot train it, as in "is fitted by one process"; empty if they can.
        unlisted: settings that a plan does not list.
        distill: function behind ``touchline distill``; None if the family does not distil.

    """

    task: str
    settings: type[Settings]
    train: Callable[[Settings, Job], Path]
    plan: Callable[[Settings, torch.device], list[PlannedRun]]
    needs_data_root: bool = True
    claims_folder: bool = True
    cpu_only: bool = False
    one_process: str = ""
    unlisted: frozenset[str] = frozenset()
    distill: Callable[[Settings, Job], DistillResult] | None = None


def plan_runs(network: nn.Module, steps: dict[str, int]) -> list[PlannedRun]:
    """Return runs of the same network, with the number of steps by run name."""
    total, trained = count_parameters(network)
    return [PlannedRun(name, total, trained, count) for name, count in steps.items()]


def count_parameters(network: nn.Module) -> tuple[int, int]:
    """Return the number of all weights of a network, and of its trainable weights."""
    weights = list(network.parameters())
    return sum(w.numel() for w in weights), sum(w.numel() for w in weights if w.requires_grad)


def load_family(name: str) -> Family[Any]:
    """Load the family at ``module:attribute``."""
    from importlib import import_module

    module, _, attribute = name.partition(":")
    family = getattr(import_module(module), attribute)
    assert isinstance(family, Family)
    return family
