"""The events of the halves of a game as one timeline, each half on the clock that SoccerNet's labels have."""

from __future__ import annotations

from collections.abc import Sequence

from touchline.analysis.games.half_video import HalfVideo
from touchline.core.events import Event, Timeline
from touchline.formats.soccernet.video_ini import trimmed


def game_events(found: Sequence[tuple[HalfVideo, Timeline]]) -> tuple[Timeline, int]:
    """Return the events of a game, and the number of events outside the halves of untrimmed videos.

    Args:
        found: each half with the events of its video, on the video's own clock.

    """
    events: list[Event] = []
    outside = 0
    for half, timeline in found:
        of_half = timeline.of_half(half.half)
        if half.span is not None:
            of_half, before_or_after = trimmed(of_half, {half.half: half.span})
            outside += before_or_after
        events += of_half
    return Timeline(tuple(events)), outside
