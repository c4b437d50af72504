"""The text of a CMX3600 edit decision list: a list of cuts from one reel, each with locators and a comment.

An edit is a line ``NUMBER REEL TRACK C SOURCE_IN SOURCE_OUT RECORD_IN RECORD_OUT``; comments that follow it belong to
it. ``* LOC:`` is a locator of Avid's: record timecode, colour, text. The list does not state its frame rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from touchline.core.clock import exact_rate
from touchline.core.errors import InputError
from touchline.formats.events.editing.timecode import Timecode, writes_drop_frame

RECORD_START_S = 3600
"""Where the cuts begin in the edited programme: one hour, as is usual."""

_EDIT = re.compile(
    r"(?P<number>\d+)\s+(?P<reel>\S+)\s+(?P<track>\S+)\s+(?P<kind>\S+)(?:\s+\d+)?"
    r"\s+(?P<source_in>\S+)\s+(?P<source_out>\S+)\s+(?P<record_in>\S+)\s+(?P<record_out>\S+)\s*"
)
_LOCATOR = re.compile(r"\*\s*LOC:\s*(\S+)(?:\s+(\S+))?(?:\s+(.*))?")
_CLIP_NAME = re.compile(r"\*\s*FROM CLIP NAME:\s*(.*)")
_COMMENT = re.compile(r"\*\s*COMMENT:\s*(.*)")
_RATE = re.compile(r"\*\s*FRAME RATE:\s*(\d{1,7})(?:/(\d{1,7}))?\s*")
_BLACK = "BL"
_PICTURE = re.compile(r"(V\d*|B|AA?\d*/V\d*|VA\d*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Locator:
    """A mark in an edit: the frame of the source that it marks, a colour, a text."""

    frame: int
    colour: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A cut from the source: frames ``start`` to before ``end``, its locators and comment; ``line`` is for messages."""

    start: int
    end: int
    locators: tuple[Locator, ...] = ()
    comment: str = ""
    name: str = ""
    reel: str = ""
    line: int = 0


@dataclass(slots=True)
class _Open:
    """An edit whose comments are being read."""

    row: dict[str, str]
    timecode: Timecode
    line: int
    name: str = ""
    comment: list[str] = field(default_factory=list)
    locators: list[tuple[str, str, str, int]] = field(default_factory=list)


def edl_bytes(edits: Iterable[Edit], *, title: str, reel: str, clip: str, timecode: Timecode) -> bytes:
    """Return the list of edits, one after the other from one hour on.

    Args:
        edits: cuts in the wished order.
        title: name of the list.
        reel: name of the source, at most 8 letters and digits; see :func:`reel_name`.
        clip: file name of the source.
        timecode: how frames are counted.

    Raises:
        ValueError: an edit begins or ends after the 24 hours of timecode.

    """
    mode = "DROP FRAME" if timecode.drop else "NON-DROP FRAME"
    rate = timecode.rate
    lines = [f"TITLE: {one_line(title)}", f"FCM: {mode}", f"* FRAME RATE: {rate.numerator}/{rate.denominator}", ""]
    record = round(RECORD_START_S * timecode.rate) if timecode.drop else RECORD_START_S * timecode.base
    for number, edit in enumerate(edits, 1):
        last = record + edit.end - edit.start
        times = " ".join(timecode.text(frame) for frame in (edit.start, edit.end, record, last))
        lines += [f"{number:03d}  {reel:<8} V     C        {times}", f"* FROM CLIP NAME: {one_line(clip)}"]
        for mark in edit.locators:
            at = timecode.text(record + mark.frame - edit.start)
            lines.append(f"* LOC: {at} {mark.colour:<7} {one_line(mark.text)}")
        lines += [f"* COMMENT: {edit.comment}"] if edit.comment else []
        record = last
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def one_line(text: str) -> str:
    """Return a text without line ends and control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def reel_name(name: str) -> str:
    """Return a reel for a file name: its first 8 letters, digits and underscores, in upper case; AX without any."""
    plain = re.sub(r"[^A-Za-z0-9_]", "", name.rsplit(".", 1)[0].replace(" ", "_"))[:8].upper()
    return "AX" if plain in ("", _BLACK) else plain


def parse_edl(text: str, *, source: str, rate: Fraction | None) -> tuple[list[Edit], Timecode]:
    """Return the picture cuts of an edit decision list, and its timecode.

    Args:
        text: content of the file.
        source: its name, for messages.
        rate: frames per second; None takes what the file says in a comment, or 29.97 for drop frame.

    Raises:
        InputError: a line is not possible, or the rate is unknown; the message names the line.

    """
    stated = _stated_rate(text)
    reader = _Reader(source, rate or stated)
    for line, row in enumerate(_lines(text), 1):
        reader.take(row.strip(), line)
    return reader.finish(), reader.timecode(drop=False)


class _Reader:
    """The state of reading a list line by line."""

    def __init__(self, source: str, rate: Fraction | None) -> None:
        self._source = source
        self._rate = rate
        self._open: _Open | None = None
        self._edits: list[Edit] = []

    def take(self, row: str, line: int) -> None:
        """Take in a line."""
        edit = _EDIT.fullmatch(row)
        if edit:
            self._close()
            drop = writes_drop_frame(edit["source_in"])
            self._open = _Open(edit.groupdict(), self.timecode(drop=drop, line=line), line)
        elif self._open is not None:
            self._note(self._open, row, line)
        elif row[:1].isdigit():
            raise InputError(f"{self._source}: line {line}: {row[:60]!r} is not an edit of CMX3600; export it again")

    def finish(self) -> list[Edit]:
        """Return all edits."""
        self._close()
        return self._edits

    def timecode(self, *, drop: bool, line: int = 0) -> Timecode:
        """Return the timecode of a line."""
        rate = self._rate or (exact_rate(29.97) if drop else None)
        where = f"{self._source}: line {line}" if line else self._source
        if rate is None:
            raise InputError(f"{where}: an EDL does not say its frame rate; give it with --fps")
        try:
            return Timecode(rate, drop=drop)
        except ValueError as error:
            raise InputError(f"{where}: {error}; give the frame rate of the project with --fps") from error

    def _note(self, edit: _Open, row: str, line: int) -> None:
        """Take in a comment of an edit."""
        locator, name, comment = _LOCATOR.fullmatch(row), _CLIP_NAME.fullmatch(row), _COMMENT.fullmatch(row)
        if locator:
            edit.locators.append((locator[1], locator[2] or "", (locator[3] or "").strip(), line))
        elif name:
            edit.name = name[1].strip()
        elif comment:
            edit.comment.append(comment[1].strip())
        elif row[:1].isdigit():
            raise InputError(f"{self._source}: line {line}: {row[:60]!r} is not an edit of CMX3600; export it again")

    def _close(self) -> None:
        """Finish the edit being read, if it is of pictures."""
        edit, self._open = self._open, None
        if edit is None or edit.row["reel"].upper() == _BLACK or not _PICTURE.fullmatch(edit.row["track"]):
            return
        start, end, record = (
            self._frame(edit, edit.row[key], edit.line) for key in ("source_in", "source_out", "record_in")
        )
        if end > start:
            marks = [
                Locator(start + self._frame(edit, at, line) - record, colour, text)
                for at, colour, text, line in edit.locators
            ]
            comment = " ".join(edit.comment)
            self._edits.append(Edit(start, end, tuple(marks), comment, edit.name, edit.row["reel"], edit.line))
        elif end < start:
            raise InputError(f"{self._source}: line {edit.line}: the edit ends before it begins")

    def _frame(self, edit: _Open, text: str, line: int) -> int:
        try:
            return edit.timecode.frame(text)
        except ValueError as error:
            raise InputError(f"{self._source}: line {line}: {error}") from error


def _lines(text: str) -> list[str]:
    """Return the lines of a text; other separators that Python knows may stand in comments."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _stated_rate(text: str) -> Fraction | None:
    """Return the rate that a comment states."""
    for row in _lines(text):
        match = _RATE.fullmatch(row.strip())
        if match and int(match[1]) and int(match[2] or 1):
            return Fraction(int(match[1]), int(match[2] or 1))
    return None


def distinct(names: Sequence[str]) -> list[str]:
    """Return the distinct names in order."""
    return list(dict.fromkeys(name for name in names if name))
