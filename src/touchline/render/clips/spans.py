"""From moments to clips: time before and after each, and one clip where they overlap or touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from touchline.core.clock import US_PER_S, us_from_seconds
from touchline.core.corrections.state import Corrections
from touchline.core.errors import UsageError
from touchline.render.clips.match import SEEN, Moment

LEAD_US, LAG_US = 8 * US_PER_S, 6 * US_PER_S
"""Time before and after a moment that belongs to its clip, microseconds."""
_MOST_S = 600.0


@dataclass(frozen=True)
class Margins:
    """Time before and after moments: of a moment's own, else of its label, else the usual.

    Attributes:
        lead_us: before every moment; None for that of the label set, else :data:`LEAD_US`.
        lag_us: after every moment; None for that of the label set, else :data:`LAG_US`.
        leads_us: before moments of a label, upper and lower case alike.
        lags_us: after moments of a label.

    """

    lead_us: int | None = None
    lag_us: int | None = None
    leads_us: Mapping[str, int] = field(default_factory=dict)
    lags_us: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of_words(cls, leads: Sequence[str], lags: Sequence[str]) -> Margins:
        """Return the margins that words such as ``"8"`` and ``"PASS=3"`` state, in seconds.

        Raises:
            UsageError: a word of another form, or a time outside 0 to 600 s.

        """
        lead_us, leads_us = _read(leads, option="--lead")
        lag_us, lags_us = _read(lags, option="--lag")
        return cls(lead_us, lag_us, leads_us, lags_us)

    def span_of(self, moment: Moment, corrections: Corrections) -> tuple[int, int]:
        """Return the span of a moment's clip, microseconds; it may end after the video."""
        label = moment.label.casefold()
        button = next((one for one in corrections.labels if one.name.casefold() == label), None)
        usual = (0, 0) if moment.label == SEEN else (LEAD_US, LAG_US)
        of_set = (None, None) if button is None else (button.lead_us, button.lag_us)
        lead_us = _first(moment.lead_us, self.leads_us.get(label), self.lead_us, of_set[0], usual[0])
        lag_us = _first(moment.lag_us, self.lags_us.get(label), self.lag_us, of_set[1], usual[1])
        end_us = moment.start_us + 1 if moment.end_us is None else moment.end_us
        return max(0, moment.start_us - lead_us), max(end_us, (moment.end_us or moment.start_us) + lag_us)


@dataclass(frozen=True)
class Span:
    """A part of a video for one clip, and the moments it shows, in order of time."""

    start_us: int
    end_us: int
    moments: tuple[Moment, ...]


def spans_of(
    moments: Iterable[Moment], corrections: Corrections, *, margins: Margins, duration_us: int, merge: bool = True
) -> list[Span]:
    """Return the clips of moments, in order of time.

    Args:
        moments: what to show.
        corrections: of the bundle; its label set may have margins.
        margins: time before and after.
        duration_us: duration of the video, where clips end at the latest; 0 if unknown.
        merge: make one clip of those that overlap or touch.

    """
    spans: list[Span] = []
    placed = ((margins.span_of(moment, corrections), moment) for moment in moments)
    for (start_us, end_us), moment in sorted(placed, key=lambda item: (item[0], item[1].start_us)):
        if duration_us:
            end_us = min(end_us, duration_us)
        if start_us >= end_us:
            continue
        if merge and spans and start_us <= spans[-1].end_us:
            last = spans.pop()
            spans.append(Span(last.start_us, max(last.end_us, end_us), (*last.moments, moment)))
        else:
            spans.append(Span(start_us, end_us, (moment,)))
    return [Span(s.start_us, s.end_us, tuple(sorted(s.moments, key=lambda m: m.start_us))) for s in spans]


def _read(words: Sequence[str], *, option: str) -> tuple[int | None, dict[str, int]]:
    """Return the time for every label, and those for single ones, microseconds."""
    every: int | None = None
    single = {}
    for word in words:
        label, equals, value = word.rpartition("=")
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= _MOST_S or (equals and not label):
            raise UsageError(
                f"{option} {word!r} is not SECONDS or LABEL=SECONDS, from 0 to {_MOST_S:g}; "
                f"write for instance {option} 8 or {option} PASS=3"
            )
        if label:
            single[label.casefold()] = us_from_seconds(seconds)
        else:
            every = us_from_seconds(seconds)
    return every, single


def _first(*values: int | None) -> int:
    """Return the first value that is given."""
    return next(value for value in values if value is not None)
