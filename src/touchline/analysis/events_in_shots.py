"""Which events can be believed, by what the camera shows when they happen.

A spotter of pictures learned ball actions (``touchline.core.labels.BALL_12``: passes, drives, ...) from the main
camera. In close-ups, replays and shots of something else its peaks are not to be trusted, so these labels need a wide
shot. All
other labels stay wherever they are: broadcasters show cards, substitutions and goals in close-ups, and what a label of
another sport needs is not known.
"""

from __future__ import annotations

from collections.abc import Sequence

from touchline.core.events import Event, Timeline
from touchline.core.labels import BALL_12
from touchline.core.tracks import Shot


def in_wide_shots(timeline: Timeline, *, shots: Sequence[Shot]) -> Timeline:
    """The events without the ball actions whose time lies in a shot that is not wide."""
    doubtful = [shot for shot in shots if not shot.wide]
    return Timeline(tuple(event for event in timeline if not _lies_in(event, doubtful)))


def remark_on_left_out(count: int) -> str:
    """What a user should know where so many events were left out."""
    were = "1 ball action was" if count == 1 else f"{count} ball actions were"
    return f"{were} left out: found in close-ups, replays or other shots that are not wide (scores.npz has the curves)"


def _lies_in(event: Event, shots: Sequence[Shot]) -> bool:
    """Whether an event is a ball action in one of some shots."""
    return event.label in BALL_12 and any(shot.start_us <= event.start_us < shot.end_us for shot in shots)
