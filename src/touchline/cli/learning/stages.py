"""The stages and folds of a recipe on the command line of ``train``, as settings of the recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from touchline.core.errors import UsageError
from touchline.core.suggestions import did_you_mean

ALL = "all"
MOST_FOLDS = 1000

StageOption = Annotated[
    str | None,
    typer.Option(
        "--stage",
        metavar="NAME|all",
        help="Train this stage of a recipe with several, or several separated by commas; finished ones are skipped.",
        show_default="all stages",
    ),
]
FoldsOption = Annotated[
    str | None,
    typer.Option(
        "--folds",
        metavar="N|N,N...",
        help="Train this many folds, or those in a list from 0; a single fold is written 3, with a comma.",
        show_default="the recipe's folds",
    ),
]


def stage_overrides(recipe: Path, *, stage: str | None, folds: str | None) -> list[str]:
    """Return the overrides of a recipe's settings that ``--stage`` and ``--folds`` stand for.

    Raises:
        UsageError: the recipe has no stages, there is none of that name, or the folds are not a number or a list.
        InputError: the recipe cannot be read.

    """
    if stage is None and folds is None:
        return []
    from touchline.training.recipe import read_recipe

    settings = read_recipe(recipe).settings
    stages = settings.get("stages")
    if not isinstance(stages, Mapping):
        option = "--stage" if stage is not None else "--folds"
        raise UsageError(f"{option}: {recipe} has no stages; it is for recipes such as spotting-slow-fusion")
    overrides = [] if stage is None else [f"run={json.dumps(_stages(stage, stages))}"]
    return overrides if folds is None else [*overrides, f"folds={json.dumps(_folds(folds))}"]


def _stages(text: str, known: Mapping[str, Any]) -> list[str]:
    """Return the names of stages in the recipe's order; none stands for all."""
    if text == ALL:
        return []
    wanted = [name.strip() for name in text.split(",")]
    for name in wanted:
        if name not in known:
            near = did_you_mean(name, list(known))
            raise UsageError(f"--stage {name}: the stages are {', '.join(known)}, or {ALL}{near}")
    return [name for name in known if name in wanted]


def _folds(text: str) -> list[int]:
    parts = [part.strip() for part in text.removesuffix(",").split(",")]
    if not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise UsageError(f"--folds {text}: write how many, such as 7, or a list from 0, such as 0,3 or 3,")
    numbers = [int(part) for part in parts]
    if "," in text:
        return sorted(set(numbers))
    if not 1 <= numbers[0] <= MOST_FOLDS:
        raise UsageError(f"--folds {text}: must be 1 to {MOST_FOLDS}; fold 0 alone is written 0,")
    return list(range(numbers[0]))
