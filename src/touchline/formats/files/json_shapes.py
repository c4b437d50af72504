"""What a JSON document must look like: checks that are put together as the document is, with the place of a fault.

    moment = record({"time_us": a_whole, "label": a_text, "p_save": maybe(a_number)})
    check(document, record({"moments": list_of(moment)}), source="index.json", remedy="analyse the video again")

Numbers must be finite, and whole numbers fit 64 bits, wherever they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError

Check = Callable[[Any, str], None]
"""Raises :class:`Misfit` for a value that does not fit; its second argument is the place of the value."""

MAX_DEPTH = 64
_WHOLE = 1 << 63
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}


class Misfit(ValueError):
    """A value of another kind than the document has at this place."""

    def __init__(self, value: object, wanted: str, place: str) -> None:
        if isinstance(value, dict | list):
            found = _KINDS[type(value)]
        else:
            found = "a huge number" if isinstance(value, int) and abs(value) >= _WHOLE else f"{value!r:.60}"
        super().__init__(f"{place or 'the document'}: {found}, not {wanted}")


class Incomplete(Misfit):
    """An object that lacks a value."""

    def __init__(self, key: str, place: str) -> None:
        ValueError.__init__(self, f"{place or 'the document'}: incomplete, {key!r} is missing")


def check(document: Any, shape: Check, *, source: Path | str, remedy: str) -> None:
    """Raise an error for a document of another shape.

    Raises:
        InputError: with the file and the place in it.

    """
    try:
        shape(document, "")
    except Misfit as error:
        raise InputError(f"{source}: {error}; {remedy}") from error


def a_text(value: Any, place: str) -> None:
    """Check for a text that UTF-8 can hold, or a file name in Python's spelling of it."""
    if not isinstance(value, str):
        raise Misfit(value, "a text", place)


def a_name(value: Any, place: str) -> None:
    """Check for a text that can be the name of a file."""
    if not isinstance(value, str) or not value or "\0" in value or len(value) > 1024:
        raise Misfit(value, "a name", place)


def a_flag(value: Any, place: str) -> None:
    """Check for true or false."""
    if not isinstance(value, bool):
        raise Misfit(value, "true or false", place)


def a_whole(value: Any, place: str) -> None:
    """Check for a whole number of 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int) or not -_WHOLE <= value < _WHOLE:
        raise Misfit(value, "a whole number", place)


def a_count(value: Any, place: str) -> None:
    """Check for a whole number of at least 0."""
    a_whole(value, place)
    if value < 0:
        raise Misfit(value, "0 or more", place)


def a_number(value: Any, place: str) -> None:
    """Check for a finite number."""
    if isinstance(value, float) and math.isfinite(value):
        return
    a_whole(value, place)


def anything(value: Any, place: str) -> None:
    """Check that all numbers in a value are finite and of 64 bits, and that it is not nested too deep."""
    if not _is_plain(value, MAX_DEPTH):
        _anything(value, place, MAX_DEPTH)


def _is_plain(value: Any, depth: int) -> bool:
    """Return whether a value passes :func:`anything`; quick, as it keeps no place."""
    if isinstance(value, str) or value is None:
        return True
    if isinstance(value, int | float):
        return isinstance(value, bool) or -_WHOLE <= value < _WHOLE
    if depth == 0:
        return False
    if isinstance(value, dict):
        return all(_is_plain(part, depth - 1) for part in value.values())
    return not isinstance(value, list | tuple) or all(_is_plain(part, depth - 1) for part in value)


def _anything(value: Any, place: str, depth: int) -> None:
    if depth == 0:
        raise Misfit(value, f"values nested at most {MAX_DEPTH} deep", place)
    if isinstance(value, dict):
        for key, part in value.items():
            _anything(part, _inside(place, key), depth - 1)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            _anything(part, f"{place}[{index}]", depth - 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        a_number(value, place)


def maybe(shape: Check) -> Check:
    """Return a check for null or a value of a shape."""

    def checked(value: Any, place: str) -> None:
        if value is not None:
            shape(value, place)

    return checked


def list_of(shape: Check, *, length: int | None = None) -> Check:
    """Return a check for a list of values of a shape, of a fixed length if one is given."""

    def checked(value: Any, place: str) -> None:
        if not isinstance(value, list) or length not in (None, len(value)):
            raise Misfit(value, "a list" if length is None else f"a list of {length}", place)
        for index, part in enumerate(value):
            shape(part, f"{place}[{index}]")

    return checked


def table_of(shape: Check) -> Check:
    """Return a check for an object whose values all have a shape."""

    def checked(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise Misfit(value, "an object", place)
        for key, part in value.items():
            shape(part, _inside(place, key))

    return checked


def record(fields: Mapping[str, Check], *, optional: Mapping[str, Check] | None = None, others: bool = False) -> Check:
    """Return a check for an object with these fields.

    Args:
        fields: the fields it must have.
        optional: fields it may have.
        others: whether it may have further fields, of any kind.

    """
    known = {**fields, **(optional or {})}

    def checked(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise Misfit(value, "an object", place)
        if missing := [key for key in fields if key not in value]:
            raise Incomplete(missing[0], place)
        for key, part in value.items():
            if key not in known and not others:
                raise Misfit(value, f"an object without {key!r:.60}", place)
            known.get(key, anything)(part, _inside(place, key))

    return checked


def _inside(place: str, key: str) -> str:
    shown = key[:40] if key.isprintable() else ascii(key)[1:41]
    return f"{place}.{shown}" if place else shown
