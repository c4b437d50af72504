"""What is held out of the corrections: whole matches if there are several, otherwise the last part of the only one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchline.core.clock import US_PER_S
from touchline.core.errors import InputError
from touchline.formats.corrections.reviewed import ReviewedMatch, Span

MOST_FOLDS = 5
FOREVER_US = 1 << 62
LEAST_EVENTS = 20
"""True events that must be held out for a comparison to say anything."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One way to hold corrections out.

    Attributes:
        learn: the decisions to train on.
        test: the decisions to measure on, all of them inside reviewed spans.

    """

    learn: tuple[ReviewedMatch, ...]
    test: tuple[ReviewedMatch, ...]


def folds_of(matches: Sequence[ReviewedMatch], *, share: float, gap_s: float) -> list[Fold]:
    """Return the folds of some reviewed matches.

    Only reviewed spans can be measured on: without the whole truth, nobody knows which events were missed. Matches
    without any are always learnt from.

    Args:
        matches: the decisions, one entry per video.
        share: share of the reviewed time that is held out of a single match.
        gap_s: seconds between what is learnt from and what is held out in the same match.

    Raises:
        InputError: too little was reviewed.

    """
    measurable = [match for match in matches if match.spans]
    if len(measurable) > 1:
        count = min(len(measurable), MOST_FOLDS)
        groups = [measurable[number::count] for number in range(count)]
        folds = [Fold(tuple(m for m in matches if m not in group), tuple(group)) for group in groups]
    else:
        folds = [_by_time(matches, measurable, share=share, gap_s=gap_s)]
    held = sum(len(match.truth) for fold in folds for match in fold.test)
    if held < LEAST_EVENTS:
        raise InputError(
            f"only {held} true events of {', '.join(match.name for match in measurable) or 'all bundles'} can be held "
            f"out, {LEAST_EVENTS} are needed to tell whether training helps; review more of a video from end to end "
            "and mark it as reviewed"
        )
    return folds


def _by_time(
    matches: Sequence[ReviewedMatch], measurable: Sequence[ReviewedMatch], *, share: float, gap_s: float
) -> Fold:
    """Hold out the last part of the reviewed time of the only match that has reviewed spans."""
    if not measurable:
        return Fold(tuple(matches), ())
    match = measurable[0]
    cut_us = _time_at(match.spans, reviewed_us=round(match.reviewed_us * (1 - share)))
    learn = match.part(0, max(cut_us - round(gap_s * US_PER_S), 0))
    others = tuple(one for one in matches if one is not match)
    return Fold((*others, learn), (match.part(cut_us, FOREVER_US),))


def _time_at(spans: Sequence[Span], *, reviewed_us: int) -> int:
    """Return the time at which so much of the spans has passed."""
    left = reviewed_us
    for start, end in spans:
        if left <= end - start:
            return start + left
        left -= end - start
    return spans[-1][1]
