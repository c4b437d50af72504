"""``seqinfo.ini`` and SoccerNet's ``gameinfo.ini``: the facts about a sequence, and who each of its tracks is.

``gameinfo.ini`` names every track as ``trackletID_7= player team left;10``: role, team, and after the semicolon the
shirt number, or a letter where it is not known. Spellings differ between sequences ("goalkeepers team left").
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass

from touchline.core.errors import InputError
from touchline.formats.files.text_encoding import decode_any

ROLES = ("player", "goalkeeper", "referee", "ball", "other")
SIDES = ("left", "right")

_SECTION = "Sequence"
_TRACKLET = re.compile(r"trackletid_([0-9]{1,9})")
_SHIRT = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class SequenceInfo:
    """The facts of a ``seqinfo.ini``; None for what it does not say."""

    name: str = ""
    frames: int | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Tracklet:
    """Who a track of a sequence is.

    Attributes:
        role: one of ``ROLES``.
        team: ``"left"`` or ``"right"``; None without a team.
        number: shirt number; None if the file does not know it.

    """

    role: str
    team: str | None = None
    number: int | None = None


def parse_sequence_info(data: bytes, *, source: str) -> SequenceInfo:
    """Parse the bytes of a ``seqinfo.ini``.

    Raises:
        InputError: it is not such a file, or a number of it is impossible; ``source`` names it.

    """
    section = _section(data, source=source, what="seqinfo.ini")
    values = {key: _positive(section, key, source=source) for key in ("seqlength", "framerate", "imwidth", "imheight")}
    frames, fps, width, height = values.values()
    return SequenceInfo(section.get("name", ""), _whole(frames), fps, _whole(width), _whole(height))


def parse_game_info(data: bytes, *, source: str) -> Mapping[int, Tracklet]:
    """Parse the bytes of a ``gameinfo.ini``: track id -> who it is.

    Raises:
        InputError: it is not such a file, or a track has no role; ``source`` names it.

    """
    section = _section(data, source=source, what="gameinfo.ini")
    tracklets = {}
    for key, text in section.items():
        found = _TRACKLET.fullmatch(key)
        if found:
            tracklets[int(found[1])] = _tracklet(text, where=f"{source}: {key}")
    return tracklets


def _tracklet(text: str, *, where: str) -> Tracklet:
    """Parse ``player team left;10``."""
    words, _, number = text.partition(";")
    plain = words.lower()
    role = next((role for role in ROLES if role in plain), None)
    if role is None:
        raise InputError(f"{where}={text!r} names none of the roles {', '.join(ROLES)}")
    team = next((side for side in SIDES if side in plain.split()), None)
    shirt = number.strip()
    of_player = role in ("player", "goalkeeper") and _SHIRT.fullmatch(shirt)
    return Tracklet(role, team if role in ("player", "goalkeeper") else None, int(shirt) if of_player else None)


def _section(data: bytes, *, source: str, what: str) -> Mapping[str, str]:
    """Return the one section of such a file, with keys in lower case."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(decode_any(data, source=source).text.lstrip("\ufeff"))
    except configparser.Error as error:
        raise InputError(f"{source}: not a {what} ({' '.join(str(error).split())})") from error
    if not parser.has_section(_SECTION):
        raise InputError(
            f"{source}: has no section [{_SECTION}], as a {what} does; its sections are {parser.sections()}"
        )
    return dict(parser[_SECTION])


def _positive(section: Mapping[str, str], key: str, *, source: str) -> float | None:
    """Return a number above 0; None if the file does not have it."""
    text = section.get(key, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise InputError(f"{source}: {key}={text!r} is not a number above 0")
    return value


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
