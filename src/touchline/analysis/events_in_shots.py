"""A filter that drops unreliable events by the type of camera shot in which they lie.

Spotters learn ball actions (``BALL_12`` and ``PLAY`` of :mod:`touchline.core.labels`: passes, drives, ...) from the
main camera. Their peaks in close-ups, replays and other shots cannot be trusted, so these labels are kept only in wide
shots. All other labels
are kept everywhere: broadcasters show cards, substitutions and goals in close-ups, and which shots the labels of other
sports need is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from touchline.core.events import Event, Timeline
from touchline.core.labels import BALL_12, PLAY
from touchline.core.tracks import Shot

OF_PLAY = frozenset({*BALL_12, *PLAY})
"""Labels that count in wide shots only."""


def in_wide_shots(timeline: Timeline, *, shots: Sequence[Shot]) -> Timeline:
    """Return the events without the events of play that start in a shot that is not wide."""
    doubtful = [shot for shot in shots if not shot.wide]
    return Timeline(tuple(event for event in timeline if not _lies_in(event, doubtful)))


def remark_on_left_out(count: int) -> str:
    """Return the remark for the user on the number of events that were left out."""
    were = "1 ball action was" if count == 1 else f"{count} ball actions were"
    return f"{were} left out: found in close-ups, replays or other shots that are not wide (scores.npz has the curves)"


def _lies_in(event: Event, shots: Sequence[Shot]) -> bool:
    """Return whether an event is an event of play that starts in one of the shots."""
    return event.label in OF_PLAY and any(shot.start_us <= event.start_us < shot.end_us for shot in shots)
