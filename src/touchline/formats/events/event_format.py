"""The interface of an event format: how its files are named, recognised, read and written, and what it cannot hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError
from touchline.core.events import Timeline
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.files.json_files import parse_object


@dataclass(frozen=True)
class EventSource:
    """A file of events whose format is not yet known.

    Attributes:
        name: name for messages; formats also recognise files by its ending.
        data: content of the file.

    """

    name: str
    data: bytes

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the JSON object that it holds.

        Raises:
            InputError: it holds something else.

        """
        return parse_object(self.data, source=self.name)

    def has_key(self, key: str) -> bool:
        """Return whether it holds a JSON object with this key."""
        try:
            return key in self.document
        except InputError:
            return False


@dataclass(frozen=True, slots=True)
class Fitted:
    """A timeline as a format can hold it, and what is lost in the conversion.

    Attributes:
        timeline: events that the format can hold, under its labels.
        dropped: label -> number of its events that the format has no class for.
        notes: other losses, one line each.

    """

    timeline: Timeline
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Converted:
    """A written file, and what of the source it does not hold; see :class:`Fitted`."""

    path: Path
    events: int
    dropped: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def lossy(self) -> bool:
        """Whether anything was lost."""
        return bool(self.dropped or self.notes)


class EventFormat(ABC):
    """A format of event files.

    A write-only format overrides :meth:`content`; one that is also read, :meth:`recognises` and :meth:`read`; one that
    cannot hold everything, :meth:`fit`.

    Attributes:
        name: name used by options and :meth:`touchline.formats.bundle.Bundle.export_events`.
        title: description of its files' content, to complete "... have no class for".
        file_names: names of its files; a file written under one of these names is of this format.
        suffixes: endings of its files, for formats whose files may have any name.

    """

    name: str
    title: str
    file_names: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

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

    def read(self, source: EventSource) -> tuple[Timeline, str]:
        """Return the events of a file, and the name of the game; empty if the file names none.

        Raises:
            InputError: the file is damaged, or has impossible events.

        """
        raise NotImplementedError(f"{type(self).__name__} recognises files but does not read them: {source.name}")

    def fit(self, timeline: Timeline) -> Fitted:
        """Return what of a timeline the format can hold: everything by default."""
        return Fitted(timeline)

    @abstractmethod
    def content(self, timeline: Timeline, *, game: str) -> bytes:
        """Return the content of a file for a fitted timeline; ``game`` names the game, if the format stores it."""

    def write(self, timeline: Timeline, path: Path, *, game: str) -> Converted:
        """Write a timeline atomically.

        Raises:
            InputError: the format has a class for none of the events.
            ResourceError: the file cannot be written.

        """
        fitted = self.fit(timeline)
        if not fitted.timeline.events and timeline.events:
            labels = ", ".join(sorted(fitted.dropped))
            raise InputError(f"{path}: {self.title} have no class for any of {labels}; nothing was written")
        make_folder(path.parent)
        write_bytes_atomic(path, self.content(fitted.timeline, game=game))
        return Converted(path, len(fitted.timeline), fitted.dropped, fitted.notes)


def count_losses(losses: Mapping[str, int]) -> tuple[str, ...]:
    """Return notes for :class:`Fitted` from loss -> number of events, leaving out zeros."""
    return tuple(f"{count} events: {what}" for what, count in losses.items() if count)
