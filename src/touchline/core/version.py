"""The version of the installed package; pyproject.toml is where it is written."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("touchline")
