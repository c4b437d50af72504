"""Events as rows of JSON, with every value's type checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import NoneType
from typing import Any

from touchline.core.events import Event
from touchline.formats.files.json_shapes import anything

FIELDS = frozenset(field.name for field in fields(Event))
"""Keys of a row."""

_NEEDED = frozenset({"label", "start_us"})
_TYPES: Mapping[str, tuple[type, ...]] = {
    "label": (str,),
    "start_us": (int,),
    "end_us": (int, NoneType),
    "confidence": (int, float),
    "team": (str, NoneType),
    "player": (str, NoneType),
    "half": (int,),
    "visible": (bool,),
    "source": (str, NoneType),
    "extra": (dict,),
}


def event_from_row(row: Mapping[str, Any]) -> Event:
    """Return the event of a row with some or all of :data:`FIELDS`.

    Raises:
        ValueError: a key is unknown or missing, or a value is of a wrong type or impossible.

    """
    if not row.keys() <= FIELDS:
        unknown = min(row.keys() - FIELDS)
        raise ValueError(f"{unknown!r} is no part of an event; parts are {', '.join(sorted(FIELDS))}")
    if not row.keys() >= _NEEDED:
        raise ValueError(f"{min(_NEEDED - row.keys())!r} is missing")
    for key, value in row.items():
        wrong = isinstance(value, bool) and key != "visible"
        if wrong or not isinstance(value, _TYPES[key]):
            raise ValueError(f"{key}={str(value)[:40]!r} is of the wrong type, {type(value).__name__}")
    if row.get("extra"):
        anything(row["extra"], "extra")
    return Event(**row)
