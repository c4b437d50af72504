"""The match clock of a video, as read from its score board; times are microseconds of the video.

Periods are those of football: 1 and 2 the halves, 3 and 4 those of extra time.
"""

from __future__ import annotations

from dataclasses import dataclass

from touchline.core.clock import US_PER_S

US_PER_MINUTE = 60 * US_PER_S
PERIOD_STARTS_US = {
    1: 0,
    2: 45 * US_PER_MINUTE,
    3: 90 * US_PER_MINUTE,
    4: 105 * US_PER_MINUTE,
}
"""What the clock shows at the kick-off of each period, microseconds."""
PERIOD_ENDS_US = {
    1: 45 * US_PER_MINUTE,
    2: 90 * US_PER_MINUTE,
    3: 105 * US_PER_MINUTE,
    4: 120 * US_PER_MINUTE,
}
"""What the clock shows when added time begins, microseconds."""


@dataclass(frozen=True, slots=True)
class MatchTime:
    """A moment on the match clock.

    Attributes:
        period: 1 to 4.
        clock_us: what the clock shows, microseconds; it goes on from 45:00 in the second half.

    """

    period: int
    clock_us: int

    @property
    def text(self) -> str:
        """The clock in minutes and seconds: ``"47:12"``."""
        minutes, seconds = divmod(self.clock_us // US_PER_S, 60)
        return f"{minutes:02d}:{seconds:02d}"

    @property
    def minute(self) -> str:
        """The minute as it is announced, counted from 1: ``"13"``, and ``"45+3"`` in added time."""
        end_us = PERIOD_ENDS_US[self.period]
        if self.clock_us >= end_us:
            return f"{end_us // US_PER_MINUTE}+{(self.clock_us - end_us) // US_PER_MINUTE + 1}"
        return str(self.clock_us // US_PER_MINUTE + 1)

    @property
    def in_period_us(self) -> int:
        """Microseconds since the kick-off of the period."""
        return max(0, self.clock_us - PERIOD_STARTS_US[self.period])


@dataclass(frozen=True, slots=True)
class ClockSpan:
    """A span of video in which the clock is known.

    Attributes:
        start_us, end_us: half-open span of the video.
        clock_us: what the clock shows at ``start_us``.
        rate: seconds of the clock in a second of the video: 1 as a rule, 0 for a stopped clock, 2 where the video
            was sped up twofold.
        period: 1 to 4.
        confidence: 0 to 1; share of the reads inside the span that agree with it, few reads counting less.
        reads: number of reads that agree.

    """

    start_us: int
    end_us: int
    clock_us: int
    rate: float
    period: int
    confidence: float
    reads: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_us < self.end_us or self.clock_us < 0 or not 0 <= self.confidence <= 1:
            raise ValueError(f"a span needs 0 <= start < end, clock >= 0 and confidence in 0 to 1: {self!r}")
        if self.period not in PERIOD_STARTS_US:
            raise ValueError(f"period={self.period} must be one of {tuple(PERIOD_STARTS_US)}")

    def at(self, time_us: int) -> MatchTime:
        """Return the match time of a moment of the span."""
        return MatchTime(self.period, max(0, self.clock_us + round(self.rate * (time_us - self.start_us))))


@dataclass(frozen=True, slots=True)
class ScoreSpan:
    """A score, from the moment at which the board first showed it.

    Attributes:
        start_us: when the board first showed it.
        home, away: goals of the team named first, and of the other.
        confidence: 0 to 1; share of the reads until the next score that agree, few reads counting less.

    """

    start_us: int
    home: int
    away: int
    confidence: float

    @property
    def text(self) -> str:
        """The score as ``"1-0"``."""
        return f"{self.home}-{self.away}"


@dataclass(frozen=True, slots=True)
class KickOff:
    """The moment of the video at which the clock of a period starts."""

    period: int
    time_us: int


@dataclass(frozen=True, slots=True)
class TeamName:
    """A team's name on the board, and the share of the reads with exactly this spelling."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class BoardPlace:
    """Where the clock stands: left, top, right and bottom in shares of the picture's width and height."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class MatchClock:
    """What the score board of a video says; without spans, no clock was found.

    Attributes:
        reader: name of the reader of text.
        spans: where the clock is known, in order.
        scores: the scores, in order of their first moment.
        kick_offs: the kick-offs that lie in the video.
        home, away: names on the board; None if they were not read.
        place: where the clock stands; None if there is none.
        pictures: number of pictures that were looked at.
        reads: number of pictures on which something like a clock was read.
        remarks: in words, for the user.

    """

    reader: str
    spans: tuple[ClockSpan, ...] = ()
    scores: tuple[ScoreSpan, ...] = ()
    kick_offs: tuple[KickOff, ...] = ()
    home: TeamName | None = None
    away: TeamName | None = None
    place: BoardPlace | None = None
    pictures: int = 0
    reads: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is a clock."""
        return bool(self.spans)

    @property
    def periods(self) -> tuple[int, ...]:
        """The periods that the video shows, in order."""
        return tuple(sorted({span.period for span in self.spans}))

    def at(self, time_us: int) -> MatchTime | None:
        """Return the match time of a moment of the video; None where it is not known."""
        inside = (span for span in self.spans if span.start_us <= time_us < span.end_us)
        return next((span.at(time_us) for span in inside), None)

    def period_at(self, time_us: int) -> int | None:
        """Return the period of a moment: that of the last span that began by then, else of the first; None if none."""
        begun = [span.period for span in self.spans if span.start_us <= time_us]
        return begun[-1] if begun else next((span.period for span in self.spans), None)

    def score_at(self, time_us: int) -> ScoreSpan | None:
        """Return the score on the board at a moment; None before the first one was read."""
        begun = [score for score in self.scores if score.start_us <= time_us]
        return begun[-1] if begun else None
