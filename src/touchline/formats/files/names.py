"""File names that fit the file system."""

from __future__ import annotations

import hashlib
import os

_LONGEST = 230
"""Bytes of the longest name that is left as it is. File systems take 255; temporary names and endings need the rest."""


def fitting_name(stem: str, ending: str) -> str:
    """Return ``stem + ending``; if that is too long, the beginning of the stem with a digest of all of it.

    The same stem always gives the same name, and stems that begin alike give different ones.

    >>> fitting_name("match", ".touchline")
    'match.touchline'
    >>> len(fitting_name("m" * 246, ".touchline"))
    230
    """
    if _bytes(stem + ending) <= _LONGEST:
        return stem + ending
    mark = "-" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:10]
    room = _LONGEST - _bytes(mark + ending)
    while stem and _bytes(stem) > room:
        stem = stem[:-1]
    return stem + mark + ending


def _bytes(name: str) -> int:
    return len(os.fsencode(name))
