"""The reference of the Python interface: what ``touchline`` and each of its packages hand out in ``__all__``."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import touchline

ROOMS = (
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
    "review",
    "batch",
    "live",
    "season",
)
"""The packages below ``touchline``, from the ground up; the command line has a reference of its own."""


def public_names(module: ModuleType) -> list[str]:
    """The names a module hands out, without those that Python gives every module."""
    return [name for name in getattr(module, "__all__", ()) if not name.startswith("__")]


def packages() -> list[ModuleType]:
    """Each room, followed by those of its inner packages that hand out names."""
    found = []
    for room in ROOMS:
        found.append(importlib.import_module(f"touchline.{room}"))
        inner = (importlib.import_module(name) for name in _inner_packages(room))
        found += [module for module in inner if public_names(module)]
    return found


def api_page() -> str:
    """What ``touchline`` hands out, as Markdown with directives of autodoc."""
    return _section(touchline, seen={})


def packages_page() -> str:
    """A section a package; what ``touchline`` hands out itself is only named, with a link."""
    seen = {id(getattr(touchline, name)): f"touchline.{name}" for name in public_names(touchline)}
    return "\n".join(_section(module, seen=seen) for module in packages())


def _inner_packages(room: str) -> list[str]:
    source = Path(touchline.__path__[0])
    folders = sorted(path.parent.relative_to(source) for path in (source / room).glob("*/**/__init__.py"))
    return [".".join(["touchline", *folder.parts]) for folder in folders]


def _section(module: ModuleType, *, seen: dict[int, str]) -> str:
    """A package: what it says of itself, then each public name; ``seen`` grows by the objects that are documented."""
    about = inspect.getdoc(module) or ""
    named = {f"{module.__name__}.{name}": getattr(module, name) for name in public_names(module)}
    objects = [_object_text(path, value, seen=seen) for path, value in named.items()]
    return "\n".join([f"## {module.__name__}", "", _rst(about.splitlines()), *objects])


def _object_text(path: str, value: Any, *, seen: dict[int, str]) -> str:
    """One documented object; a second name of an object only points to the first."""
    if inspect.ismodule(value):
        return f"- `{path}`: the package [{value.__name__}](packages.md#{value.__name__.replace('.', '')})\n"
    if not inspect.isclass(value) and not inspect.isroutine(value):
        return f"- `{path}`: {_in_words(value)}\n"
    if id(value) in seen:
        return f"- `{path}`: see {{py:obj}}`{seen[id(value)]}`\n"
    seen[id(value)] = path
    if inspect.isclass(value):
        return _rst([f".. autoclass:: {path}", "   :members:"])
    return _rst([f".. autofunction:: {path}"])


def _rst(lines: list[str]) -> str:
    """reStructuredText, which the docstrings are written in, inside Markdown."""
    return "\n".join(["````{eval-rst}", *lines, "````", ""])


def _in_words(value: Any) -> str:
    """A constant, short."""
    text = repr(value)
    return f"`{text}`" if len(text) <= 80 and "`" not in text else f"a `{type(value).__name__}`"
