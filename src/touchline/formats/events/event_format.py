"""The interface of an event format: how its files are named, recognised, read and written, and what it cannot hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError
from touchline.core.events import Timeline
from touchline.formats.events.export_context import ExportContext, LabelStyle, VideoFacts
from touchline.formats.events.losses import EVERYTHING, count_losses, lost_parts, lost_precision
from touchline.formats.files.atomic import make_folder, replacing
from touchline.formats.files.json_files import parse_object, read_bytes, size_of
from touchline.formats.files.json_lists import LONG_BYTES, LongList, find_long_list
from touchline.formats.files.text_encoding import DecodedText, decode_any
from touchline.formats.files.xml_files import root_name

LISTS = ("events", "annotations", "predictions")
"""Keys under which JSON files of events have their list."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user states about a file to read.

    Attributes:
        columns: field -> column name, for CSV files of other tools.
        fps: frame rate, for files that count frames and do not state it.
        item: which video of a file with several, by name or by number from 1.
        beside: a second file that belongs to it, such as the line-ups of a provider's events.
        period_starts_us: number of a period -> its start in the video, for event data of providers.
        labels: label set that event data of providers is mapped to.

    """

    columns: Mapping[str, str] = field(default_factory=dict)
    fps: Fraction | None = None
    item: str | None = None
    beside: Path | None = None
    period_starts_us: Mapping[int, int] = field(default_factory=dict)
    labels: str = "ball-12"


@dataclass(frozen=True)
class EventSource:
    """A file of events whose format is not yet known.

    Attributes:
        name: name for messages; formats also recognise files by its ending.
        content: content of the file, or where it is.
        options: what the user states about the file.

    """

    name: str
    content: bytes | Path
    options: ReadOptions = field(default_factory=ReadOptions)

    @cached_property
    def data(self) -> bytes:
        """Return the whole content.

        Raises:
            InputError: the file cannot be read.

        """
        return self.content if isinstance(self.content, bytes) else read_bytes(self.content)

    @cached_property
    def long_list(self) -> LongList | None:
        """Return the long list of events in a large JSON file, to be read piece by piece; None for any other content.

        Raises:
            InputError: the file cannot be read.

        """
        if isinstance(self.content, bytes) or "data" in vars(self) or size_of(self.content) < LONG_BYTES:
            return None
        return find_long_list(self.content, LISTS)

    def entries(self, key: str) -> Iterable[Any]:
        """Return the list under a key of the JSON object, of a large file to be gone through once.

        Raises:
            InputError: it is not a list.

        """
        if self.long_list is not None and self.long_list.key == key:
            return self.long_list.rows()
        found = self.document.get(key, [])
        if not isinstance(found, list):
            raise InputError(f"{self.name}: {key} is a {type(found).__name__}, not a list of events")
        return found

    @cached_property
    def outline(self) -> dict[str, Any]:
        """Return the JSON object, of a large file with an empty list in place of its events.

        Raises:
            InputError: it holds something else.

        """
        return self.document if self.long_list is None else self.long_list.outline

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the JSON object that it holds.

        Raises:
            InputError: it holds something else.

        """
        return parse_object(self.data, source=self.name)

    @cached_property
    def text(self) -> DecodedText:
        """Return its text, whatever the encoding.

        Raises:
            InputError: it is not text.

        """
        return decode_any(self.data, source=self.name)

    @cached_property
    def xml_root(self) -> str:
        """Return the name of the XML element that it begins with; empty if it is not XML."""
        return "" if self.long_list is not None else root_name(self.data)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Return the keys of the JSON object that it holds; empty if it holds something else."""
        if self.xml_root:
            return frozenset()
        try:
            return frozenset(self.outline)
        except InputError:
            return frozenset()

    def has_key(self, key: str) -> bool:
        """Return whether it holds a JSON object with this key."""
        return key in self.keys


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """What a file of events holds.

    Attributes:
        timeline: its events.
        game: name of the game or video; empty if the file names none.
        notes: what was odd about the file and how it was read, one line each.
        styles: label -> colour, lead and lag, in the file's order.
        video: what the file says about the video.
        kept: parts of the file that belong to no event, for the same format to write back.

    """

    timeline: Timeline
    game: str = ""
    notes: tuple[str, ...] = ()
    styles: Mapping[str, LabelStyle] = field(default_factory=dict)
    video: VideoFacts = field(default_factory=VideoFacts)
    kept: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A timeline as a format can hold it, and what is lost in the conversion.

    Attributes:
        timeline: events that the format can hold, under its labels.
        dropped: label -> number of its events that the format has no class for.
        notes: other losses, one line each.
        remarks: what the user should know although nothing is lost, one line each.

    """

    timeline: Timeline
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Converted:
    """A written file with so many events or boxes, and what of the source it does not hold; see :class:`Fitted`."""

    path: Path
    events: int
    dropped: Mapping[str, int]
    notes: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    boxes: int = 0

    @property
    def lossy(self) -> bool:
        """Whether anything was lost."""
        return bool(self.dropped or self.notes)


class EventFormat(ABC):
    """A format of event files.

    A write-only format overrides :meth:`content`; one that is also read, :meth:`recognises` and :meth:`read`; one that
    cannot hold everything declares ``holds`` and ``unit_us``, or overrides :meth:`fit`.

    Attributes:
        name: name used by options and :meth:`touchline.formats.bundle.Bundle.export_events`.
        title: description of its files' content, to complete "... have no class for".
        file_names: names of its files; a file written under one of these names is of this format.
        suffixes: endings of its files, for formats whose files may have any name; the first one is the default.
        holds: which of :data:`touchline.formats.events.losses.PARTS` it stores, beside labels and times.
        extras: keys of ``Event.extra`` that are this format's own.
        unit_us: precision of its times, microseconds.
        counts_frames: whether times are frame numbers, so that the video's frame times or rate must be known.

    """

    name: str
    title: str
    file_names: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    holds: frozenset[str] = EVERYTHING
    extras: frozenset[str] = frozenset()
    unit_us: int = 1
    counts_frames: bool = False

    def takes(self, file_name: str) -> bool:
        """Return whether a file with this name is of this format."""
        return file_name in self.file_names or file_name.lower().endswith(self.suffixes)

    @property
    def default_name(self) -> str:
        """The default file name of this format."""
        return self.file_names[0] if self.file_names else f"events{self.suffixes[0]}"

    @property
    def readable(self) -> bool:
        """Whether its files can be read, not only written."""
        return type(self).read is not EventFormat.read

    def recognises(self, source: EventSource) -> bool:
        """Return whether a file is of this format and can be read."""
        del source
        return False

    def read(self, source: EventSource) -> FoundEvents:
        """Return the events of a file, and what else it says.

        Raises:
            InputError: the file is damaged, or has impossible events.

        """
        raise NotImplementedError(f"{type(self).__name__} recognises files but does not read them: {source.name}")

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return what of a timeline the format can hold: by default all events, less what ``holds`` lacks."""
        del context
        return Fitted(timeline, notes=self.losses(timeline))

    def losses(self, timeline: Timeline) -> tuple[str, ...]:
        """Return what the format cannot hold of these events, by ``holds``, ``extras`` and ``unit_us``."""
        lost = lost_parts(timeline, holds=self.holds, extras=self.extras)
        return count_losses({**lost, **lost_precision(timeline, unit_us=self.unit_us)})

    @abstractmethod
    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return the content of a file for a fitted timeline.

        Raises:
            UsageError: the format needs a fact that the context lacks.

        """

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece; a format of large files makes them one at a time.

        Raises:
            UsageError: the format needs a fact that the context lacks.

        """
        yield self.content(timeline, context=context)

    def write(self, timeline: Timeline, path: Path, *, context: ExportContext) -> Converted:
        """Write a timeline atomically.

        Raises:
            InputError: the format has a class for none of the events.
            UsageError: the format needs a fact that the context lacks.
            ResourceError: the file cannot be written.

        """
        fitted = self.fit(timeline, context=context)
        if not fitted.timeline.events and timeline.events:
            labels = ", ".join(sorted(fitted.dropped))
            raise InputError(f"{path}: {self.title} have no class for any of {labels}; nothing was written")
        parts = self.parts(fitted.timeline, context=context)
        first = next(parts, b"")
        make_folder(path.parent)
        with replacing(path) as file:
            file.write(first)
            file.writelines(parts)
        return Converted(path, len(fitted.timeline), fitted.dropped, fitted.notes, fitted.remarks)
