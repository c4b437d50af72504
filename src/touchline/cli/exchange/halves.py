"""Which half converted events are of, and the clock of an untrimmed half."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.cli.exchange.event_inputs import EventInput
from touchline.core.errors import UsageError

if TYPE_CHECKING:
    from touchline.core.events import Timeline


@dataclass(frozen=True)
class Halves:
    """What is stated about the halves of the events to convert.

    Attributes:
        half: the half of all events; None takes it from the file's name, if its events state none but 1.
        video_ini: where each half begins in an untrimmed video; None leaves times as they are.

    """

    half: int | None = None
    video_ini: Path | None = None

    def of(self, timeline: Timeline, given: EventInput) -> tuple[Timeline, int]:
        """Return the events on the clock of their half, and the number of events outside the halves.

        Raises:
            UsageError: a half is stated for events of several.
            InputError: ``video.ini`` cannot be read, or lacks a half.

        """
        stated = self._of_half(timeline, given)
        if self.video_ini is None:
            return stated, 0
        from touchline.formats.soccernet.video_ini import read_video_ini, trimmed

        return trimmed(stated, read_video_ini(self.video_ini))

    def _of_half(self, timeline: Timeline, given: EventInput) -> Timeline:
        from touchline.formats.soccernet.game_names import half_in_name

        halves = sorted({event.half for event in timeline})
        if self.half is not None and len(halves) > 1:
            known = " and ".join(map(str, halves))
            raise UsageError(f"--half {self.half}: the events of {given.game} are of the halves {known}; leave it out")
        named = half_in_name((given.path / given.name).name) if halves == [1] else None
        half = self.half or named
        return timeline if half is None else timeline.of_half(half)
