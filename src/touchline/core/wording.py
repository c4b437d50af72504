"""Small pieces of wording that messages share."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = re.compile(
    r"weights_only|allow_pickle|unpickl\w+ is|can still be loaded|trust the source|trusted source|add_safe_globals|"
    r"safe_globals|unsafe_load|full_load|arbitrary code",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_LETTERS = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "’": "'", "–": "-", "—": "-",
    }
)  # fmt: skip
"""Letters that Unicode does not take apart."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun: ``1 event``, ``2 events``; a plural that does not end in s is given."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def without_unsafe_advice(text: str) -> str:
    """Return a library's message without its sentences on how to load a file that may run code.

    >>> without_unsafe_advice("Weights only load failed. Pass weights_only=False, but only if you trust the source.")
    'Weights only load failed.'
    """
    if not _UNSAFE.search(text):
        return text
    kept = [part for part in _SENTENCE_END.split(text) if not _UNSAFE.search(part)]
    return " ".join(kept) or "it holds more than numbers"


def ordinal(number: int) -> str:
    """A place in an order: ``1st``, ``2nd``, ``11th``."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def plain_letters(text: str) -> str:
    """Return a text in ASCII: accents are dropped, and letters of other scripts left out."""
    taken_apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return taken_apart.encode("ascii", "ignore").decode()
