"""Version of the installed package, as declared in pyproject.toml."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("touchline")
