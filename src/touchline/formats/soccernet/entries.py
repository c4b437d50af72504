"""What SoccerNet's event files hold: the list of events, and the game they say they belong to."""

from __future__ import annotations

from typing import Any

from touchline.core.errors import InputError


def event_entries(document: dict[str, Any], *, source: str) -> tuple[str, list[Any]]:
    """``(key, entries)`` of a document, the key being ``"annotations"`` or ``"predictions"``.

    Raises:
        InputError: it has neither, or no list there.

    """
    for key in ("predictions", "annotations"):
        if key in document:
            entries = document[key]
            if not isinstance(entries, list):
                raise InputError(f"{source}: {key!r} is a {type(entries).__name__}, not a list of events")
            return key, entries
    raise InputError(f"{source}: has neither 'annotations' nor 'predictions'; its keys are {sorted(document)[:8]}")


def url_local(document: dict[str, Any]) -> str:
    """The game a document says it belongs to, with forward slashes and none at the ends; empty if it says nothing."""
    value = document.get("UrlLocal")
    return value.replace("\\", "/").strip("/") if isinstance(value, str) else ""


def short(value: object) -> str:
    """Return a value for an error message, cut to a length that fits a line."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
