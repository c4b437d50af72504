"""Event data of providers through kloppy (``pip install 'touchline[providers]'``), by a table of rules.

The times of providers count from the start of a period, not of the video. With the time at which each period starts in
the video, the events of those periods get their times in it; without, every period is a half of its own, as in
SoccerNet. Only files are read: nothing is fetched.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from touchline.core.clock import us_from_seconds
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event, Timeline
from touchline.core.extras import need
from touchline.core.suggestions import did_you_mean
from touchline.core.wording import counted
from touchline.formats.events.event_format import EventFormat, EventSource, FoundEvents
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.providers.mapping import FIRST, ProviderEvent, labels_of
from touchline.formats.files.json_files import parse_json
from touchline.formats.files.text_lines import parse_number, read_data
from touchline.formats.files.xml_files import parse_xml, root_name

EVENT_ID = "provider_event"
"""Key of ``Event.extra`` for the provider's id of an event."""

_SIGNS_OF_DAMAGE = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    SyntaxError,
    StopIteration,
)
"""How kloppy's readers, which check little, meet a damaged file: a missing key, a None, XML that lxml refuses."""

_LISTED = 8
_DIGITS = 4
_LARGEST_S = 10**7


@dataclass(frozen=True, slots=True)
class Provider:
    """How kloppy reads the files of a provider.

    Attributes:
        module: kloppy's module.
        loader: its function.
        events: argument for the events.
        beside: argument for the second file; empty if there is none.
        what: what the second file is, for messages.

    """

    module: str
    loader: str
    events: str
    beside: str = ""
    what: str = ""


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "statsbomb": Provider("statsbomb", "load", "event_data", "lineup_data", "the line-ups"),
        "wyscout": Provider("wyscout", "load", "event_data"),
        "opta": Provider("opta", "load", "f24_data", "f7_data", "the F7 file"),
        "statsperform": Provider("statsperform", "load_event", "ma3_data", "ma1_data", "the MA1 file"),
        "datafactory": Provider("datafactory", "load", "event_data"),
        "sportec": Provider("sportec", "load_event", "event_data", "meta_data", "the match information"),
        "metrica": Provider("metrica", "load_event", "event_data", "meta_data", "the metadata"),
        "impect": Provider("impect", "load", "event_data", "lineup_data", "the line-ups"),
    }
)


class ProviderEvents(EventFormat):
    """The files of one provider, which are read only."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = f"{name}'s events"
        self._provider = PROVIDERS[name]

    def read(self, source: EventSource) -> FoundEvents:
        """Read the events that the rules have a label for; the others are counted in a note.

        Raises:
            InputError: a file is damaged, or is not of this provider.
            UsageError: kloppy or the second file is missing, or there is no such label set.

        """
        options = source.options
        if options.labels not in FIRST:
            near = did_you_mean(options.labels, FIRST)
            raise UsageError(f"{options.labels!r} is no label set for providers; use one of {', '.join(FIRST)}{near}")
        found = _dataset(self._provider, source, options.beside)
        reader = _Reader(options.labels, options.period_starts_us, source.name)
        events = tuple(event for row in found.records for event in reader.events_of(row))
        return FoundEvents(Timeline(events), notes=reader.notes())

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Refuse: nobody wants made-up files of a provider.

        Raises:
            UsageError: always.

        """
        raise UsageError(f"files of {self.name} are read, not written")


def provider_named(name: str) -> ProviderEvents | None:
    """Return the files of a provider; None if there is no such provider."""
    return ProviderEvents(name) if name in PROVIDERS else None


def parse_period_starts(given: Sequence[str]) -> dict[int, int]:
    """Return number of a period -> its start in the video, microseconds, from texts such as ``"1=12.5"``.

    Raises:
        UsageError: a text is not a period and a time from 0, or a period is given twice.

    """
    starts: dict[int, int] = {}
    for text in given:
        period, _, seconds = text.partition("=")
        time_s = parse_number(seconds)
        if not (period.strip().isdecimal() and len(period) < _DIGITS and 0 <= time_s <= _LARGEST_S):
            raise UsageError(f"--period-start {text!r}: give the period and its start in seconds, such as 1=12.5")
        if int(period) in starts:
            raise UsageError(f"--period-start {text!r}: period {int(period)} is given twice")
        starts[int(period)] = us_from_seconds(time_s)
    return starts


def _dataset(provider: Provider, source: EventSource, beside: Path | None) -> Any:
    """Return kloppy's events."""
    load, broken = _loader(provider)
    if provider.beside and beside is None:
        raise UsageError(f"{source.name}: needs {provider.what} too; give that file with --beside")
    files = {provider.events: _checked(source.data, source.name)}
    if provider.beside and beside is not None:
        files[provider.beside] = _checked(read_data(beside), str(beside))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(**files)
    except (broken, *_SIGNS_OF_DAMAGE) as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise InputError(f"{source.name}: not readable as events of {provider.module} ({what[:200]})") from error


def _loader(provider: Provider) -> tuple[Callable[..., Any], type[Exception]]:
    """Return kloppy's function for a provider, and the class of its errors.

    Raises:
        MissingPackageError: kloppy is not installed.

    """
    what = "a file of a provider"
    errors, module = need("kloppy.exceptions", what=what), need(f"kloppy.{provider.module}", what=what)
    return getattr(module, provider.loader), errors.KloppyError


def _checked(data: bytes, source: str) -> bytes:
    """Return the content of a file, after checking that it is harmless XML or JSON."""
    if root_name(data):
        parse_xml(data, source=source)
    else:
        parse_json(data.removeprefix(b"\xef\xbb\xbf"), source=source)
    return data


class _Reader:
    """Turns kloppy's events into ours, counting what has no label."""

    def __init__(self, labels: str, starts_us: Mapping[int, int], source: str) -> None:
        self._labels = labels
        self._starts_us = starts_us
        self._source = source
        self._unmapped: Counter[str] = Counter()
        self._outside: Counter[int] = Counter()

    def events_of(self, row: Any) -> list[Event]:
        """Return the events of one of kloppy's."""
        seen = _seen(row)
        labels = list(labels_of(seen, self._labels))
        if not labels:
            self._unmapped[_name(row, seen)] += 1
            return []
        period = int(row.period.id)
        if self._starts_us and period not in self._starts_us:
            self._outside[period] += 1
            return []
        return [self._event(row, label, period) for label in labels]

    def notes(self) -> tuple[str, ...]:
        """Return what was left out, and what the times mean."""
        lines = []
        if self._unmapped:
            kinds = [f"{count} {kind}" for kind, count in self._unmapped.most_common()]
            more = f" and {len(kinds) - _LISTED} other kinds" if len(kinds) > _LISTED else ""
            lines.append(
                f"{self._unmapped.total()} events have no label in {self._labels}: {', '.join(kinds[:_LISTED])}{more}"
            )
        lines += [
            f"{counted(count, 'event')} of period {period}, whose start in the video was not given"
            for period, count in sorted(self._outside.items())
        ]
        if not self._starts_us:
            lines.append(
                "times count from the start of each period; give --period-start 1=SECONDS for times in the video"
            )
        return tuple(lines)

    def _event(self, row: Any, label: str, period: int) -> Event:
        start_us = us_from_seconds(row.timestamp.total_seconds())
        if self._starts_us:
            start_us += self._starts_us[period]
        try:
            return Event(
                label,
                start_us if self._starts_us else max(start_us, 0),
                team=None if row.team is None else str(row.team.name or row.team.team_id),
                player=None if row.player is None else str(row.player.name or row.player.player_id),
                half=1 if self._starts_us else period,
                source="truth",
                extra={EVENT_ID: str(row.event_id)},
            )
        except ValueError as error:
            raise InputError(f"{self._source}: event {row.event_id!s:.60}: not a possible event ({error})") from error


def _seen(row: Any) -> ProviderEvent:
    """Return what the rules look at."""
    result = getattr(row, "result", None)
    values = [qualifier.value for qualifier in getattr(row, "qualifiers", None) or ()]
    card = getattr(row, "card_type", None)
    names = [getattr(value, "name", None) for value in (*values, card) if value is not None]
    kind = str(row.event_type.name)
    return ProviderEvent(kind, "" if result is None else str(result.name), frozenset(filter(None, names)))


def _name(row: Any, seen: ProviderEvent) -> str:
    """Return the name of an event for the list of those without a label."""
    return str(getattr(row, "event_name", "") or seen.kind).lower()
