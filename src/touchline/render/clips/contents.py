"""The table of contents of a folder of clips: a CSV file, and WebVTT chapters of a reel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from touchline.core.clock import US_PER_S, format_clock, ms_from_us, seconds_from_us
from touchline.core.corrections.state import Corrections
from touchline.formats.files.atomic import write_text_atomic
from touchline.formats.files.csv_rows import csv_text
from touchline.render.clips.match import Moment

CONTENTS, REEL_CHAPTERS = "contents.csv", "reel.vtt"
COLUMNS = (
    "file",
    "start",
    "end",
    "label",
    "player",
    "team",
    "confidence",
    "note",
    "time",
    "match",
    "reel_start",
    "reel_end",
)

_MOST_IN_CHAPTER = 4


@dataclass(frozen=True)
class Listed:
    """A clip in the table.

    Attributes:
        file: name of its file; "" if it has none.
        match: name of the match.
        start_us, end_us: what it shows, microseconds of the match's video.
        moments: what happens in it, in order of time.
        corrections: of the match, for names.
        notes: what went wrong or differs, in words.
        reel_us: start and end in the reel, microseconds; None if it is in none.

    """

    file: str
    match: str
    start_us: int
    end_us: int
    moments: tuple[Moment, ...]
    corrections: Corrections
    notes: tuple[str, ...] = ()
    reel_us: tuple[int, int] | None = None


def write_contents(path: Path, clips: Sequence[Listed]) -> None:
    """Write a CSV table with a row for each moment of each clip; times in seconds of the match's video or of the reel.

    Raises:
        ResourceError: the file cannot be written.

    """
    rows = [COLUMNS, *(_row(clip, moment) for clip in clips for moment in clip.moments)]
    write_text_atomic(path, "\ufeff" + csv_text(rows, line_end="\r\n"))  # with the mark, spreadsheets read it as UTF-8


def write_chapters(path: Path, clips: Sequence[Listed]) -> None:
    """Write WebVTT chapters, one for each clip of a reel.

    Raises:
        ResourceError: the file cannot be written.

    """
    cues = ["WEBVTT\n"]
    for number, clip in enumerate((clip for clip in clips if clip.reel_us is not None), start=1):
        assert clip.reel_us is not None
        start_us, end_us = clip.reel_us
        text = " / ".join(describe(moment, clip.corrections) for moment in clip.moments[:_MOST_IN_CHAPTER])
        if len(clip.moments) > _MOST_IN_CHAPTER:
            text += f" / and {len(clip.moments) - _MOST_IN_CHAPTER} more"
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{number}\n{_cue_time(start_us)} --> {_cue_time(end_us)}\n{text}\n")
    write_text_atomic(path, "\n".join(cues))


def describe(moment: Moment, corrections: Corrections) -> str:
    """Return a moment in a line: label, time, player, team and confidence."""
    player, team = shown_player(moment, corrections), corrections.team_name(moment.team)
    if team is not None and team == moment.team:
        team = f"team {team}"
    words = [moment.label, clock_of(moment.start_us), player, f"({team})" if team else ""]
    if moment.confidence < 1.0:
        words.append(f"{moment.confidence:.2f}")
    return "  ".join(word for word in words if word)


def shown_player(moment: Moment, corrections: Corrections) -> str:
    """Return number and name of a player, ``track 7`` for somebody without a name, "" if unknown."""
    if moment.player is not None and moment.player.isdecimal():
        return f"track {moment.player}"
    return corrections.player_name(moment.player) or ""


def clock_of(time_us: int) -> str:
    """Return a time in minutes and seconds, rounded down as a match clock is."""
    return format_clock(time_us // US_PER_S * US_PER_S, decimals=0)


def _row(clip: Listed, moment: Moment) -> list[str]:
    reel = ["", ""] if clip.reel_us is None else [f"{seconds_from_us(us):.3f}" for us in clip.reel_us]
    return [
        clip.file,
        f"{seconds_from_us(clip.start_us):.3f}",
        f"{seconds_from_us(clip.end_us):.3f}",
        moment.label,
        shown_player(moment, clip.corrections),
        clip.corrections.team_name(moment.team) or "",
        f"{moment.confidence:.3f}",
        "; ".join(word for word in (moment.note, *clip.notes) if word),
        f"{seconds_from_us(moment.start_us):.3f}",
        clip.match,
        *reel,
    ]


def _cue_time(time_us: int) -> str:
    """Return a time as WebVTT writes it: ``00:34:12.480``."""
    seconds, milliseconds = divmod(ms_from_us(time_us), 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}.{milliseconds:03d}"
