"""The reference of the Python interface: what ``touchline`` and each of its packages hand out in ``__all__``."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType
from typing import Any

import touchline

PACKAGES = (
    "core",
    "media",
    "formats",
    "metrics",
    "listening",
    "render",
    "synthetic",
    "models",
    "spotting",
    "tracking",
    "recognition",
    "goalkeeping",
    "features",
    "report",
    "training",
    "studies",
    "analysis",
)


def public_names(module: ModuleType) -> list[str]:
    """The names a module hands out, without those that Python gives every module."""
    return [name for name in getattr(module, "__all__", ()) if not name.startswith("__")]


def api_page() -> str:
    """The reference as reStructuredText inside Markdown: first ``touchline``, then a section a package."""
    seen: dict[int, str] = {}
    parts = ["## touchline", "", *_module_lines(touchline, seen=seen)]
    for name in PACKAGES:
        module = importlib.import_module(f"touchline.{name}")
        parts += [f"## touchline.{name}", "", *_module_lines(module, seen=seen)]
    return "\n".join(parts)


def _module_lines(module: ModuleType, *, seen: dict[int, str]) -> list[str]:
    lines = [inspect.getdoc(module) or "", ""]
    for name in public_names(module):
        lines += _object_lines(f"{module.__name__}.{name}", getattr(module, name), seen=seen)
    return lines


def _object_lines(path: str, value: Any, *, seen: dict[int, str]) -> list[str]:
    """One documented object; a second name of an object only points to the first."""
    directive = _directive(value)
    if directive is None:
        return [f"- `{path}`: {_in_words(value)}", ""]
    if id(value) in seen:
        return [f"- `{path}`: see {{py:obj}}`{seen[id(value)]}`", ""]
    seen[id(value)] = path
    members = "\n:members:" if directive == "autoclass" else ""
    return ["```{eval-rst}", f".. {directive}:: {path}", *(f"   {line}" for line in members.split() if line), "```", ""]


def _directive(value: Any) -> str | None:
    if inspect.isclass(value):
        return "autoclass"
    if inspect.isroutine(value):
        return "autofunction"
    return "automodule" if inspect.ismodule(value) else None


def _in_words(value: Any) -> str:
    """A constant, short."""
    text = repr(value)
    return f"`{text}`" if len(text) <= 80 and "`" not in text else f"a `{type(value).__name__}`"
