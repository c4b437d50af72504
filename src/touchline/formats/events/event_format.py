"""What an event format is: how its files are named and recognised, read and written, and what they cannot hold."""

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
    """A file of events before it is known what it holds.

    Attributes:
        name: what to call it in messages; formats also recognise files by how it ends.
        data: its bytes.

    """

    name: str
    data: bytes

    @cached_property
    def document(self) -> dict[str, Any]:
        """The JSON object that it holds.

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
    """A timeline as a format can hold it, and what is lost on the way.

    Attributes:
        timeline: the events that it has room for, under its labels.
        dropped: label -> events of it that the format has no class for.
        notes: what else is lost, one line each.

    """

    timeline: Timeline
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Converted:
    """A file written, and what of the source it does not hold; see :class:`Fitted`."""

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

    A format that is only written overrides :meth:`content`; one that is also read, :meth:`recognises` and
    :meth:`read`; one that cannot hold everything, :meth:`fit`.

    Attributes:
        name: what options and :meth:`touchline.formats.bundle.Bundle.export_events` call it.
        title: what its files hold, in words, to complete "... have no class for".
        file_names: names of its files; what is written under one of these names is of this format.
        suffixes: endings of its files where any name will do.

    """

    name: str
    title: str
    file_names: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def takes(self, file_name: str) -> bool:
        """Return whether a file of this name is of this format."""
        return file_name in self.file_names or file_name.lower().endswith(self.suffixes)

    @property
    def default_name(self) -> str:
        """A name for a file of this format."""
        return self.file_names[0] if self.file_names else f"events{self.suffixes[0]}"

    @property
    def readable(self) -> bool:
        """Whether its files can be read, not just written."""
        return type(self).read is not EventFormat.read

    def recognises(self, source: EventSource) -> bool:
        """Return whether a file is of this format and can be read."""
        del source
        return False

    def read(self, source: EventSource) -> tuple[Timeline, str]:
        """Return the events of a file, and the game it names itself, empty if it names none.

        Raises:
            InputError: damaged, or events that cannot be.

        """
        raise NotImplementedError(f"{type(self).__name__} recognises files but does not read them: {source.name}")

    def fit(self, timeline: Timeline) -> Fitted:
        """What of a timeline the format can hold: everything, unless a format says otherwise."""
        return Fitted(timeline)

    @abstractmethod
    def content(self, timeline: Timeline, *, game: str) -> bytes:
        """A file that holds a timeline which fits; ``game`` names the game where the format has a place for it."""

    def write(self, timeline: Timeline, path: Path, *, game: str) -> Converted:
        """Write a timeline in one step.

        Raises:
            InputError: the format has a class for none of the events.
            ResourceError: it cannot be written.

        """
        fitted = self.fit(timeline)
        if not fitted.timeline.events and timeline.events:
            labels = ", ".join(sorted(fitted.dropped))
            raise InputError(f"{path}: {self.title} have no class for any of {labels}; nothing was written")
        make_folder(path.parent)
        write_bytes_atomic(path, self.content(fitted.timeline, game=game))
        return Converted(path, len(fitted.timeline), fitted.dropped, fitted.notes)


def count_losses(losses: Mapping[str, int]) -> tuple[str, ...]:
    """Notes for :class:`Fitted`: what is lost -> of how many events, without those of none."""
    return tuple(f"{count} events: {what}" for what, count in losses.items() if count)
