"""From one bundle to its rows of every table of a season."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.season.reading.ends import Halves as Halves
    from touchline.season.reading.ends import find_halves as find_halves
    from touchline.season.reading.match import MatchReader as MatchReader
    from touchline.season.reading.people import Person as Person
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.season.reading.ends": ("Halves", "find_halves"),
            "touchline.season.reading.match": ("MatchReader",),
            "touchline.season.reading.people": ("Person",),
        },
    )
