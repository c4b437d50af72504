"""The built-in recipes, by name."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.suggestions import did_you_mean

_SUFFIX = ".yaml"
_DISTILLS = re.compile(r"^task:\s*distill", re.MULTILINE)


def recipes_folder() -> Path:
    """Return the folder of the recipes: in the installed package, or ``recipes/`` of the linked checkout."""
    return Path(str(files("touchline") / "recipes")).resolve()


def recipe_names() -> tuple[str, ...]:
    """Return the names of the built-in recipes, sorted."""
    return tuple(sorted(path.stem for path in recipes_folder().glob(f"*{_SUFFIX}")))


def recipe_names_for(verb: str) -> tuple[str, ...]:
    """Return the names of the recipes for ``touchline train`` or ``touchline distill``."""
    distills = {name for name in recipe_names() if _DISTILLS.search(_path_of(name).read_text(encoding="utf-8"))}
    return tuple(name for name in recipe_names() if (name in distills) == (verb == "distill"))


def find_recipe(recipe: str | Path) -> Path:
    """Return the path of a recipe: an existing file, or the built-in recipe of that name.

    Args:
        recipe: a path, or a name such as ``spotting-simulated``.

    Raises:
        InputError: neither a file nor a built-in recipe; the message suggests the nearest name.

    """
    path = Path(recipe)
    if path.exists():
        return path
    name = path.name.removesuffix(_SUFFIX)
    if name == str(recipe) and name in recipe_names():
        return _path_of(name)
    raise InputError(f"{path}: recipe not found{_suggestion(name)}")


def is_installed(path: Path) -> bool:
    """Return whether a recipe belongs to an installed package rather than to a checkout."""
    folder = recipes_folder()
    return path.resolve().parent == folder and folder.parent.name == "touchline"


def _path_of(name: str) -> Path:
    return recipes_folder() / f"{name}{_SUFFIX}"


def _suggestion(name: str) -> str:
    """Return a suggestion: the nearest name, or the list of all names."""
    names = recipe_names()
    return did_you_mean(name, names) or f"; give a YAML file, or one of the built-in recipes: {', '.join(names)}"
