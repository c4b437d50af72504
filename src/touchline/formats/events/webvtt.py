"""WebVTT: chapters for players and browsers, or captions that show the events over the video."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice, pairwise
from operator import attrgetter

import numpy as np

from touchline.core.clock import US_PER_MS, ms_from_us
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.wording import counted
from touchline.formats.events.attributes import attributes_value
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import INTERVAL, PLAYER, TEAM

_ARROW = "-->"
_STAMP = r"(?:(\d{2,6}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"^\s*{_STAMP}\s+{_ARROW}\s+{_STAMP}(?:\s|$)")
_TAG = re.compile(r"<[^>]*>")
_AT_ONCE = 4096
_BLOCKS_WITHOUT_CUES = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue: milliseconds, and its text of one or more lines."""

    start_ms: int
    end_ms: int
    text: str


class WebVttFormat(EventFormat):
    """What chapters and captions share: how they are read."""

    unit_us = US_PER_MS

    def recognises(self, source: EventSource) -> bool:
        """Return whether it begins with WEBVTT."""
        return source.data.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT")

    def read(self, source: EventSource) -> FoundEvents:
        """Read each cue as an interval: the first line of its text is the label, further ones are attributes.

        Raises:
            InputError: a cue cannot be used; the message names its line.

        """
        events = [_event(cue) for cue in parse_cues(source.text.text, source=source.name)]
        return FoundEvents(Timeline(tuple(events)), notes=source.text.notes)


class WebVttChapters(WebVttFormat):
    """Chapters, which must not overlap: one ends where the next begins, and those that begin together share one."""

    name = "webvtt"
    title = "chapters"
    suffixes = (".vtt", ".chapters.vtt")
    holds = frozenset({INTERVAL})

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events, and how many chapters are shorter than their events."""
        chapters = shorter = 0
        for chapter, group in _chapters(_cues(timeline, context)):
            chapters += 1
            shorter += sum(cue.end_ms > chapter.end_ms for cue in group)
        notes = [f"{counted(shorter, 'event')} end where the next chapter begins"] if shorter else []
        if chapters < len(timeline):
            notes.append(f"{counted(len(timeline) - chapters, 'event')} begin with another one, in its chapter")
        return Fitted(timeline, notes=(*self.losses(timeline), *notes))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return the chapters in order of time."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        return _text(chapter for chapter, _ in _chapters(_cues(timeline, context)))


class WebVttCaptions(WebVttFormat):
    """Captions, which may overlap: the label, and player and team on a line below."""

    name = "webvtt-captions"
    title = "captions"
    suffixes = (".captions.vtt",)
    holds = frozenset({INTERVAL, TEAM, PLAYER})

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return one caption an event."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        return _text(_cues(timeline, context, people=True))


def parse_cues(text: str, *, source: str) -> list[Cue]:
    """Return the cues of a WebVTT file.

    Raises:
        InputError: a timing line cannot be read, or a cue ends before it starts; the message names the line.

    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cues: list[Cue] = []
    number = 1
    while number < len(lines):
        if lines[number].startswith(_BLOCKS_WITHOUT_CUES):
            number = _end_of_block(lines, number)
        elif _ARROW in lines[number]:
            end = _end_of_block(lines, number)
            cues.append(_cue(lines[number], lines[number + 1 : end], where=f"{source}: line {number + 1}"))
            number = end
        else:
            number += 1
    return cues


def _end_of_block(lines: list[str], start: int) -> int:
    return next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))


def _cue(timing: str, body: list[str], *, where: str) -> Cue:
    found = _TIMING.match(timing)
    if found is None:
        raise InputError(f"{where}: {timing.strip()[:60]!r} is not a timing such as 00:01:02.500 --> 00:01:04.000")
    numbers = [int(part or 0) for part in found.groups()]
    start_ms, end_ms = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (numbers[:4], numbers[4:]))
    if end_ms <= start_ms:
        raise InputError(f"{where}: the cue ends at {end_ms} ms, not after its start at {start_ms} ms")
    return Cue(start_ms, end_ms, html.unescape(_TAG.sub("", "\n".join(body))).strip())


def _event(cue: Cue) -> Event:
    label, *others = cue.text.split("\n") if cue.text else ["Cue"]
    extra = attributes_value((None, line) for line in others if line.strip())
    return Event(label.strip(), cue.start_ms * US_PER_MS, cue.end_ms * US_PER_MS, extra=extra)


def _cues(timeline: Timeline, context: ExportContext, *, people: bool = False) -> Iterator[Cue]:
    """Yield a cue for each event, in order of its start, at least a millisecond long."""
    events = timeline.events
    spans = np.array([context.span_us(event) for event in events], np.int64).reshape(-1, 2)
    order = np.lexsort((spans[:, 1], spans[:, 0]))
    for first in range(0, len(order), _AT_ONCE):
        places = order[first : first + _AT_ONCE]
        for at, (start_us, end_us) in zip(places.tolist(), spans[places].tolist(), strict=True):
            event = events[at]
            start_ms = ms_from_us(start_us)
            who = " · ".join(name for name in (event.player, event.team) if name) if people else ""
            text = "\n".join(" ".join(line.split()) for line in (event.label, who) if line.strip())
            yield Cue(start_ms, max(ms_from_us(end_us), start_ms + 1), text)


def _chapters(cues: Iterable[Cue]) -> Iterator[tuple[Cue, list[Cue]]]:
    """Yield cues that do not overlap, with those that each one stands for.

    Cues that start together become one; the others are cut at the next start.
    """
    groups = (list(group) for _, group in groupby(cues, key=attrgetter("start_ms")))
    for group, following in pairwise(chain(groups, [None])):
        if group is not None:
            end_ms = max(cue.end_ms for cue in group)
            text = " / ".join(dict.fromkeys(cue.text for cue in group))
            yield Cue(group[0].start_ms, min(end_ms, following[0].start_ms) if following else end_ms, text), group


def _text(cues: Iterable[Cue]) -> Iterator[bytes]:
    """Yield the file in pieces."""
    yield b"WEBVTT\n"
    found = iter(cues)
    while part := list(islice(found, _AT_ONCE)):
        blocks = [f"\n{_stamp(cue.start_ms)} {_ARROW} {_stamp(cue.end_ms)}\n{_escaped(cue.text)}\n" for cue in part]
        yield "".join(blocks).encode()


def _stamp(time_ms: int) -> str:
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{ms:03d}"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False) or "Event"
