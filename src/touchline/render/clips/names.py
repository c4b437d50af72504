"""Names of clips that sort by time and are allowed on every system."""

from __future__ import annotations

import re

from touchline.core.clock import US_PER_S
from touchline.core.corrections.state import Corrections
from touchline.core.wording import plain_letters
from touchline.render.clips.match import Moment
from touchline.render.clips.spans import Span

_MOST_PART = 32
"""Most characters of each part of a name: names stay below 150, which leaves room for any path."""
_OTHER = re.compile(r"[^A-Za-z0-9+]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
"""Names that Windows keeps for devices."""


def clip_name(span: Span, *, number: int, corrections: Corrections, match: str = "") -> str:
    """Return the name of a clip's file, without its ending.

    Args:
        span: the clip; its first moment gives the name.
        number: of the clip among those of a run, from 1.
        corrections: of the bundle, for the names of teams and players.
        match: name of the match, where there are several.

    Returns:
        Such as ``0012_00-34-12_PASS_TeamA_10-Smith``; ``PASS+2`` with two more moments in the clip.

    """
    first = span.moments[0]
    more = f"+{len(span.moments) - 1}" if len(span.moments) > 1 else ""
    parts = [
        f"{number:04d}",
        safe(match),
        clock_name(first.start_us),
        (safe(first.label) or "event") + more,
        team_part(first, corrections),
        player_part(first.player, corrections),
    ]
    return "_".join(part for part in parts if part)


def clock_name(time_us: int) -> str:
    """Return a time as ``00-34-12``: hours, minutes and seconds, rounded down."""
    minutes, seconds = divmod(time_us // US_PER_S, 60)
    return f"{minutes // 60:02d}-{minutes % 60:02d}-{seconds:02d}"


def team_part(moment: Moment, corrections: Corrections) -> str:
    """Return a team for a name: ``TeamA`` for an id, else the name that a person gave it."""
    if moment.team is None:
        return ""
    name = corrections.team_name(moment.team)
    return f"Team{safe(moment.team)}" if name == moment.team else safe(name or "") or f"Team{safe(moment.team)}"


def player_part(player: str | None, corrections: Corrections) -> str:
    """Return a player for a name: number and name, ``track-7`` for a track without either."""
    if player is None:
        return ""
    if player.isdecimal():
        return f"track-{safe(player)}"
    return safe(corrections.player_name(player) or "") or f"player-{safe(player)}"


def folder_name(player: str, corrections: Corrections) -> str:
    """Return the name of a player's folder."""
    name = player_part(player, corrections)
    return f"player-{name}" if _RESERVED.fullmatch(name) else name


def safe(text: str) -> str:
    """Return the letters and digits of a text, with hyphens for all else; "" where only other scripts are used."""
    return _OTHER.sub("-", plain_letters(text)).strip("-+")[:_MOST_PART].rstrip("-+")
