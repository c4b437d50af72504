"""Texts of ``touchline models import``'s options as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError, UsageError


def label_names(text: str | None) -> list[str] | None:
    """Return class names of ``A,B,...``, or of ``@FILE`` with one a line.

    Raises:
        InputError: the file cannot be read, or holds no name.

    """
    if not text:
        return None
    if not text.startswith("@"):
        return [label.strip() for label in text.split(",")]
    path = Path(text[1:])
    try:
        names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as labels, one a line: {error}") from error
    if not names:
        raise InputError(f"{path}: holds no labels; write one a line")
    return names


def key_values(texts: Sequence[str] | None, *, option: str) -> dict[str, Any]:
    """Return values by key of ``KEY=VALUE`` texts; a value is JSON where it can be, and text where not.

    Raises:
        UsageError: a text without ``=`` or key.

    """
    found: dict[str, Any] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} {text}: write KEY=VALUE")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found
