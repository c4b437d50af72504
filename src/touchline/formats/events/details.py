"""Details of an event as one line of text, for the note or comment that most formats give each entry.

``team=left; player=7; confidence=0.93; t=12.345678@301`` reads well in another tool and brings the event back exactly:
``t`` is its time in seconds, and after the ``@`` what the file's own field was given for it. As long as that field
still says so, the exact time counts; if a person moved the entry in the other tool, what the tool says counts. A label
that the file could not hold is kept in the same way: ``label`` counts as long as the entry has the name in ``as``.
Text that is not of this form is a note of somebody else and kept as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from touchline.core.clock import US_PER_S, us_from_seconds
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.formats.files.json_files import parse_json
from touchline.formats.files.xml_files import has_illegal

NOTE = "note"
"""Key of ``Event.extra`` for a note of another tool."""

_EXTRA = "extra."
_MEANINGS = {"n": "\n", "r": "\r", "t": "\t", "e": "="}
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;"} | {char: f"\\{name}" for name, char in _MEANINGS.items()})
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)@([^@]*)")
_PART = re.compile(r"(?:[^;\\]|\\.)*", re.DOTALL)
_UNESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as a format's own fields state it.

    Attributes:
        label: the name that the entry has in the file.
        start_us, end_us: its span; ``end_us`` None for a point.
        start, end: what the file says for these times, as text: frame numbers, milliseconds; None where the file says
            nothing, so that the exact time of the details counts.
        player: whom the entry is about, if it says so; by :func:`subject_of` where an event was written.

    """

    label: str
    start_us: int
    end_us: int | None
    start: str | None
    end: str | None = None
    player: str | None = None


def details_of(event: Event, *, label: str, start: str, end: str = "") -> str:
    """Return the details of an event that an entry of a file does not state otherwise.

    Args:
        event: the event.
        label: the name that the entry has in the file; the event's own is added if it is another.
        start: what the entry says for the event's start, see :class:`Entry`.
        end: the same for its end.

    """
    pairs: dict[str, Any] = {
        "label": event.label if event.label != label else None,
        "as": label if event.label != label else None,
        "team": event.team,
        "player": event.player,
        "confidence": f"{event.confidence:.6f}".rstrip("0").rstrip(".") if event.confidence != 1 else None,
        "shown": None if event.visible else "no",
        "half": event.half if event.half != 1 else None,
        "source": event.source,
    }
    pairs |= _extra_pairs(event.extra)
    pairs["t"] = f"{_seconds(event.start_us)}@{start}"
    pairs["to"] = None if event.end_us is None else f"{_seconds(event.end_us)}@{end}"
    return "; ".join(f"{_escaped(key)}={_escaped(str(value))}" for key, value in pairs.items() if value is not None)


def event_of(entry: Entry, details: str, *, where: str) -> Event:
    """Return the event of an entry with the details that :func:`details_of` wrote, or with a note of another tool.

    Raises:
        InputError: the entry is not a possible event; ``where`` begins the message.

    """
    pairs = _pairs(details)
    try:
        if pairs is None:
            extra = {NOTE: details} if details.strip() else {}
            return Event(entry.label, entry.start_us, entry.end_us, player=entry.player, extra=extra)
        start_us, end_us = _times(entry, pairs)
        return Event(
            pairs.get("label") or entry.label if pairs.get("as") == entry.label else entry.label,
            start_us,
            end_us,
            confidence=float(pairs.get("confidence", "1")),
            team=pairs.get("team"),
            player=_player(entry, pairs),
            half=int(pairs.get("half", "1")),
            visible=pairs.get("shown") != "no",
            source=pairs.get("source"),
            extra=_extra(pairs, where=where),
        )
    except (ValueError, OverflowError) as error:
        raise InputError(f"{where}: not a possible event ({error})") from error


def subject_of(event: Event) -> str:
    """Return whom an event is about, for formats with one field for it: the player, or else the team."""
    return _one_line(event.player or event.team or "")


def half_remarks(timeline: Timeline) -> tuple[str, ...]:
    """Return what other programs make of a timeline whose halves have clocks of their own."""
    halves = sorted({event.half for event in timeline})
    if halves in ([], [1]):
        return ()
    return (f"halves {', '.join(map(str, halves))} have clocks of their own: one file shows all of them in one video",)


def control_character_notes(timeline: Timeline) -> tuple[str, ...]:
    """Return the loss of XML for events with text that it cannot hold."""
    count = sum(has_illegal(f"{event.label}{details_of(event, label=event.label, start='')}") for event in timeline)
    return (f"{count} events: control characters are left out",) if count else ()


def holds_details(text: str) -> bool:
    """Return whether a text was written by :func:`details_of`, remarks of a person added or not."""
    return _pairs(text) is not None


def describes_point(details: str) -> bool:
    """Return whether a text is the details of a point, for formats that store points as intervals."""
    pairs = _pairs(details)
    return pairs is not None and "to" not in pairs


def _extra_pairs(extra: Mapping[str, object]) -> dict[str, str]:
    """Return a note as it is, and other extra values as JSON."""
    pairs = {f"{_EXTRA}{key}": json.dumps(value, ensure_ascii=False) for key, value in extra.items() if key != NOTE}
    if NOTE in extra:
        note = extra[NOTE]
        pairs |= {NOTE: note} if isinstance(note, str) else {f"{_EXTRA}{NOTE}": json.dumps(note, ensure_ascii=False)}
    return pairs


def _extra(pairs: Mapping[str, str], *, where: str) -> dict[str, object]:
    found: dict[str, object] = {NOTE: pairs[NOTE]} if NOTE in pairs else {}
    for key, text in pairs.items():
        if key.startswith(_EXTRA):
            found[key.removeprefix(_EXTRA)] = parse_json(text, source=f"{where}: {key}")
    return found


def _times(entry: Entry, pairs: Mapping[str, str]) -> tuple[int, int | None]:
    """Return the exact times where the file's fields still say what was written, otherwise those of the fields."""
    start = _TIME.fullmatch(pairs["t"])
    end = _TIME.fullmatch(pairs.get("to", ""))
    start_us, end_us = entry.start_us, entry.end_us
    if start and entry.start in (None, start[2]):
        start_us = us_from_seconds(Fraction(start[1]))
    if "to" not in pairs:
        return start_us, None
    if end and entry.end in (None, end[2]):
        end_us = us_from_seconds(Fraction(end[1]))
    return start_us, end_us


def _player(entry: Entry, pairs: Mapping[str, str]) -> str | None:
    """Return the player of the details, unless the entry is about somebody else by now."""
    written = _one_line(pairs.get("player") or pairs.get("team") or "")
    return pairs.get("player") if entry.player in (None, written) else entry.player


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _seconds(time_us: int) -> str:
    whole, rest = divmod(time_us, US_PER_S)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _pairs(details: str) -> dict[str, str] | None:
    """Return the pairs of a text that :func:`details_of` wrote, remarks added to it as a note; None for other text."""
    pairs: dict[str, str] = {}
    remarks = []
    for part in _parts(details):
        key, equals, value = part.removeprefix(" ").partition("=")
        if equals:
            pairs.setdefault(_UNESCAPED.sub(_unescape, key), _UNESCAPED.sub(_unescape, value))
        elif part.strip():
            remarks.append(part.strip())
    if remarks:
        pairs[NOTE] = "; ".join([pairs[NOTE], *remarks] if NOTE in pairs else remarks)
    return pairs if _TIME.fullmatch(pairs.get("t", "")) else None


def _parts(details: str) -> list[str]:
    """Split at semicolons that are not escaped."""
    parts, at = [], 0
    while at <= len(details):
        match = _PART.match(details, at)
        end = match.end() if match else len(details)
        parts.append(details[at:end])
        at = end + 1
    return parts


def _unescape(match: re.Match[str]) -> str:
    return _MEANINGS.get(match[1], match[1])
