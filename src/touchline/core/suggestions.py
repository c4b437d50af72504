"""The known word that a misspelt one was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LEAST_LIKENESS = 0.6


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: ``"; did you mean 'spot'?"``, or "" where no known word is near.

    Args:
        word: as it was written; upper and lower case count as the same.
        known: the words that would have been right.

    """
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=_LEAST_LIKENESS)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""
