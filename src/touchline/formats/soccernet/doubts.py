"""What contradicts itself in SoccerNet's event files, counted while they are read, with the first place of each kind.

``position`` (milliseconds) is exact and counts; ``gameTime`` is a clock in whole seconds for people, and used where
there is no position. The half is that of ``half``, where an entry has one, else of ``gameTime``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from touchline.core.wording import counted

_CLOCK = re.compile(r"\s*(\d+)\s*-\s*(\d+):(\d{1,2}(?:\.\d+)?)\s*")
_EARLIER_MS, _LATER_MS = -1000, 2000
"""Least and most that a position may lie after its clock, which is rounded down, rarely up."""

_VISIBILITIES = ("visible", "not shown")
_CONTRADICTS = "gameTime contradicts position, which counts"
_OTHER_HALF = "gameTime names another half than half, which counts"
_UNKNOWN = "a visibility other than 'visible' and 'not shown', taken as visible"


@dataclass(slots=True)
class Doubts:
    """Doubts about the entries of a file, or of several.

    Attributes:
        counts: what is doubtful -> number of entries.
        first: what is doubtful -> the first such entry and what it holds.

    """

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def look_at(self, entry: Any, where: str, number: int) -> None:
        """Count what is doubtful about an entry; ``where`` and its number are named."""
        if not isinstance(entry, dict):
            return
        clock = entry.get("gameTime")
        match = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
        if match is not None:
            self._compare(entry, match, f"{where}[{number}]")
        visibility = entry.get("visibility", "visible")
        if visibility not in _VISIBILITIES:
            self._add(_UNKNOWN, f"{where}[{number}] has {str(visibility)[:40]!r}")

    def lines(self, source: str = "") -> list[str]:
        """Return a line for each kind of doubt."""
        prefix = f"{source}: " if source else ""
        words = {what: counted(count, "entry", "entries") for what, count in self.counts.items()}
        return [f"{prefix}{words[what]}: {what}; the first is {self.first[what]}" for what in self.counts]

    def _compare(self, entry: Mapping[str, Any], clock: re.Match[str], place: str) -> None:
        half, minutes, seconds = clock.groups()
        try:
            stated = int(entry["half"]) if "half" in entry else int(half)
            late_ms = (
                float(entry["position"]) - (int(minutes) * 60 + float(seconds)) * 1000 if "position" in entry else 0
            )
        except (TypeError, ValueError, OverflowError):
            return  # named by whoever reads the entry
        if stated != int(half):
            self._add(_OTHER_HALF, f"{place} with {entry['gameTime']!r} and half {stated}")
        if not _EARLIER_MS <= late_ms <= _LATER_MS:
            self._add(_CONTRADICTS, f"{place} with {entry['gameTime']!r} and position {entry['position']!s:.20}")

    def _add(self, what: str, place: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        self.first.setdefault(what, place)


def doubts_of(entries: Iterable[Any], *, where: str) -> Doubts:
    """Return the doubts about a list of entries; ``where`` names the list in messages."""
    doubts = Doubts()
    for number, entry in enumerate(entries):
        doubts.look_at(entry, where, number)
    return doubts


def merged(parts: Iterable[Doubts]) -> Doubts:
    """Return the doubts of several files together, each with its first place."""
    total = Doubts()
    for part in parts:
        for what, count in part.counts.items():
            total.counts[what] = total.counts.get(what, 0) + count
            total.first.setdefault(what, part.first[what])
    return total
