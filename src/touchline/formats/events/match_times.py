"""Match time, period and score of events, from the clock on the score board.

They are further values of an event, by the keys below; its time stays that of the video. ``half`` becomes the period
only where the whole video is one period: a half has a video, and a clock, of its own there, as in SoccerNet.
"""

from __future__ import annotations

from dataclasses import replace

from touchline.core.board.values import MatchClock, MatchTime
from touchline.core.clock import US_PER_S, format_game_time
from touchline.core.events import Event, Timeline

PERIOD, MATCH_TIME, MATCH_MINUTE, SCORE = "period", "match_time", "match_minute", "score"
"""Keys of ``Event.extra``: 1 to 4; ``"47:12"`` as the board shows it; ``"45+3"`` as it is announced; ``"1-0"``."""
MATCH_KEYS = frozenset({PERIOD, MATCH_TIME, MATCH_MINUTE, SCORE})


def with_match_times(timeline: Timeline, clock: MatchClock) -> Timeline:
    """Return the events with what the board said at their time; unchanged without a clock."""
    if not clock.found:
        return timeline
    return Timeline(tuple(_with_match_time(event, clock) for event in timeline))


def match_values(clock: MatchClock, time_us: int) -> dict[str, object]:
    """Return what is known of a moment, by the keys above: nothing, the period, or all of it."""
    period, at, score = clock.period_at(time_us), clock.at(time_us), clock.score_at(time_us)
    found: dict[str, object] = {} if period is None else {PERIOD: at.period if at else period}
    if at is not None:
        found |= {MATCH_TIME: at.text, MATCH_MINUTE: at.minute}
    return found if score is None or not found else {**found, SCORE: score.text}


def game_time(event: Event) -> str:
    """Return SoccerNet's clock of an event: that of the match within its period if it is known, else of the video."""
    period, text = event.extra.get(PERIOD), event.extra.get(MATCH_TIME)
    if not isinstance(period, int) or not isinstance(text, str):
        return format_game_time(event.start_us, half=half_of(event))
    minutes, seconds = map(int, text.split(":"))
    at = MatchTime(period, (60 * minutes + seconds) * US_PER_S)
    return format_game_time(at.in_period_us, half=period)


def half_of(event: Event) -> int:
    """Return the period of an event if it is known, else its half."""
    period = event.extra.get(PERIOD)
    return period if isinstance(period, int) else event.half


def without_match_values(event: Event) -> dict[str, object]:
    """Return the further values of an event, without those of the board."""
    return {name: value for name, value in event.extra.items() if name not in MATCH_KEYS}


def _with_match_time(event: Event, clock: MatchClock) -> Event:
    values = match_values(clock, event.start_us)
    half = clock.periods[0] if len(clock.periods) == 1 else event.half
    return replace(event, half=half, extra={**event.extra, **values})
