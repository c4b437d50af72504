"""Packages that are installed on request: what each is for, and the line that installs it.

The core of touchline analyses on a CPU. Everything else is an extra of the package, such as ``touchline[review]``. Code
that uses an extra imports it through :func:`need`, or starts with :func:`need_extra`; where one is missing, the user
reads which, and the exact line to run.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from touchline.core.errors import UsageError


class MissingPackageError(UsageError, ImportError):
    """A package of an extra is needed and not installed; the message holds the line that installs it."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Packages that are installed together by ``pip install 'touchline[NAME]'``.

    Attributes:
        purpose: what they are for.
        modules: the modules that are imported from them, each with the name of its package.

    """

    purpose: str
    modules: Mapping[str, str]


EXTRAS: Mapping[str, Extra] = {
    "gpu": Extra("models on a GPU, and networks of your own", {"torch": "torch"}),
    "train": Extra(
        "training and distillation", {"torch": "torch", "sklearn": "scikit-learn", "tensorboard": "tensorboard"}
    ),
    "review": Extra("the review tool", {"starlette": "starlette", "uvicorn": "uvicorn"}),
    "keeper": Extra(
        "maps and statistics of goalkeepers",
        {"sklearn": "scikit-learn", "mplsoccer": "mplsoccer", "matplotlib": "matplotlib"},
    ),
    "clock": Extra("the match clock on score boards", {"rapidocr": "rapidocr"}),
    "onnx": Extra("ONNX files, and their runtime", {"onnx": "onnx", "onnxruntime": "onnxruntime"}),
    "hub": Extra(
        "models of transformers",
        {"transformers": "transformers", "huggingface_hub": "huggingface-hub", "torch": "torch"},
    ),
    "otio": Extra("OpenTimelineIO files", {"opentimelineio": "opentimelineio"}),
    "providers": Extra("event data of providers", {"kloppy": "kloppy"}),
    "season": Extra("queries over a season", {"duckdb": "duckdb"}),
    "live": Extra(
        "the page of a live stream", {"starlette": "starlette", "uvicorn": "uvicorn", "websockets": "websockets"}
    ),
    "cloud": Extra("matches and results in a bucket", {"fsspec": "fsspec", "s3fs": "s3fs"}),
    "ray": Extra("many matches on a Ray cluster", {"ray": "ray"}),
}
"""Every extra by its name. A module of several is asked for by the first of them."""


def install_line(extra: str) -> str:
    """Return the line that installs an extra."""
    return f"pip install 'touchline[{extra}]'"


def need(module: str, *, what: str, extra: str | None = None, instead: str = "") -> Any:
    """Import and return a module of an extra.

    Args:
        module: its dotted name.
        what: what needs it, for the message.
        extra: the extra to name in the message; None for the first one that has the package.
        instead: what to do without it, for the message.

    Raises:
        MissingPackageError: it is not installed.

    """
    try:
        return __import__(module, fromlist=[""])
    except ImportError as error:
        top = module.split(".", maxsplit=1)[0]
        raise _missing(top, what=what, extra=extra or _extra_of(top), instead=instead) from error


def need_extra(extra: str, *, what: str, modules: tuple[str, ...] = ()) -> None:
    """Check that the packages of an extra are installed, without importing them.

    Args:
        extra: its name.
        what: what needs it, for the message.
        modules: the modules that are needed; by default all of the extra.

    Raises:
        MissingPackageError: one is not installed.

    """
    for module in modules or EXTRAS[extra].modules:
        if not is_installed(module):
            raise _missing(module, what=what, extra=extra)


def is_installed(module: str) -> bool:
    """Return whether a top-level module can be found, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def missing_package(error: ImportError) -> MissingPackageError | None:
    """Return the error for a user if a failed import was of a package of an extra; None for any other."""
    top = (error.name or "").split(".", maxsplit=1)[0]
    known = isinstance(error, ModuleNotFoundError) and any(top in extra.modules for extra in EXTRAS.values())
    return _missing(top, what="this", extra=_extra_of(top)) if known else None


def _extra_of(top: str) -> str:
    """Return the first extra with a module."""
    return next(name for name, extra in EXTRAS.items() if top in extra.modules)


def _missing(top: str, *, what: str, extra: str, instead: str = "") -> MissingPackageError:
    package = EXTRAS[extra].modules[top]
    return MissingPackageError(f"{what} needs {package}: {install_line(extra)}{instead}", name=top)
