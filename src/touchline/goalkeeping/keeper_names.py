"""Matching of keepers' names, which are spelt differently across files: accents, second names, first names."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from touchline.core.errors import InputError

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "þ": "th", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_SHOWN = 5


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case without accents: ``("lukasz", "fabianski")``."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(re.findall(r"\w+", letters))


def find_keeper(wanted: str, known: Iterable[str]) -> str:
    """Find the one keeper in ``known`` whose name contains all words of ``wanted``.

    Raises:
        InputError: no keeper matches, or several do; the message names the closest.

    """
    names = sorted(set(known))
    exact = [name for name in names if words_of(name) == words_of(wanted)]
    meant = exact or [name for name in names if words_of(wanted) and set(words_of(wanted)) <= set(words_of(name))]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise InputError(f"keeper {wanted!r} may be {' or '.join(meant[:_SHOWN])}; write more of the name")
    plain = {" ".join(words_of(name)): name for name in names}
    close = difflib.get_close_matches(" ".join(words_of(wanted)), plain, n=_SHOWN, cutoff=0.5)
    who = ", ".join(plain[name] for name in close) or ", ".join(names[:_SHOWN])
    raise InputError(f"keeper {wanted!r} is not among the {len(names)} of the shots; is it {who}?")


def one_spelling(names: Sequence[str]) -> Mapping[str, str]:
    """Map every spelling to the longest spelling of the same keeper.

    Two spellings are the same keeper if all words of the shorter, at least two, are in the longer and in no third name.
    """
    spellings = sorted(set(names), key=lambda name: (len(words_of(name)), name))
    found: dict[str, str] = {}
    for name in reversed(spellings):
        words = set(words_of(name))
        longer = {found[other] for other in found if words <= set(words_of(other))}
        found[name] = longer.pop() if len(words) > 1 and len(longer) == 1 else name
    return found
