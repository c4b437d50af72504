"""What a family of models is to a recipe: its task, its settings, how it trains, and what that would take."""

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
    """Where and how a recipe is carried out.

    Attributes:
        out: folder for everything that comes out; there.
        device: where to train, ``"cpu"`` or ``"cuda"``.
        progress: called after every step.
        resume: go on from checkpoints in ``out``.
        recipe: the recipe's file; files that it names beside it lie in its folder.
        recipe_sha256: of that file.

    """

    out: Path
    device: str = "cpu"
    progress: Progress | None = None
    resume: bool = True
    recipe: Path = Path("recipe.yaml")
    recipe_sha256: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What one run of a recipe would take; ``estimated_s`` counts arithmetic only and is None where unknown."""

    name: str
    parameters: int
    trained_parameters: int
    steps: int
    estimated_s: float | None = None


@dataclass(frozen=True, slots=True)
class Family(Generic[Settings]):
    """One kind of model that a recipe can train.

    Attributes:
        task: what ``task:`` in a recipe says.
        settings: the recipe's model.
        train: trains what settings describe; returns the model file.
        plan: the runs that would be, on a device; needs no data.
        needs_data_root: whether a recipe has to say where the data lie; one that may is checked where it does.
        claims_folder: whether ``out`` belongs to one recipe; otherwise the family keeps runs apart itself.
        cpu_only: whether the family has no use for a GPU.
        unlisted: settings that a plan leaves out.
        distill: what ``touchline distill`` does with the recipe; None where it distils nothing.

    """

    task: str
    settings: type[Settings]
    train: Callable[[Settings, Job], Path]
    plan: Callable[[Settings, torch.device], list[PlannedRun]]
    needs_data_root: bool = True
    claims_folder: bool = True
    cpu_only: bool = False
    unlisted: frozenset[str] = frozenset()
    distill: Callable[[Settings, Job], DistillResult] | None = None


def plan_runs(network: nn.Module, steps: dict[str, int]) -> list[PlannedRun]:
    """Runs of one network by name, each of so many steps."""
    total, trained = count_parameters(network)
    return [PlannedRun(name, total, trained, count) for name, count in steps.items()]


def count_parameters(network: nn.Module) -> tuple[int, int]:
    """All weights of a network, and those that training changes."""
    weights = list(network.parameters())
    return sum(w.numel() for w in weights), sum(w.numel() for w in weights if w.requires_grad)


def load_family(name: str) -> Family[Any]:
    """The family at ``module:attribute``."""
    from importlib import import_module

    module, _, attribute = name.partition(":")
    family = getattr(import_module(module), attribute)
    assert isinstance(family, Family)
    return family
