"""Hudl Sportscode's XML edit list, which Nacsport writes and reads too.

``file/ALL_INSTANCES/instance`` hold ``ID``, ``start`` and ``end`` in seconds, ``code`` and any number of ``label``
(``group``, ``text``); ``ROWS/row`` the colours of codes. Whatever else a file holds is kept and written back.
"""

from __future__ import annotations

from collections.abc import Iterator

from touchline.core.events import Timeline
from touchline.core.wording import counted
from touchline.formats.events.event_format import EventFormat, EventSource, Fitted, FoundEvents
from touchline.formats.events.export_context import ExportContext
from touchline.formats.events.losses import EVERYTHING, OTHER, PLACE
from touchline.formats.events.sports.sportscode_reader import XML_AFTER, XML_BEFORE, read_instances
from touchline.formats.events.sports.sportscode_writer import instances_text, texts_of
from touchline.formats.files.xml_files import has_illegal


class SportscodeEvents(EventFormat):
    """The format of Sportscode, under the name of each tool that uses it.

    Args:
        name: ``"sportscode"`` or ``"nacsport"``.
        title: see :class:`EventFormat`.
        suffixes: endings of its files.

    """

    holds = EVERYTHING - {PLACE, OTHER}
    extras = frozenset({XML_BEFORE, XML_AFTER})

    def __init__(self, name: str, title: str, suffixes: tuple[str, ...]) -> None:
        self.name, self.title, self.suffixes = name, title, suffixes

    def recognises(self, source: EventSource) -> bool:
        """Return whether it is XML that begins with the element ``file``."""
        return source.xml_root.lower() == "file"

    def read(self, source: EventSource) -> FoundEvents:
        """Read the instances as intervals, those with an exact time as points.

        Raises:
            InputError: the file is damaged, or has impossible instances.

        """
        return read_instances(source.data, source=source.name)

    def fit(self, timeline: Timeline, *, context: ExportContext) -> Fitted:
        """Return all events; what is remarkable about them is that points became clips."""
        stripped = sum(any(map(has_illegal, texts_of(event))) for event in timeline)
        notes = [f"{counted(stripped, 'event')}: control characters are left out"] if stripped else []
        return Fitted(timeline, notes=(*self.losses(timeline), *notes), remarks=_remarks(timeline, context))

    def content(self, timeline: Timeline, *, context: ExportContext) -> bytes:
        """Return the XML, with instances numbered from 1 in order of time."""
        return b"".join(self.parts(timeline, context=context))

    def parts(self, timeline: Timeline, *, context: ExportContext) -> Iterator[bytes]:
        """Yield the content piece by piece."""
        return (text.encode() for text in instances_text(timeline, context))


def _remarks(timeline: Timeline, context: ExportContext) -> tuple[str, ...]:
    remarks = []
    points = sum(event.end_us is None for event in timeline)
    if points:
        remarks.append(
            f"{counted(points, 'point')} became clips with a lead and a lag; the exact time is in the label 't'"
        )
    if context.options.integer_times:
        remarks.append("times are whole seconds; the exact ones are in the label 't'")
    if any(event.half != 1 for event in timeline):
        remarks.append("times of every half start at 0; export each half for its own video")
    return tuple(remarks)
