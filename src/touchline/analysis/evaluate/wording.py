"""Wording and JSON conversion shared by all evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from touchline.core.wording import counted

_NAMES_SHOWN = 5


def no_nan(value: Any) -> Any:
    """Replace NaN, which JSON cannot represent, by None, also inside lists and mappings."""
    if isinstance(value, dict):
        return {key: no_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [no_nan(item) for item in value]
    return None if value != value else value


def some_names(names: Sequence[str]) -> str:
    """Return the first few names, and the number of others."""
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def unpaired(thing: str, *, missing: Sequence[str], unused: Sequence[str]) -> list[str]:
    """Return remarks on unpaired files: things without predictions, and prediction files without a thing."""
    warnings = []
    if missing:
        warnings.append(f"{counted(len(missing), thing)} without predictions, counted as missed: {some_names(missing)}")
    if unused:
        files = counted(len(unused), "prediction file")
        warnings.append(f"{files} without a {thing}, left out: {some_names(unused)}")
    return warnings
