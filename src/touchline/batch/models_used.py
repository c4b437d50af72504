"""Hashes of the models that an analysis may use: part of every key, and the same on every worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.checksum import file_sha256
from touchline.models.folders import builtin_folder, user_folder
from touchline.tracking.board.ppocr import model_file

_WEIGHTS = (".safetensors", ".graph", ".json")
_READER = "score-board reader"


def models_used(named: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of every built-in model, of the reader of score boards if it is installed, and of named ones.

    Args:
        named: names or files of models that the options name.

    Raises:
        InputError: there is no such model.

    """
    built_in = builtin_folder()
    found = {
        path.name: path
        for path in built_in.iterdir()
        if path.suffix in _WEIGHTS and not path.name.endswith(".measured.json")
    }
    found |= {f"{path.name} (user)": path for path in user_folder().glob("*.safetensors") if path.name in found}
    if (reader := model_file()) is not None:
        found[_READER] = reader
    for name in named:
        found[name] = _file_of(name)
    return {name: file_sha256(path) for name, path in sorted(found.items())}


def check_models(planned: Mapping[str, str], named: Iterable[str]) -> None:
    """Raise an error unless this machine has the models of the plan.

    Raises:
        UsageError: one is missing here, is another one, or is not in the plan.

    """
    here = models_used(named)
    different = sorted(name for name in {*planned, *here} if planned.get(name) != here.get(name))
    if different:
        raise UsageError(
            f"models on this machine are not those of the plan ({', '.join(different)}); "
            f"install the same version of touchline, with the same extras and models, on every machine"
        )


def _file_of(name: str) -> Path:
    """Return the file of a model, as the store of models looks it up."""
    file = name if name.endswith(".safetensors") else f"{name}.safetensors"
    places = [Path(name), user_folder() / file, builtin_folder() / file]
    for place in places:
        if place.is_file():
            return place
    raise InputError(f"{name}: no such model; touchline models list shows those that are there")
