"""Recipes: YAML files validated against typed settings, with ``--set a.b=c`` overrides; unknown keys are errors."""

from __future__ import annotations

import hashlib
import os
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from touchline.core.errors import InputError, UsageError
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.yaml_files import parse_yaml
from touchline.training.shipped_recipes import find_recipe, is_installed

Settings = TypeVar("Settings", bound=BaseModel)


class StrictSettings(BaseModel):
    """Settings that refuse unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingSettings(StrictSettings):
    """Length and learning rate of the training of one network.

    Attributes:
        steps: number of optimiser steps.
        accumulate: number of batches per step, whose gradients are averaged before the weights change.
        base_lr: highest learning rate; linear warm-up over a twentieth of the steps, then cosine decay.
        weight_decay: of AdamW.
        ema_decay: of the averaged weights, which are the ones kept.
        save_every: steps between checkpoints.
        seed: of the initial weights and of all sampling.

    """

    steps: int = Field(default=1000, ge=1)
    accumulate: int = Field(default=1, ge=1)
    base_lr: float = 2e-3
    weight_decay: float = 0.05
    ema_decay: float = 0.999
    save_every: int = 500
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe as read: its task, its settings with overrides applied, and the SHA-256 of the file."""

    path: Path
    task: str
    settings: dict[str, Any]
    sha256: str
    overrides: tuple[str, ...]


def read_recipe(path: str | Path, *, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe and apply ``a.b=c`` overrides; ``*`` stands for every key of its level.

    A relative ``data_root`` in the file is relative to the file; in an override, to the working folder. Installed
    packages have no data beside them: their recipes are read as if they were in ``recipes/`` of the working folder.

    Args:
        path: the file, or the name of a built-in recipe, such as ``spotting-simulated``.
        overrides: settings to change.

    Raises:
        InputError: the file does not exist, is not YAML, or has no task.
        UsageError: an override is not of the form ``a.b=c``.

    """
    path = find_recipe(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    settings = parse_yaml(data, source=str(path))
    if not isinstance(settings, dict) or not isinstance(settings.get("task"), str):
        raise InputError(f"{path}: not a recipe; it needs a line such as `task: slow-fusion`")
    if isinstance(settings.get("data_root"), str):
        settings["data_root"] = _beside(path, Path(settings["data_root"]).expanduser())
    given = tuple(overrides)
    for override in given:
        _apply(settings, override)
    return Recipe(path, str(settings["task"]), settings, hashlib.sha256(data).hexdigest(), given)


def check_settings(model: type[Settings], settings: Mapping[str, Any], *, source: str | Path) -> Settings:
    """Validate settings and return their typed form.

    Raises:
        UsageError: unknown keys (with the nearest known key), missing keys or invalid values; all are named.

    """
    try:
        return model.model_validate(dict(settings))
    except ValidationError as error:
        problems = "; ".join(_problem(model, dict(entry)) for entry in error.errors())
        raise UsageError(f"{source}: {problems}") from error


def resolve_data_root(data_root: str | None, *, source: str | Path, needs: str = "") -> Path:
    """Return the folder that the recipe's data paths are relative to.

    Args:
        data_root: the value in the recipe or from ``--set``.
        source: path of the recipe, for messages.
        needs: what must be obtained first, for messages.

    Raises:
        UsageError: ``data_root`` is not set.
        InputError: the folder does not exist.

    """
    if not data_root:
        raise UsageError(f"{source}: data_root is not set; add --set data_root=FOLDER")
    root = Path(data_root).expanduser()
    if not root.is_dir():
        remedy = f"this recipe needs {needs}; then add" if needs else "add"
        raise InputError(
            f"data_root {data_root!r} is not a folder (looked for {root.absolute()}); {remedy} --set data_root=FOLDER"
        )
    return root


def _beside(path: Path, place: Path) -> str:
    """Resolve a path relative to the recipe."""
    if is_installed(path):
        return os.path.normpath(Path("recipes") / place)
    return str(path.parent / place)


def _apply(settings: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise UsageError(f"--set {override!r} is not of the form a.b=c")
    try:
        value = parse_yaml(text, source=f"--set {override!r:.200}")
    except InputError as error:
        raise UsageError(f"--set {override!r:.200}: {text!r:.200} is not a YAML value") from error
    if isinstance(value, str):
        value = _number_or_text(value)
    _assign(settings, parts, value, override=override)


def _assign(level: Any, parts: list[str], value: Any, *, override: str) -> None:
    if not isinstance(level, dict):
        raise UsageError(f"--set {override!r}: {'.'.join(parts)!r} lies below a plain value ({level!r})")
    names = list(level) if parts[0] == "*" else [_existing(level, parts[0])]
    for name in names:
        if len(parts) == 1:
            level[name] = value
        else:
            level[name] = dict(level[name]) if isinstance(level.get(name), dict) else level.get(name, {})
            _assign(level[name], parts[1:], value, override=override)


def _existing(level: dict[Any, Any], part: str) -> Any:
    """Return the key as YAML read it: ``1`` is the number 1 if the level has that key."""
    return next((key for key in level if str(key) == part), part)


def _number_or_text(text: str) -> float | str:
    """Convert text such as 1e-4, which YAML reads as a string, to a number."""
    try:
        return float(text)
    except ValueError:
        return text


def _problem(model: type[BaseModel], entry: dict[str, Any]) -> str:
    location = [str(part) for part in entry["loc"]]
    where = ".".join(location) or "the recipe"
    if entry["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key {where!r}{_suggestion(location[-1], _keys_at(model, location[:-1]))}"
    if entry["type"] == "missing":
        return f"key {where!r} is missing"
    return f"{where}={entry.get('input')!r}: {entry['msg'].removeprefix('Value error, ')}"


def _suggestion(key: str, known: list[str]) -> str:
    return did_you_mean(key, known) or (f"; known here: {known}" if known else "")


def _keys_at(model: type, location: list[str]) -> list[str]:
    """Return the keys of settings at a location in them."""
    kind: Any = model
    for part in location:
        fields = _fields(kind)
        if part in fields:
            kind = fields[part]
        elif typing.get_origin(kind) is dict:
            kind = typing.get_args(kind)[1]
        else:
            return []
    return list(_fields(kind))


def _fields(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: None for name in getattr(kind, "__dataclass_fields__", {})}
