"""The words of a score board as values: ``"12:34"``, ``"45:00 +2:13"``, ``"HOME 1-0 AWAY"``.

Readers of text confuse a few characters at the size of a score board: a point or a hyphen for the colon, O for 0, l for
1, and two neighbouring cells for one. What is returned for such words are possible values, the likeliest first; which
of them is right is found out over time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_MINUTES = 130
"""Longest time that a match clock shows."""
MOST_GOALS = 30

_LETTERS = str.maketrans("OoQDIlL|iSsZzB", "00001111155228")
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,3})\s?([:.;·'])\s?(\d\d)(?!\d|[:.]\d)")
_RUNNING_ADDED = re.compile(r"(45|90|105|120):00\s*\+?\s*(\d{1,2}):(\d\d)(?!\d)")
_BARE = re.compile(r"(?<!\d)(?:(\d{2})|(\d{1,3})[-+ ])(\d\d)(?!\d)")
_ADDED = re.compile(r"\+\s?(\d{1,2})(?![\d:.])")
_SCORE = re.compile(r"(?<![\d:.])(\d{1,2})\s?[-:–]\s?(\d{1,2})(?![\d:.])")
_SCORE_CELL = re.compile(r"(\d)\s?[-:–.·]?\s?(\d)")
_ROW = re.compile(
    r"(?P<home>[A-Za-z][A-Za-z .&']{0,18}[A-Za-z.])\s?(?P<h>\d{1,2})(?:\s?[-:–.·]\s?|\s|)(?P<a>\d{1,2})\s?"
    r"(?P<away>[A-Za-z][A-Za-z .&']{0,18}[A-Za-z])"
)
_NAME = re.compile(r"[^\W\d_][^\d_:+]*[^\W\d_.]\.?", re.UNICODE)
_TEAM_ROW = re.compile(r"([^\W\d_][^\d_:+]{1,20}?)\s*(\d{1,2})", re.UNICODE)


@dataclass(frozen=True, slots=True)
class ScoreWords:
    """A score, with the names beside it if they stand in the same words."""

    home: int
    away: int
    home_name: str = ""
    away_name: str = ""


def clocks_in(text: str) -> tuple[int, ...]:
    """Return the seconds that a clock in the text may show, the likeliest first; empty if it holds no clock.

    A third digit before the colon may belong to what stands before the clock, as in ``"1 12:45"`` without the blank;
    where letters stand on the line too, that is the likelier one.
    """
    running = _RUNNING_ADDED.search(text)
    if running:
        base, minutes, seconds = map(int, running.groups())
        return (_seconds(base + minutes, seconds),) if _possible(base + minutes, seconds) else ()
    found = [values for match in _CLOCK.finditer(text) if (values := _readings(match[1], match[3]))]
    if len(found) != 1:
        return ()
    return found[0][::-1] if any(map(str.isalpha, text)) else found[0]


def loose_clocks_in(text: str) -> tuple[int, ...]:
    """Return the seconds that a clock may show in the text at the place of a clock, the likeliest first.

    Letters that look like digits are taken for them, and the colon may be missing.
    """
    exact = clocks_in(text)
    if exact:
        return exact
    digits = text.translate(_LETTERS)
    again = clocks_in(digits)
    if again:
        return again
    match = _BARE.search(digits)
    if match is None:
        return ()
    minutes, seconds = match[1] or match[2], match[3]
    values = _readings(minutes, seconds)
    # a colon of three pixels looks like a 1: 0107 may be 0:07
    colon = match[1] is not None and minutes[1] == "1" and _possible(int(minutes[0]), int(seconds))
    return (*values, _seconds(int(minutes[0]), int(seconds))) if colon else values


def score_in(text: str) -> ScoreWords | None:
    """Return the score in a text that holds no clock, with the names beside it; None if there is none."""
    row = _ROW.search(text)
    if row:
        home, away = int(row["h"]), int(row["a"])
        if max(home, away) <= MOST_GOALS:
            return ScoreWords(home, away, plain_name(row["home"]), plain_name(row["away"]))
    match = _SCORE.search(text)
    if match and max(int(match[1]), int(match[2])) <= MOST_GOALS:
        return ScoreWords(int(match[1]), int(match[2]))
    return None


def score_of_cell(text: str) -> tuple[int, int] | None:
    """Return the score in a cell of its own, one digit each: ``"1-0"``, ``"10"`` and ``"LO"`` are 1 and 0."""
    match = _SCORE_CELL.fullmatch(text.strip().translate(_LETTERS))
    return (int(match[1]), int(match[2])) if match else None


def team_row(text: str) -> tuple[str, int] | None:
    """Return the name and the goals of a row of a board with one team a row; None if it is not one."""
    match = _TEAM_ROW.fullmatch(text.strip())
    return (plain_name(match[1]), int(match[2])) if match else None


def name_of_cell(text: str) -> str:
    """Return the name in a cell of its own; empty if it is none."""
    stripped = text.strip(" .-'")
    return plain_name(stripped) if _NAME.fullmatch(stripped) else ""


def plain_name(text: str) -> str:
    """Return a name with single blanks, in capitals."""
    return " ".join(text.split()).strip(" .-'").upper()


def without_clock(text: str) -> str:
    """Return a text with a bar in place of its clocks and of announced added time."""
    return _ADDED.sub("|", _CLOCK.sub("|", text))


def _readings(minutes: str, seconds: str) -> tuple[int, ...]:
    values = [_seconds(int(minutes), int(seconds))] if _possible(int(minutes), int(seconds)) else []
    if len(minutes) == 3 and _possible(int(minutes[1:]), int(seconds)):
        values.append(_seconds(int(minutes[1:]), int(seconds)))
    return tuple(values)


def _possible(minutes: int, seconds: int) -> bool:
    return minutes <= MOST_MINUTES and seconds < 60


def _seconds(minutes: int, seconds: int) -> int:
    return 60 * minutes + seconds
