"""The match clock as straight lines through reads of it: wrong reads lie on no line.

In a video, a running clock is a line of slope 1 over the video's time. A cut, and the break between two periods, begin
a new line. Of a clip that was sped up or slowed down, the line is steeper or flatter; one line of any slope is taken
where it explains many more reads than the best line of slope 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from touchline.core.arrays import Bools, Floats64, Indices
from touchline.core.board.values import PERIOD_ENDS_US, PERIOD_STARTS_US, ClockSpan, KickOff
from touchline.core.clock import US_PER_S, us_from_seconds
from touchline.tracking.board.paths import cheapest_path, confidence_of, runs

LEAST_READS = 3
"""Reads on one line that make a clock."""
EXTEND_S = 30.0
"""How far a line is believed before its first read and after its last."""
KICK_OFF_WITHIN_S = 120.0
"""How long after a kick-off the clock must first be read for the kick-off to count as found."""

_WIDTH_S = 1.3
_MOST_LINES = 40
_LEAST_SHARE = 0.25
_CHANGE = 2.5
_NO_CLOCK = 0.9
_SECOND_CHOICE = 0.1
_RATES = (0.1, 20.0)
_FREE_LEAST, _FREE_SHARE, _FREE_TRIED = 4, 0.6, 60
_EXPLAINED, _MANY_MORE = 0.8, 1.2
_BACK_S = 20.0
_ADDED_S = 600.0
"""How long after 90:00 a clock is that of the second half, if nothing else is known: extra time is rare."""
_STOPS_S = tuple(end_us / US_PER_S for end_us in PERIOD_ENDS_US.values())


@dataclass(frozen=True, slots=True)
class ClockRead:
    """What was read as a clock on one picture: its time in the video, and possible seconds, the likeliest first."""

    time_us: int
    seconds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line through reads: the clock is ``start_s + rate * time``; first and last are times of agreeing reads."""

    start_s: float
    rate: float
    first_s: float
    last_s: float
    agreeing: int
    of: int

    def at(self, time_s: float) -> float:
        """Return the clock at a time of the video, seconds."""
        return self.start_s + self.rate * time_s

    @property
    def begins_s(self) -> float:
        """The clock at the first read."""
        return self.at(self.first_s)

    @property
    def ends_s(self) -> float:
        """The clock at the last read."""
        return self.at(self.last_s)


def fit_clock(reads: Sequence[ClockRead], *, duration_us: int) -> tuple[tuple[ClockSpan, ...], tuple[KickOff, ...]]:
    """Return the spans in which the clock is known, and the kick-offs that lie in the video.

    Args:
        reads: in order of time.
        duration_us: length of the video.

    """
    reads = [read for read in reads if read.seconds]
    lines = _running_lines(reads)
    best = max((line.agreeing for line in lines), default=0)
    if best < _EXPLAINED * len(reads):
        free = _free_line(reads)
        more = free is not None and free.agreeing > max(_MANY_MORE * best, sum(line.agreeing for line in lines))
        lines = [free] if free is not None and more else lines
    periods = _periods(lines)
    return _spans(lines, periods, duration_us=duration_us)


def _running_lines(reads: Sequence[ClockRead]) -> list[_Line]:
    """Return the lines of slope 1, in order of time."""
    times = np.array([read.time_us / US_PER_S for read in reads])
    centres = _offsets(reads)
    if not centres:
        return []
    agree = np.stack([_agreement(reads, centre) for centre in centres], axis=1)
    costs = np.concatenate([1 - agree, np.full((len(reads), 1), _NO_CLOCK)], axis=1)
    states = len(centres) + 1
    path = cheapest_path(costs, _CHANGE * (1 - np.eye(states)))
    lines = []
    for state, start, end in _joined(runs(path), none=len(centres)):
        inside: Indices = np.flatnonzero(agree[start:end, state] > 0) + start
        line = _line_through(reads, times, inside, centre=centres[state])
        if line is not None:
            lines.append(line)
    return lines


def _offsets(reads: Sequence[ClockRead]) -> list[float]:
    """Return clock minus video time of the lines that several reads lie on, seconds; the best first."""
    pairs = [
        (seconds - read.time_us / US_PER_S, number, 1.0 - _SECOND_CHOICE * choice)
        for number, read in enumerate(reads)
        for choice, seconds in enumerate(read.seconds)
    ]
    pairs.sort()
    values = np.array([pair[0] for pair in pairs])
    owners = np.array([pair[1] for pair in pairs], np.int64)
    weights = np.array([pair[2] for pair in pairs])
    found: list[float] = []
    while len(found) < _MOST_LINES and len(values):
        ends = np.searchsorted(values, values + _WIDTH_S, side="right")
        sums = np.concatenate([[0.0], np.cumsum(weights)])
        totals = sums[ends] - sums[:-1]
        start = int(totals.argmax())
        taken = owners[start : ends[start]]
        if len(set(taken.tolist())) < LEAST_READS:
            break
        found.append(float((values[start] + values[ends[start] - 1]) / 2))
        kept = ~np.isin(owners, taken)
        values, owners, weights = values[kept], owners[kept], weights[kept]
    return found


def _agreement(reads: Sequence[ClockRead], centre: float) -> Floats64:
    """Return how well each read agrees with a line, 0 to 1."""
    return np.array([_agrees(read, centre + read.time_us / US_PER_S) for read in reads])


def _agrees(read: ClockRead, expected_s: float) -> float:
    for choice, seconds in enumerate(read.seconds):
        if abs(seconds - expected_s) <= _WIDTH_S / 2 + 0.1:
            return 1.0 - _SECOND_CHOICE * choice
        if seconds in _STOPS_S and seconds <= expected_s <= seconds + 900:
            return 0.8  # the board stays at 45:00 while added time is shown elsewhere
    return 0.0


def _joined(found: list[tuple[int, int, int]], *, none: int) -> list[tuple[int, int, int]]:
    """Return the runs on lines; those of one line with nothing but misreads between them are one."""
    joined: list[tuple[int, int, int]] = []
    for state, start, end in found:
        if state == none:
            continue
        if joined and joined[-1][0] == state:
            joined[-1] = state, joined[-1][1], end
        else:
            joined.append((state, start, end))
    return joined


def _line_through(reads: Sequence[ClockRead], times: Floats64, inside: Indices, *, centre: float) -> _Line | None:
    """Return the line of slope 1 through some reads; None if they are too few, too thin, or show too few seconds."""
    offsets = [
        min((seconds - times[number] for seconds in reads[number].seconds), key=lambda one: abs(one - centre))
        for number in inside.tolist()
    ]
    exact = [one for one in offsets if abs(one - centre) <= _WIDTH_S]
    shown = {round(offset + times[number]) for offset, number in zip(offsets, inside.tolist(), strict=True)}
    if min(len(exact), len(shown)) < LEAST_READS:
        return None
    of = int(inside[-1] - inside[0]) + 1
    if len(inside) < _LEAST_SHARE * of:
        return None
    # a clock shows whole seconds, cut: the truth lies between what it shows and one second more
    start_s = (float(np.percentile(exact, 95)) + float(np.percentile(exact, 5)) + 1) / 2
    return _Line(start_s, 1.0, float(times[inside[0]]), float(times[inside[-1]]), len(inside), of)


def _free_line(reads: Sequence[ClockRead]) -> _Line | None:
    """Return the line of any slope that most reads of a whole clip lie on; None if too few do."""
    tried = reads[:: max(1, len(reads) // _FREE_TRIED)]
    times = np.array([read.time_us / US_PER_S for read in reads])
    best: tuple[int, float, float, Bools] | None = None
    for first in range(len(tried)):
        for last in range(first + 1, len(tried)):
            for rate, start_s in _through(tried[first], tried[last]):
                near = _near(reads, times, rate=rate, start_s=start_s)
                if best is None or near.sum() > best[0]:
                    best = int(near.sum()), rate, start_s, near
    if best is None or best[0] < max(_FREE_LEAST, _FREE_SHARE * len(reads)):
        return None
    _, rate, start_s, near = best
    inside = np.flatnonzero(near)
    clocks = np.array([_nearest(reads[i], start_s + rate * times[i]) + 0.5 for i in inside.tolist()])
    if len(np.unique(clocks)) < _FREE_LEAST:
        return None  # a time of day that goes on by a minute
    rate, start_s = (float(value) for value in np.polyfit(times[inside], clocks, 1))
    first_s, last_s = float(times[inside[0]]), float(times[inside[-1]])
    return _Line(start_s, rate, first_s, last_s, len(inside), int(inside[-1] - inside[0]) + 1)


def _through(first: ClockRead, last: ClockRead) -> list[tuple[float, float]]:
    """Return slope and clock at time 0 of the possible lines through two reads."""
    step_s = (last.time_us - first.time_us) / US_PER_S
    lines = [
        ((later - earlier) / step_s, earlier + 0.5 - (later - earlier) / step_s * first.time_us / US_PER_S)
        for earlier in first.seconds
        for later in last.seconds
        if step_s > 0
    ]
    return [line for line in lines if _RATES[0] <= line[0] <= _RATES[1]]


def _near(reads: Sequence[ClockRead], times: Floats64, *, rate: float, start_s: float) -> Bools:
    expected = start_s + rate * times
    distances = [abs(_nearest(read, value) + 0.5 - value) for read, value in zip(reads, expected, strict=True)]
    return np.array(distances) <= 0.8 + 0.2 * rate


def _nearest(read: ClockRead, expected_s: float) -> int:
    return min(read.seconds, key=lambda seconds: abs(seconds - expected_s))


def _periods(lines: Sequence[_Line]) -> list[int]:
    """Return the period of each line."""
    periods: list[int] = []
    for number, line in enumerate(lines):
        period = _period_of_clock(line.begins_s)
        if number == 0:
            period = 2 if _starts_s(3) <= line.begins_s < _starts_s(3) + _ADDED_S else period
            later = lines[number + 1] if len(lines) > 1 else None
            if later is not None and _jumps_back(line, later) and _starts_s(period) <= later.begins_s:
                period = max(1, period - 1) if _period_of_clock(later.begins_s) == period else period
        else:
            period = _next_period(lines[number - 1], line, before=periods[-1], by_clock=period)
        periods.append(period)
    return periods


def _next_period(former: _Line, line: _Line, *, before: int, by_clock: int) -> int:
    """Return the period of a line after another."""
    following = before + 1
    if _jumps_back(former, line) and following in PERIOD_STARTS_US and line.begins_s >= _starts_s(following) - 2:
        return following
    if before in PERIOD_STARTS_US and by_clock == following and not _jumps_back(former, line):
        gap_s = (line.begins_s - former.ends_s) - (line.first_s - former.last_s)
        return before if abs(gap_s) < EXTEND_S else by_clock
    return max(by_clock, before) if not _jumps_back(former, line) else by_clock


def _jumps_back(former: _Line, later: _Line) -> bool:
    return later.begins_s < former.ends_s + (later.first_s - former.last_s) - _BACK_S


def _starts_s(period: int) -> float:
    return PERIOD_STARTS_US[period] / US_PER_S


def _period_of_clock(clock_s: float) -> int:
    return max(period for period in PERIOD_STARTS_US if _starts_s(period) <= max(0.0, clock_s))


def _spans(
    lines: Sequence[_Line], periods: Sequence[int], *, duration_us: int
) -> tuple[tuple[ClockSpan, ...], tuple[KickOff, ...]]:
    """Return the lines as spans of the video, and the kick-offs."""
    spans: list[ClockSpan] = []
    kick_offs: list[KickOff] = []
    for number, (line, period) in enumerate(zip(lines, periods, strict=True)):
        former_s = lines[number - 1].last_s if number else 0.0
        later_s = lines[number + 1].first_s if number + 1 < len(lines) else duration_us / US_PER_S
        zero_s = (_starts_s(period) - line.start_s) / line.rate
        new = number == 0 or periods[number - 1] != period
        if new and zero_s >= former_s and 0 <= line.first_s - zero_s <= KICK_OFF_WITHIN_S and line.rate == 1:
            kick_offs.append(KickOff(period, us_from_seconds(zero_s)))
            begin_s = zero_s
        else:
            begin_s = max(former_s, line.first_s - EXTEND_S, zero_s if new else 0.0)
        end_s = min(later_s, line.last_s + EXTEND_S)
        begin_s = min(begin_s, line.first_s)
        spans.append(_span(line, period, begin_s=begin_s, end_s=max(end_s, line.last_s + 0.001)))
    return _without_overlap(spans), tuple(kick_offs)


def _span(line: _Line, period: int, *, begin_s: float, end_s: float) -> ClockSpan:
    begin_s = max(0.0, begin_s)
    return ClockSpan(
        start_us=us_from_seconds(begin_s),
        end_us=us_from_seconds(end_s),
        clock_us=max(0, us_from_seconds(line.at(begin_s))),
        rate=round(line.rate, 4),
        period=period,
        confidence=confidence_of(line.agreeing, line.of),
        reads=line.agreeing,
    )


def _without_overlap(spans: Sequence[ClockSpan]) -> tuple[ClockSpan, ...]:
    """Return the spans, each ending where the next begins at the latest."""
    ended = [
        replace(span, end_us=max(span.start_us + 1, min(span.end_us, later.start_us)))
        for span, later in pairwise(spans)
    ]
    return (*ended, *spans[-1:])
