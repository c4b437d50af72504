"""What the score board says: match times of the events, and clock, score and teams in the line under the title."""

from __future__ import annotations

from collections.abc import Mapping

from touchline.core.board.values import MatchClock
from touchline.core.clock import format_clock
from touchline.core.wording import counted
from touchline.formats.events.match_times import MATCH_TIME, SCORE, match_values
from touchline.report.sections.section import Facts, Section
from touchline.report.values import BundleValues


def _data(values: BundleValues) -> Mapping[str, object]:
    clock = values.clock
    if clock is None or not clock.found:
        return {"match": None}
    return {"match": [_words(clock, event.start_us) for event in values.events]}


def _facts(values: BundleValues) -> Facts:
    clock = values.clock
    if clock is None or not clock.found:
        return []
    facts = [("Match clock", _clock_words(clock))]
    if clock.scores:
        names = [team.name if team else side for team, side in ((clock.home, "home"), (clock.away, "away"))]
        facts.append(("Score", f"{names[0]} {clock.scores[-1].text} {names[1]}"))
    return facts


SECTION = Section(_data, _facts)


def _words(clock: MatchClock, time_us: int) -> str | None:
    """Return match time and score of a moment, as far as they are known; None if neither is."""
    found = match_values(clock, time_us)
    return ", ".join(str(found[key]) for key in (MATCH_TIME, SCORE) if key in found) or None


def _clock_words(clock: MatchClock) -> str:
    first, last = clock.spans[0], clock.spans[-1]
    words = f"{first.at(first.start_us).text} to {last.at(last.end_us).text}"
    words += f", read off the board ({counted(len(clock.spans), 'span')}"
    starts = [f"period {one.period} kicks off at {format_clock(one.time_us, decimals=0)}" for one in clock.kick_offs]
    return "; ".join([words, *starts]) + ")"
