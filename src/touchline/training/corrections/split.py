"""What is held out of the corrections: whole matches if there are several, otherwise the last part of the only one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError
from touchline.formats.corrections.reviewed import ReviewedMatch, Span

FOREVER_US = 1 << 62
LEAST_EVENTS = 20
"""True events that must be held out for a comparison to say anything."""


@dataclass(frozen=True, slots=True)
class Split:
    """The decisions to learn from, and those to measure on; the latter have reviewed spans."""

    learn: tuple[ReviewedMatch, ...]
    test: tuple[ReviewedMatch, ...]


def split_of(matches: Sequence[ReviewedMatch], *, share: float, gap_s: float) -> Split:
    """Split some reviewed matches into those to learn from and those to measure on.

    Only reviewed spans can be measured on: without the whole truth, nobody knows which events were missed. Matches
    without any are always learnt from.

    Args:
        matches: the decisions, one entry per video.
        share: share that is held out: of the matches with reviewed spans, the last ones (at least one), or of the
            reviewed time of the only one, its end.
        gap_s: seconds between what is learnt from and what is held out in the same match.

    Raises:
        InputError: too little was reviewed.

    """
    measurable = [match for match in matches if match.spans]
    if len(measurable) > 1:
        count = min(max(round(share * len(measurable)), 1), len(measurable) - 1)
        held = measurable[-count:]
        split = Split(tuple(match for match in matches if match not in held), tuple(held))
    else:
        split = _by_time(matches, measurable, share=share, gap_s=gap_s)
    _require_enough(split, measurable)
    return split


def _by_time(
    matches: Sequence[ReviewedMatch], measurable: Sequence[ReviewedMatch], *, share: float, gap_s: float
) -> Split:
    """Hold out the last part of the reviewed time of the only match that has reviewed spans."""
    if not measurable:
        return Split(tuple(matches), ())
    match = measurable[0]
    cut_us = _time_at(match.spans, reviewed_us=round(match.reviewed_us * (1 - share)))
    learn = match.part(0, max(cut_us - round(gap_s * US_PER_S), 0))
    others = tuple(one for one in matches if one is not match)
    return Split((*others, learn), (match.part(cut_us, FOREVER_US),))


def _time_at(spans: Sequence[Span], *, reviewed_us: int) -> int:
    """Return the time at which so much of the spans has passed."""
    left = reviewed_us
    for start, end in spans:
        if left <= end - start:
            return start + left
        left -= end - start
    return spans[-1][1]


def _require_enough(split: Split, measurable: Sequence[ReviewedMatch]) -> None:
    events = sum(len(match.truth) for match in split.test)
    if events < LEAST_EVENTS:
        names = ", ".join(match.name for match in measurable) or "all bundles"
        raise InputError(
            f"only {events} true events of {names} can be held out, {LEAST_EVENTS} are needed to tell whether training "
            "helps; review more of a video from end to end and mark it as reviewed"
        )
