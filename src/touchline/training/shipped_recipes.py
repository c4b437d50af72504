"""The recipes that ship with the package, by name."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.suggestions import did_you_mean

_SUFFIX = ".yaml"
_DISTILLS = re.compile(r"^task:\s*distill", re.MULTILINE)


def recipes_folder() -> Path:
    """Where the recipes lie: in the installed package, or in the ``recipes/`` of a checkout that it links to."""
    return Path(str(files("touchline") / "recipes")).resolve()


def recipe_names() -> tuple[str, ...]:
    """The names of the recipes that ship, sorted."""
    return tuple(sorted(path.stem for path in recipes_folder().glob(f"*{_SUFFIX}")))


def recipe_names_for(verb: str) -> tuple[str, ...]:
    """The names of the recipes that ``touchline train`` or ``touchline distill`` is for."""
    distills = {name for name in recipe_names() if _DISTILLS.search(_path_of(name).read_text(encoding="utf-8"))}
    return tuple(name for name in recipe_names() if (name in distills) == (verb == "distill"))


def find_recipe(recipe: str | Path) -> Path:
    """The file of a recipe: that at a path, else the one that ships by this name.

    Args:
        recipe: a path, or a name such as ``spotting-simulated``.

    Raises:
        InputError: neither a file nor the name of a recipe that ships; the message names the nearest.

    """
    path = Path(recipe)
    if path.exists():
        return path
    name = path.name.removesuffix(_SUFFIX)
    if name == str(recipe) and name in recipe_names():
        return _path_of(name)
    raise InputError(f"{path}: there is no such recipe{_suggestion(name)}")


def is_installed(path: Path) -> bool:
    """Whether a recipe is one of an installed package, and not one of a checkout."""
    folder = recipes_folder()
    return path.resolve().parent == folder and folder.parent.name == "touchline"


def _path_of(name: str) -> Path:
    return recipes_folder() / f"{name}{_SUFFIX}"


def _suggestion(name: str) -> str:
    """What else there is, the nearest name first."""
    names = recipe_names()
    return did_you_mean(name, names) or f"; give a YAML file, or one of those that ship: {', '.join(names)}"
