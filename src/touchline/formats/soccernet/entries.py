"""Content of SoccerNet's event files: the list of events, and the game they name."""

from __future__ import annotations

from typing import Any

from touchline.core.errors import InputError


def event_entries(document: dict[str, Any], *, source: str) -> tuple[str, list[Any]]:
    """Return the ``(key, entries)`` of a document, the key being ``"annotations"`` or ``"predictions"``.

    Raises:
        InputError: it has neither key, or the value is not a list.

    """
    for key in ("predictions", "annotations"):
        if key in document:
            entries = document[key]
            if not isinstance(entries, list):
                raise InputError(f"{source}: {key!r} is a {type(entries).__name__}, not a list of events")
            return key, entries
    raise InputError(f"{source}: has neither 'annotations' nor 'predictions'; its keys are {sorted(document)[:8]}")


def url_local(document: dict[str, Any]) -> str:
    """Return the game that a document names, with forward slashes and none at the ends; empty if it names none."""
    value = document.get("UrlLocal")
    return value.replace("\\", "/").strip("/") if isinstance(value, str) else ""


def short(value: object) -> str:
    """Format a value for an error message, cut to fit a line."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
